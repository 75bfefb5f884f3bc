"""The health page says what is late, silent or full, and what to do about it."""

from __future__ import annotations

import shutil
from collections import namedtuple
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guanxi.channels.models import Message
from guanxi.console.settings import health
from guanxi.events.models import Fact
from guanxi.governance import operations as governance
from guanxi.governance.models import Workspace
from guanxi.integrations import operations as integrations
from guanxi.integrations.models import Endpoint
from guanxi.kit import clock
from guanxi.kit.schema import Schema
from guanxi.people import operations as people
from guanxi.people.models import PersonErasure
from tests.console.visitors import Visitor, lumen, owner
from tests.factories import channels as make

__all__ = ["lumen", "owner"]

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def well(lumen: Workspace, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """An installation with nothing to do."""
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 0, 10**12))
    now = clock.wall()
    governance.beat(process="worker:messages", now=now)
    governance.beat(process="backup", now=now - timedelta(hours=3), detail={"bytes": 5 * 1024**2})
    return now


def todo(owner: Visitor) -> list[str]:
    answer = owner.client.get("/w/lumen/settings/health")
    assert answer.status_code == 200
    return [line.label for _label, lines in answer.context["groups"] for line in lines if line.todo]


def test_all_is_well(owner: Visitor, well: datetime) -> None:
    page = owner.get("health")
    for said in (
        "All is well",
        "3 hours ago, 5 MB.",
        "They are of this version.",
        "It holds everything",
        "PostgreSQL 18",
    ):
        assert said in page, said
    assert todo(owner) == []


def test_each_trouble_is_said_with_what_to_do(owner: Visitor, well: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    old = well - timedelta(hours=1)
    make_late(old)
    integrations.make_endpoint(url="https://a.example/", events=["order.paid"], by=None, now=old)
    Endpoint.objects.update(state="gone")
    people.erase_person(person=make.person(old), by=None, reason="They asked", now=old)
    PersonErasure.objects.update(state="failed")
    Fact.objects.create(person=1, name="cup.filled", occurred_at=old, received_at=old)
    governance.beat(process="worker:lake", now=old)
    governance.beat(process="backup", now=well - timedelta(days=2))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 0, 10**6))
    monkeypatch.setattr(health, "schema", lambda: Schema(["people.0099_x"], []))
    assert todo(owner) == [
        "Messages",
        "Webhooks",
        "Erasures",
        "Events of sources",
        "Lake",
        "Worker",
        "Disk",
        "Tables",
        "Last backup",
    ]
    page = owner.get("health")
    for said in (
        "9 things to do",
        "1 erasure could not run",
        "Run: guanxi upgrade",
        "guanxi backup --to",
        "logs/worker.log",
        "1 endpoint fails",
    ):
        assert said in page, said


def make_late(at: datetime) -> None:
    account = make.account(at)
    Message.objects.create(
        origin="cnt_a",
        person=make.person(at),
        account=account,
        purpose="marketing",
        state="waiting",
        planned_at=at,
        due_at=at,
    )


def test_a_worker_that_is_silent_and_a_part_that_is_are_told_apart_and_an_old_part_is_not_missed(
    owner: Visitor, well: datetime
) -> None:
    governance.beat(process="worker:renamed", now=well - timedelta(days=8))
    governance.beat(process="worker:imports", now=well - timedelta(minutes=10))
    assert "All its parts are at work." in owner.get("health")
    governance.beat(process="worker:imports", now=well - timedelta(minutes=20))
    assert "A part of it has been silent for 20 minutes." in owner.get("health")
    governance.beat(process="worker:messages", now=well - timedelta(minutes=5))
    assert "It has been silent for 5 minutes." in owner.get("health")


def test_without_a_worker_and_a_backup_it_says_so(owner: Visitor, lumen: Workspace) -> None:
    page = owner.get("health")
    assert "It was never heard of." in page
    assert "None was ever made." in page


def test_it_takes_the_same_queries_however_much_there_is(owner: Visitor, well: datetime) -> None:
    def counted() -> int:
        with CaptureQueriesContext(connection) as said:
            owner.get("health")
        return len(said)

    counted()
    few = counted()
    for number in range(5):
        make_late(well - timedelta(minutes=number))
        integrations.make_endpoint(url="https://a.example/", events=["order.paid"], by=None, now=well)
    assert counted() == few
