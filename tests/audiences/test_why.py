"""What an explanation of one person shows of each clause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guanxi.audiences import queries
from guanxi.audiences.queries import Evidence
from guanxi.commerce.events import ProductBought
from guanxi.events import operations as events
from guanxi.governance.models import Workspace
from guanxi.people.models import Person
from tests.factories import channels
from tests.factories.people import make_person
from tests.factories.reach import write_lake

START = datetime(2026, 5, 1, tzinfo=UTC)


def bought(person: Person, day: int, department: str, minor: int = 100) -> None:
    fact = ProductBought(person.pk, 1, None, minor, "CNY", product=department, department=department)
    events.announce(fact, at=START + timedelta(days=day))


def step(department: str) -> dict[str, Any]:
    where = [{"type": "prop", "prop": "prop:department", "op": "is", "value": department}]
    return {"event": "event:product.bought", "where": where}


def behind(where: dict[str, Any], person: Person, now: datetime) -> Evidence:
    why = queries.why_with_rows({"version": 1, "where": where}, person.pk, now=now)
    return why.evidence["where"]


def in_days(evidence: Evidence) -> list[tuple[int, int | None]]:
    return [
        ((first.at - START).days, None if came is None else (came.at - START).days)
        for first, came in evidence.sequences
    ]


@pytest.mark.parametrize(
    ("kind", "days", "found"),
    [
        ("then", [("A", 1), ("B", 2), ("B", 3), ("A", 10), ("A", 20), ("B", 22)], [(20, 22), (1, 2)]),
        ("then", [("A", 1), ("A", 10), ("B", 40), ("A", 90), ("B", 91)], [(10, None), (1, None)]),
        ("then", [("A", 31), ("B", 33)], [(31, 33)]),
        ("then_not", [("A", 1), ("B", 2), ("A", 10)], [(10, None)]),
        ("then_not", [("A", 1), ("B", 2), ("A", 10), ("B", 10)], [(10, None)]),
        ("then_not", [("A", 1), ("B", 2), ("A", 5), ("B", 7)], [(5, 7), (1, 2)]),
    ],
)  # fmt: skip
def test_a_sequence_is_shown_by_the_pairs_that_prove_it(
    workspace: Workspace, kind: str, days: list[tuple[str, int]], found: list[tuple[int, int | None]]
) -> None:
    lin, now = make_person("Lin", now=START), START + timedelta(days=100)
    for department, day in days:
        bought(lin, day, department)
    write_lake(now)
    where = {
        "type": kind,
        "first": step("A"),
        "next": step("B"),
        "gap": {"unit": "days", "number": 3},
        "within": {"type": "before", "date": "2026-06-02"},
    }
    assert in_days(behind(where, lin, now)) == found


def test_who_cannot_be_reached_is_told_the_cause(workspace: Workspace) -> None:
    lin, now = make_person("Lin", now=START), START + timedelta(days=1)
    mia, ada = make_person("Mia", now=START), make_person("Ada", now=START)
    for person, address in ((mia, "mia@example.com"), (ada, "ada@example.com")):
        channels.identity(person, address, START)
    channels.say("ada@example.com", True, START)
    channels.suppress("ada@example.com", now)
    write_lake(now)
    rule = {"version": 1, "where": {"type": "reachable", "channel": "email"}}
    found = [queries.why_with_rows(rule, one.pk, now=now).reasons["where"] for one in (lin, mia, ada)]
    assert [(one.holds, one.values) for one in found] == [
        (False, {"unreachable": "no_address"}),
        (False, {"unreachable": "no_consent"}),
        (False, {"unreachable": "suppressed"}),
    ]
