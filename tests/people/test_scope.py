"""Whom staff see: own, unit and below, or all; the same in every list, count and page, for whatever tree there is."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi.console.audiences.who import who
from guanxi.governance.models import Role, Staff, Unit, Workspace
from guanxi.people import queries
from guanxi.people.models import NameWord, Person
from guanxi.people.queries import Wanted
from tests.factories.people import make_staff, make_unit
from tests.factories.reach import EVERYBODY, into_lake

SEES_ALL = {Role.OWNER, Role.OPERATOR, Role.ANALYST, Role.AUDITOR}
numbers = itertools.count()


@dataclass(frozen=True)
class World:
    units: list[Unit]
    staff: list[Staff]
    people: list[Person]


def world(seed: int, now: datetime) -> World:
    """A random tree of units, with staff of every role and people anywhere in it."""
    dice = random.Random(seed)
    units: list[Unit] = []
    for number in range(dice.randint(1, 7)):
        units.append(make_unit(f"Unit {number}", dice.choice([None, *units])))
    staff = [
        make_staff(f"s{next(numbers)}", role, dice.choice([None, *units]))
        for role in [*Role, Role.ADVISOR, Role.MANAGER, Role.MANAGER]
    ]
    people: list[Person] = []
    for number in range(dice.randint(3, 12)):
        one = Person.objects.create(
            name=f"Person {number}", sort_key=f"{number:03}", created_at=now,
            owner=dice.choice([None, *staff]), unit=dice.choice([None, *units]),
            merged_into=dice.choice(people) if people and dice.random() < 0.1 else None,
            erased_at=now if dice.random() < 0.1 else None,
        )  # fmt: skip
        NameWord.objects.create(word="person", sort_key=one.sort_key, person=one)
        people.append(one)
    return World(units, staff, people)


def below(unit: Unit, units: list[Unit]) -> Iterator[int]:
    """By climbing from each unit to the top: another way than the one under test."""
    parents = {one.pk: one.parent_id for one in units}
    for one in units:
        place: int | None = one.pk
        while place is not None:
            if place == unit.pk:
                yield one.pk
                break
            place = parents[place]


def expected(staff: Staff, made: World) -> set[int]:
    there = [one for one in made.people if one.merged_into_id is None and one.erased_at is None]
    if staff.role in SEES_ALL or (staff.role == Role.MANAGER and staff.unit is None):
        return {one.pk for one in there}
    if staff.role == Role.MANAGER and staff.unit is not None:
        inside = set(below(staff.unit, made.units))
        return {one.pk for one in there if one.unit_id in inside}
    if staff.role == Role.ADVISOR:
        return {one.pk for one in there if one.owner_id == staff.pk}
    return set()


def listed(staff: Staff, wanted: Wanted) -> set[int]:
    found, after = set[int](), ""
    while True:
        page = queries.people_page(staff, wanted, after=after, size=2)
        found |= {one.pk for one in page.people}
        if not page.after:
            return found
        after = page.after


@pytest.fixture
def noon(workspace: Workspace, now: datetime) -> datetime:
    return now


@given(seed=st.integers(0, 10**9))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_list_count_search_and_page_shows_exactly_whom_the_role_may_see(noon: datetime, seed: int) -> None:
    Person.objects.update(merged_into=None)
    Person.objects.all().delete()
    made = world(seed, noon)
    for staff in made.staff:
        wanted = expected(staff, made)
        assert set(queries.visible(staff).values_list("pk", flat=True)) == wanted
        for view in (Wanted(), Wanted(sort="newest"), Wanted(search="person")):
            assert listed(staff, view) == wanted, view
            assert queries.count_people(staff, view) == len(wanted), view
        for unit in made.units:
            there = {one.pk for one in made.people if one.unit_id == unit.pk}
            assert listed(staff, Wanted(unit=unit.pk)) == wanted & there
        assert sum(queries.level_counts(staff).values()) == len(wanted)


def test_of_an_audience_only_those_are_named_whom_the_staff_may_see(noon: datetime) -> None:
    made = world(4, noon)
    into_lake(made.people, noon)
    for staff in made.staff:
        named = {card.person.pk for card in who(EVERYBODY, staff, now=noon).samples}
        assert named <= expected(staff, made)
        assert bool(named) == bool(expected(staff, made))
