"""The ladder of everybody: who stands where, who came, who fell, and how long it took."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guanxi.governance.models import Staff, Workspace
from guanxi.insight import queries
from guanxi.insight.queries import Conversion, Ladder, LadderWanted, TimeOn
from guanxi.people import operations as people
from guanxi.people.models import Person
from tests.factories.people import make_person, make_staff, make_unit


@pytest.fixture
def boss(workspace: Workspace) -> Staff:
    return make_staff()


def up(person: Person, level: str, at: datetime, reference: int = 1) -> None:
    people.prove_level(level=level, proof=level, proofs=[people.Proof(person.pk, at, reference)], now=at)


def down(person: Person, level: str, at: datetime, reference: int = 1) -> None:
    people.end_proof(proof=level, references=[(person.pk, reference)], because="gone", now=at)


def seen(boss: Staff, now: datetime, days: int = 90, **given: object) -> Ladder:
    wanted = LadderWanted((now - timedelta(days=days - 1)).date(), now.date(), **given)  # type: ignore[arg-type]
    return queries.ladder(boss, wanted, now=now)


def told(found: Ladder) -> dict[str, tuple[int, int, int]]:
    return {one.level: (one.now, one.reached, one.lost) for one in found.flows}


def test_who_stands_where_who_came_and_who_fell(workspace: Workspace, now: datetime, boss: Staff) -> None:
    old = now - timedelta(days=400)
    one, two, three = (make_person(str(n), now=old) for n in range(3))
    up(one, "fan", old)
    up(one, "friend", now - timedelta(days=80))
    up(one, "friend", now - timedelta(days=70), reference=2)
    up(one, "customer", now - timedelta(days=60))
    up(two, "friend", now - timedelta(days=85))
    down(two, "friend", now - timedelta(days=45))
    up(three, "friend", now - timedelta(days=2))
    found = seen(boss, now)
    assert told(found) == {
        "visitor": (1, 0, 0),
        "interactor": (0, 0, 0),
        "fan": (0, 0, 0),
        "friend": (1, 3, 1),
        "customer": (1, 1, 0),
    }
    friends = next(flow for flow in found.flows if flow.level == "friend")
    assert (sum(friends.reached_by_day), sum(friends.lost_by_day), len(friends.reached_by_day)) == (3, 1, 90)
    assert [one for one in found.conversions if one.level == "friend"] == [
        Conversion("friend", "customer", 30, 2, 1, 1),
        Conversion("friend", "customer", 60, 2, 1, 1),
        Conversion("friend", "customer", 90, 0, 0, 3),
    ]
    assert list(found.times) == [TimeOn("fan", 1, 320, 320, 320), TimeOn("friend", 2, 25, 30, 35)]


def test_only_those_whom_the_reader_may_see_are_counted(workspace: Workspace, now: datetime, boss: Staff) -> None:
    north, south = make_unit("North"), make_unit("South")
    for unit in (north, north, south):
        up(make_person(now=now - timedelta(days=1), unit=unit), "fan", now - timedelta(hours=1))
    manager = make_staff("Max", role="manager", unit=north)
    assert [told(seen(who, now))["fan"] for who in (boss, manager)] == [(3, 3, 0), (2, 2, 0)]
    assert told(seen(boss, now, unit=south.pk))["fan"] == (1, 1, 0)
    assert told(seen(boss, now, source="import"))["fan"] == (0, 0, 0)


def test_two_who_become_one_are_counted_once(workspace: Workspace, now: datetime, boss: Staff) -> None:
    keep, drop = (make_person(str(n), now=now - timedelta(days=9)) for n in range(2))
    for person in (keep, drop):
        up(person, "fan", now - timedelta(days=5))
    people.merge_people(keep=keep, drop=drop, by=boss, now=now)
    assert told(seen(boss, now))["fan"] == (1, 1, 0)


def test_the_number_of_questions_does_not_grow(workspace: Workspace, now: datetime, boss: Staff) -> None:
    counts = []
    for more in (1, 3):
        for _n in range(more):
            up(make_person(now=now - timedelta(days=9)), "fan", now - timedelta(days=1))
        with CaptureQueriesContext(
            connection,
        ) as asked:
            seen(boss, now)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 10
