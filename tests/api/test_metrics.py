"""The numbers for a watcher: right, readable by Prometheus, without a name, and not for strangers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

import pytest
from django.conf import LazySettings
from django.test import Client

from guanxi.channels.models import Message
from guanxi.events import operations as events
from guanxi.events.rules import Happened
from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import Workspace
from guanxi.integrations import operations as integrations
from guanxi.kit import clock
from guanxi.people.models import Import, PersonErasure
from tests.conftest import make_workspace
from tests.factories import channels as make

LINE = re.compile(r'# (HELP|TYPE) guanxi_\w+ .+|guanxi_\w+\{(\w+="[\w:]+")(,\w+="[\w:]+")*\} \d+(\.\d+)?')


@dataclass(frozen=True, slots=True)
class CupFilled:
    name: ClassVar[str] = "cup.filled"
    person: int


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, now: datetime) -> datetime:
    monkeypatch.setattr(clock, "wall", lambda: now)
    monkeypatch.setattr(clock, "now", lambda: now)
    return now


def queue(now: datetime, *states: str, waited: timedelta = timedelta(0)) -> None:
    account = make.account(now)
    for number, state in enumerate(states):
        person = make.person(now, f"emma{number}@secret.example.test")
        Message.objects.create(
            origin=f"cnt_{number}",
            person=person,
            account=account,
            purpose="marketing",
            state=state,
            planned_at=now,
            due_at=now - waited,
        )


def figures(text: str) -> dict[str, float]:
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line[0] != "#"}


def test_each_queue_is_counted_in_each_workspace_and_nobody_is_named(db: None, at: datetime, client: Client) -> None:
    busy, quiet = make_workspace("busy-brand"), make_workspace("quiet-brand")
    with queries.entered(busy):
        queue(at, "waiting", "waiting", "sending", "unknown", "accepted", waited=timedelta(minutes=5))
        Import.objects.create(kind="people", filename="secret.csv", size=1, sha256=b"", state="running", created_at=at)
        events.announce(CupFilled(1), at=at - timedelta(seconds=90))
        events.announce_many([Happened(CupFilled(i), at) for i in range(60)], received_at=at)
        endpoint, _ = integrations.make_endpoint(url="https://a.example/", events=["order.paid"], by=None, now=at)
        integrations.send_test(endpoint=endpoint, now=at - timedelta(seconds=40))
        PersonErasure.objects.create(person=make.person(at), state="failed", requested_at=at)
    governance.beat(process="worker:lake", now=at - timedelta(seconds=2.5))
    governance.beat(process="backup", now=at - timedelta(hours=2))
    answer = client.get("/metrics")
    text = answer.content.decode()
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert [line for line in text.splitlines() if not LINE.fullmatch(line)] == []
    expected = {
        'guanxi_heartbeat_age_seconds{process="worker:lake"}': 2.5,
        'guanxi_backup_age_seconds{process="backup"}': 7200,
    }
    for workspace, counts in ((busy, (2, 0, 1, 1, 300, 1, 1, 1, 40, 1, 0, 61, 90)), (quiet, (0,) * 13)):
        expected |= dict(zip(series(workspace), counts, strict=True))
    at_rest = 'checking|undoing|erasures.*ing|hook.*(sending|off|gone|failed)"'
    idle = {name: 0.0 for name in figures(text) if re.search(at_rest, name)}
    assert (figures(text), len(idle)) == (expected | idle, 18)
    assert not re.search("brand|secret|emma", text, re.IGNORECASE)


def series(workspace: Workspace) -> list[str]:
    here = f'workspace="{workspace.public_id}"'
    states = [f'guanxi_messages{{{here},state="{state}"}}' for state in ("waiting", "claimed", "sending", "unknown")]
    return [
        *states,
        f"guanxi_message_oldest_due_seconds{{{here}}}",
        f'guanxi_imports{{{here},state="running"}}',
        f'guanxi_erasures{{{here},state="failed"}}',
        f'guanxi_webhook_deliveries{{{here},state="waiting"}}',
        f"guanxi_webhook_oldest_due_seconds{{{here}}}",
        f'guanxi_webhook_endpoints{{{here},state="on"}}',
        f"guanxi_intake_requests_waiting{{{here}}}",
        f"guanxi_lake_facts_waiting{{{here}}}",
        f"guanxi_lake_behind_seconds{{{here}}}",
    ]


def test_what_the_lake_has_got_waits_no_more(workspace: Workspace, at: datetime, client: Client) -> None:
    events.announce(CupFilled(1), at=at - timedelta(seconds=90))
    events.write_lake(now=at)
    assert figures(client.get("/metrics").content.decode())[series(workspace)[-2]] == 0


@pytest.mark.parametrize(
    ("token", "asked", "status"),
    [
        ("", {}, 200),
        ("", {"REMOTE_ADDR": "::1"}, 200),
        ("", {"REMOTE_ADDR": "203.0.113.9"}, 403),
        ("", {"HTTP_X_FORWARDED_FOR": "203.0.113.9"}, 403),
        ("", {"HTTP_FORWARDED": "for=203.0.113.9"}, 403),
        ("", {"HTTP_AUTHORIZATION": "Bearer ", "REMOTE_ADDR": "203.0.113.9"}, 403),
        ("leaf", {}, 403),
        ("leaf", {"HTTP_AUTHORIZATION": "Bearer leaves"}, 403),
        ("leaf", {"HTTP_AUTHORIZATION": "Bearer 茶"}, 403),
        ("leaf", {"HTTP_AUTHORIZATION": "Bearer leaf", "REMOTE_ADDR": "203.0.113.9"}, 200),
    ],
)
def test_only_this_machine_or_who_has_the_token_reads_them(
    db: None, client: Client, settings: LazySettings, token: str, asked: dict[str, str], status: int
) -> None:
    settings.METRICS_TOKEN = token
    answer = client.get("/metrics", **asked)  # type: ignore[arg-type]
    assert answer.status_code == status
    assert (b"guanxi_" in answer.content) == (status == 200)
    assert client.post("/metrics").status_code == 405
