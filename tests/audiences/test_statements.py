"""A rule whose SQL is kept still answers of this moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from guanxi.audiences import queries
from guanxi.audiences.models import Audience
from guanxi.audiences.queries import statements
from guanxi.events import operations as events
from guanxi.governance.models import Workspace
from guanxi.people.events import LevelReached
from tests.factories import channels as make
from tests.factories.reach import into_lake, write_lake


def asked(where: dict[str, Any], now: datetime) -> list[int]:
    found: list[int] = queries.members({"version": 1, "where": where}, now=now)["person"].to_pylist()
    return found


def test_what_was_asked_before_is_answered_of_this_moment(workspace: Workspace, now: datetime) -> None:
    one, other = make.person(now, "a@example.test"), make.person(now, "b@example.test")
    events.announce(LevelReached(one.pk, "customer", "order"), at=now)
    into_lake([one, other], now)
    today = {"type": "did", "event": "event:level.reached", "within": {"type": "last_days", "days": 1}}
    fan = Audience.objects.create(
        name="Fans", rule={"version": 1, "where": today}, created_at=now, updated_at=now, by=None
    )
    named = {"type": "not", "not": {"type": "audience", "audience": fan.public_id}}
    assert (asked(today, now), asked(named, now)) == ([one.pk], [other.pk])
    events.announce(LevelReached(other.pk, "customer", "order"), at=now)
    events.write_lake(now=now)
    assert (asked(today, now), asked(named, now)) == ([one.pk, other.pk], [])
    assert asked(today, now + timedelta(days=3)) == []
    fan.rule = {"version": 1, "where": {"type": "level", "levels": ["fan"]}}
    fan.save()
    assert asked(named, now) == [one.pk, other.pk]


def test_an_event_of_the_day_after_tomorrow_is_not_one_of_today(workspace: Workspace, now: datetime) -> None:
    one, other = make.person(now, "a@example.test"), make.person(now, "b@example.test")
    events.announce(LevelReached(one.pk, "customer", "order"), at=now)
    into_lake([one, other], now)
    today = {"type": "did", "event": "event:level.reached", "within": {"type": "last_days", "days": 1}}
    assert asked(today, now) == [one.pk]
    events.announce(LevelReached(other.pk, "customer", "order"), at=now + timedelta(days=2))
    write_lake(now)
    assert asked(today, now) == [one.pk]
    assert asked(today, now + timedelta(days=2)) == [other.pk]


def test_no_more_is_kept_than_a_process_can_hold(workspace: Workspace, now: datetime, monkeypatch: Any) -> None:
    into_lake([make.person(now, "a@example.test")], now)
    monkeypatch.setattr(statements, "KEPT", 3)
    for days in range(1, 9):
        asked({"type": "did_not", "event": "event:order.paid", "within": {"type": "last_days", "days": days}}, now)
    assert 1 <= len(statements._kept) <= 3
