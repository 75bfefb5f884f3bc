"""Whose a person is changes in four ways, and each of them is a fact."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guanxi.console.people.timeline import timeline
from guanxi.events.models import Fact, FactBatch
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff, Unit, Workspace
from guanxi.integrations import operations as integrations
from guanxi.integrations.models import Delivery
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Bulk, Person
from guanxi.people.operations import PersonEdit
from tests.factories.people import csv_file, done, make_person, make_staff, make_unit, undone, uploaded


def told(person: Person) -> list[tuple[str, str]]:
    rows = Fact.objects.filter(name="person.assigned", person=person.pk).order_by("pk")
    return [(one.props.get("owner", ""), one.props.get("unit", "")) for one in rows]


def bulk(act: str, value: dict[str, int | None], whom: list[Person], by: Staff, now: datetime) -> Bulk:
    return people.start_bulk(act=act, value=value, chosen=[one.public_id for one in whom], by=by, now=now)


def work(now: datetime) -> None:
    while people.bulk_lane(now=now):
        pass


@pytest.fixture
def north(workspace: Workspace) -> Unit:
    return make_unit("North")


def test_by_hand_it_is_told_only_when_owner_or_unit_changes(north: Unit, now: datetime) -> None:
    ann, emma = make_staff("Ann", "advisor"), make_person("Emma", now=now)

    def edit(name: str, owner: Staff | None, unit: Unit | None) -> None:
        emma.refresh_from_db()
        wanted = PersonEdit(name=name, country="", language="", owner=owner, unit=unit)
        people.edit_person(person=emma, version=queries.version(emma), edit=wanted, now=now)

    edit("Emma", ann, north)
    edit("Emma Fischer", ann, north)
    edit("Emma Fischer", None, None)
    assert told(emma) == [(ann.public_id, north.public_id), ("", "")]
    titles = {(item.title, item.more) for item in timeline(emma, ann, kind="place").items}
    assert titles == {("Owner: Ann", "Unit: North"), ("Nobody’s from here on", "In no unit")}


def test_a_change_of_many_and_its_undo_tell_of_everyone_who_moved(north: Unit, now: datetime) -> None:
    boss, ann = make_staff("Boss"), make_staff("Ann", "advisor")
    moved, there = make_person("A", now=now), make_person("B", now=now, owner=ann)
    integrations.make_endpoint(url="https://example.test/hook", events=["person.assigned"], by=None, now=now)
    of = bulk("owner", {"owner": ann.pk}, [moved, there], boss, now)
    work(now)
    assert (told(moved), told(there)) == ([(ann.public_id, "")], [])
    [delivery] = Delivery.objects.all()
    assert json.loads(delivery.body)["data"] == {"person": moved.public_id, "owner": ann.public_id}
    bulk("unit", {"unit": north.pk}, [moved], boss, now)
    work(now)
    people.undo_bulk(of=of, by=boss, now=now)
    work(now)
    assert told(moved) == [(ann.public_id, ""), (ann.public_id, north.public_id), ("", north.public_id)]


def test_a_hand_over_tells_who_has_them_now(workspace: Workspace, now: datetime) -> None:
    boss, tom, mina = make_staff("Boss"), make_staff("Tom", "advisor"), make_staff("Mina", "advisor")
    emma = make_person("Emma", now=now, owner=tom)
    governance.set_active(staff=tom, active=False, by=boss)
    people.hand_over(giver=tom, taker=mina, by=boss, now=now)
    work(now)
    assert told(emma) == [(mina.public_id, "")]


def test_an_import_tells_of_whom_it_moved_rings_nobody_and_takes_it_back(workspace: Workspace, now: datetime) -> None:
    ann = make_staff("Ann")
    emma = make_person("Emma", now=now, identities={"email": "emma@example.test"})
    integrations.make_endpoint(url="https://example.test/hook", events=["person.assigned"], by=None, now=now)
    rows = [["emma@example.test", "ann@lumen.test"], ["new@example.test", "ann@lumen.test"]]
    file = csv_file(["Mail", "Owner"], *rows)
    of = done(uploaded(file, {"Mail": "email", "Owner": "owner"}, now=now), now)
    assert told(emma) == [(ann.public_id, "")]
    assert Fact.objects.filter(name="person.assigned").count() == 1
    assert not Delivery.objects.exists()
    undone(of, now)
    emma.refresh_from_db()
    assert (told(emma), emma.owner) == ([], None)


def test_many_cost_as_many_questions_as_few_and_are_packed(workspace: Workspace, now: datetime) -> None:
    boss, ann, bob = make_staff("Boss"), make_staff("Ann", "advisor"), make_staff("Bob", "advisor")
    everyone = [make_person(f"P{number}", now=now) for number in range(60)]

    def counted(whom: list[Person], owner: Staff) -> int:
        bulk("owner", {"owner": owner.pk}, whom, boss, now)
        people.bulk_lane(now=now)
        with CaptureQueriesContext(connection) as said:
            people.bulk_lane(now=now)
        people.bulk_lane(now=now)
        return len(said)

    few = counted(everyone[:3], ann)
    assert counted(everyone, bob) <= few
    assert (FactBatch.objects.get().rows, Fact.objects.filter(name="person.assigned").count()) == (60, 3)
