"""Nobody's people are left behind when someone goes, and nobody gets them back by surprise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guanxi.governance import operations as governance
from guanxi.governance.models import AuditEntry, Staff, User
from guanxi.governance.queries import entered
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import BulkState, Person


@pytest.fixture
def owner(db: None) -> Iterator[Staff]:
    user = User.objects.create_user(email="owner@example.test", name="Lin Yao")
    with entered(governance.create_workspace(name="Lumen", owner=user)):
        yield Staff.objects.get()


def advisor(name: str, role: str = "advisor") -> Staff:
    return governance.add_staff(email=f"{name}@example.test", name=name, role=role)


def work(now: datetime) -> None:
    while people.bulk_lane(now=now):
        pass


def owners() -> list[tuple[str, str]]:
    return sorted(Person.objects.values_list("name", "owner__name"))


def left(owner: Staff, now: datetime, *names: str) -> Staff:
    """An advisor with these people, gone."""
    tom = advisor("Tom")
    for name in names:
        people.create_person(name=name, owner=tom, now=now)
    governance.set_active(staff=tom, active=False, by=owner)
    return tom


def test_people_go_to_a_colleague_and_stay_there_when_access_is_given_again(owner: Staff, now: datetime) -> None:
    tom, mina = left(owner, now, "Ada", "Bob"), advisor("Mina")
    people.create_person(name="Cleo", owner=mina, now=now)
    assert queries.held_by([tom, mina]) == {tom.pk: 2, mina.pk: 1}
    of = people.hand_over(giver=tom, taker=mina, by=owner, now=now)
    assert of
    assert queries.handovers([tom, mina]) == {tom.pk: of}
    work(now)
    of.refresh_from_db()
    assert (of.state, of.changed) == (BulkState.DONE, 2)
    assert owners() == [("Ada", "Mina"), ("Bob", "Mina"), ("Cleo", "Mina")]
    governance.set_active(staff=tom, active=True, by=owner)
    work(now)
    assert owners() == [("Ada", "Mina"), ("Bob", "Mina"), ("Cleo", "Mina")]
    assert (queries.handovers([tom]), queries.held_by([tom])) == ({}, {})


def test_people_may_stay_in_their_unit_without_an_owner(owner: Staff, now: datetime) -> None:
    tom = left(owner, now, "Ada")
    unit = governance.add_unit(name="East")
    Person.objects.update(unit=unit)
    people.hand_over(giver=tom, taker=None, by=owner, now=now)
    work(now)
    ada = Person.objects.get()
    assert (ada.owner, ada.unit) == (None, unit)


def test_the_log_says_who_decided_and_to_whom(owner: Staff, now: datetime) -> None:
    tom, mina = left(owner, now, "Ada"), advisor("Mina")
    of = people.hand_over(giver=tom, taker=mina, by=owner, now=now)
    assert of
    entry = AuditEntry.objects.get(act="staff.handed_over")
    assert (entry.by, entry.subject, entry.detail) == (
        owner,
        tom.public_id,
        {"to": mina.public_id, "change": of.public_id},
    )


def test_who_has_access_keeps_their_people(owner: Staff, now: datetime) -> None:
    tom, mina = advisor("Tom"), advisor("Mina")
    people.create_person(name="Ada", owner=tom, now=now)
    with pytest.raises(people.HandoverRefused, match="still_active"):
        people.hand_over(giver=tom, taker=mina, by=owner, now=now)


def test_only_who_looks_after_people_and_is_there_takes_over(owner: Staff, now: datetime) -> None:
    tom, mina, gone = left(owner, now, "Ada"), advisor("Mina", "analyst"), advisor("Wei")
    governance.set_active(staff=gone, active=False, by=owner)
    for taker in (mina, gone, tom):
        with pytest.raises(people.HandoverRefused, match="holds_no_people"):
            people.hand_over(giver=tom, taker=taker, by=owner, now=now)
    assert list(queries.takers()) == [owner]


def test_people_are_handed_over_once_at_a_time(owner: Staff, now: datetime) -> None:
    tom, mina = left(owner, now, "Ada"), advisor("Mina")
    people.hand_over(giver=tom, taker=mina, by=owner, now=now)
    with pytest.raises(people.HandoverRefused, match="at_work"):
        people.hand_over(giver=tom, taker=None, by=owner, now=now)
    work(now)
    assert people.hand_over(giver=tom, taker=None, by=owner, now=now) is None


def test_staff_are_held_before_the_audit_trail_so_that_nobody_waits_in_a_circle(owner: Staff, now: datetime) -> None:
    tom, mina = left(owner, now, "Ada"), advisor("Mina")
    with CaptureQueriesContext(connection) as asked:
        people.hand_over(giver=tom, taker=mina, by=owner, now=now)
    held = [
        one["sql"].split("FROM", 1)[1].split()[0]
        for one in asked
        if " FOR " in one["sql"] and "UPDATE" in one["sql"] and "FROM" in one["sql"]
    ]
    assert held[0] == '"governance_staff"' and '"governance_audithead"' in held
