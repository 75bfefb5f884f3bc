"""Ready or not, told to whoever balances load: with codes, and without a word about anybody."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client

from guanxi.api import health
from guanxi.governance import operations as governance
from guanxi.kit import clock
from guanxi.kit.schema import Schema

OK = {"database": "ok", "migrations": "ok", "worker": "ok"}


def ready(client: Client) -> tuple[int, dict[str, str]]:
    answer = client.get("/readyz")
    told = answer.json()
    assert told["ready"] == (answer.status_code == 200)
    assert answer["Cache-Control"] == "no-store"
    return answer.status_code, told["checks"]


def test_it_is_ready_while_a_worker_was_heard_of_within_two_minutes(db: None, client: Client) -> None:
    assert ready(client) == (503, OK | {"worker": "silent"})
    governance.beat(process="worker:lake", now=clock.wall() - timedelta(seconds=119))
    assert ready(client) == (200, OK)
    governance.beat(process="worker:lake", now=clock.wall() - timedelta(seconds=121))
    assert ready(client) == (503, OK | {"worker": "silent"})


@pytest.mark.parametrize(
    ("found", "said"), [(Schema(["people.0009_x"], []), "missing"), (Schema([], ["people.9999_y"]), "newer")]
)
def test_tables_of_another_version_are_not_ready(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch, found: Schema, said: str
) -> None:
    monkeypatch.setattr(health, "schema", lambda: found)
    assert ready(client) == (503, OK | {"migrations": said, "worker": "unknown"})


def test_a_database_that_does_not_answer_is_said_and_not_a_crash(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> Schema:
        raise OperationalError("connection refused")

    monkeypatch.setattr(health, "schema", gone)
    assert ready(client) == (503, {"database": "unreachable", "migrations": "unknown", "worker": "unknown"})


def test_every_answer_names_its_request_and_takes_the_name_that_a_proxy_gave_if_it_is_one(
    db: None, client: Client
) -> None:
    def named(given: str) -> str:
        return client.get("/healthz", headers={"x-request-id": given})["X-Request-ID"]

    assert named("req-1234.abcd_9") == "req-1234.abcd_9"
    for given in ("", "short", "x" * 65, "two words!", "emma@example.test", "<script>alert</script>"):
        assert re.fullmatch(r"[0-9a-f]{16}", named(given)), given
    assert client.get("/nowhere-at-all")["X-Request-ID"]
