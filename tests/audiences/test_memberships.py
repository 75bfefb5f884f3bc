"""Members that are kept: the same people as by asking everybody, whatever happened since the last look."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.conf import settings

from guanxi.audiences import operations as audiences
from guanxi.audiences import queries
from guanxi.audiences.models import Audience, AudienceDay, AudienceMember
from guanxi.audiences.operations import AudienceIsFixed, Refreshed
from guanxi.commerce.events import OrderPaid
from guanxi.events import operations as events
from guanxi.events import registry
from guanxi.events.models import Fact
from guanxi.events.queries import lake
from guanxi.governance import queries as governance
from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from guanxi.people.models import Field, Merge, Person, Tag, TraitKind
from guanxi.people.operations import Put
from tests.conftest import make_workspace
from tests.factories.people import make_person, make_staff
from tests.factories.reach import write_lake

ROOT = Path(__file__).parents[2]
PAID = {"type": "did", "event": "event:order.paid"}
LATELY = {"type": "last_days", "days": 3}


def rules(tag: Tag) -> dict[str, Any]:
    return {
        "level": {"type": "level", "levels": ["customer"]},
        "lately": PAID | {"within": LATELY},
        "not lately": {"type": "did_not", "event": "event:order.paid",
                       "within": {"type": "days_ago", "least": 1, "most": 4}},
        "often": PAID | {"having": [{"type": "count", "at_least": 2}, {"type": "first_time", "within": LATELY}]},
        "and then": {"type": "then_not", "first": {"event": "event:order.paid"}, "next": {"event": "event:tag.added"},
                     "gap": {"unit": "days", "number": 2}},
        "most": {"type": "top", "percent": 40, "by": "count", "event": "event:order.paid", "within": LATELY},
        "tagged": {"type": "any", "any": [{"type": "tag", "tags": [tag.public_id]}, {"type": "share", "percent": 20}]},
    }  # fmt: skip


def live(where: Any, now: datetime, name: str = "Some") -> Audience:
    return audiences.save_audience(name=name, rule={"version": 1, "where": where}, by=None, now=now)


def kept(audience: Audience) -> list[int]:
    return sorted(AudienceMember.objects.filter(audience=audience).values_list("person_id", flat=True))


def pay(person: Person, at: datetime) -> None:
    events.announce(OrderPaid(person.pk, 1, 100, "CNY"), at=at, received_at=at)


def test_looking_only_at_what_is_new_finds_the_same_people_as_looking_at_everybody(
    workspace: Workspace, now: datetime
) -> None:
    chance, boss = Random(6), make_staff("Boss")
    group = people.create_tag_group(name="Mood", exclusive=False, by=boss, now=now)
    [tag] = people.create_tags(group=group, names=["Warm"], by=boss, now=now)
    crowd = [make_person(f"P{number}", now=now) for number in range(20)]
    write_lake(now)
    looked = {name: live(where, now, name) for name, where in rules(tag).items()}
    merged: list[Merge] = []

    def level() -> None:
        one = chance.choice(crowd)
        Person.objects.filter(pk=one.pk).update(level=chance.choice(["customer", "fan"]))
        events.touch("people", [one.pk])

    def merge() -> None:
        one, other = chance.sample(crowd, 2)
        merged.append(people.merge_people(keep=one, drop=other, by=boss, now=now))
        crowd.remove(other)

    def part() -> None:
        if merged:
            one = merged.pop()
            people.undo_merge(merge=one, by=boss, now=now)
            crowd.append(Person.objects.get(pk=one.drop_id))

    def put() -> None:
        one = [chance.choice(crowd).pk]
        people.tag_people(people=one, **{chance.choice(["add", "remove"]): [tag]}, put=Put(by=boss), now=now)

    steps: list[Callable[[], None]] = [
        lambda: pay(chance.choice(crowd), now - timedelta(hours=chance.randrange(120))), level, merge, part, put,
    ]  # fmt: skip
    few = 0
    for _ in range(3):
        for _ in range(7):
            chance.choices(steps, weights=[6, 2, 1, 1, 3])[0]()
        write_lake(now)
        now += timedelta(hours=chance.choice([0, 1, 13]))
        for name, audience in looked.items():
            done = audiences.refresh(audience=audience, now=now)
            few += done.looked_at is not None
            everybody = queries.members(audience.rule, now=now)["person"].to_pylist()
            assert (name, kept(audience), done.size) == (name, everybody, len(everybody))
    assert few > 9


def test_a_refresh_that_is_killed_leaves_whole_members_and_tells_of_everybody_once(committed: None) -> None:
    chance, workspace, now = Random(), make_workspace(), datetime.now(UTC)
    with governance.entered(workspace):
        crowd = [make_person(f"P{number}", now=now) for number in range(150)]
        audience = live(PAID, now)
        audiences.refresh(audience=audience, now=now)
    waiting = list(crowd)
    for _ in range(2):
        command = [sys.executable, "-m", "tests.audiences.refresher", str(workspace.pk)]
        environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "GUANXI_LAKE": str(settings.LAKE)}
        process = subprocess.Popen(command, cwd=ROOT, env=environment)
        until = time.monotonic() + 2.5 + chance.uniform(0, 1.5)
        with governance.entered(workspace):
            while time.monotonic() < until and waiting:
                pay(waiting.pop(), now)
                time.sleep(0.04)
        process.kill()
        process.wait()
    with governance.entered(workspace):
        for one in waiting:
            pay(one, now)
        later = datetime.now(UTC)
        write_lake(later)
        audiences.refresh(audience=audience, now=later)
        assert kept(audience) == [one.pk for one in crowd]
        write_lake(later)
        with lake() as tables:
            entered = tables.events.filter(tables.events.name == "audience.entered")
            said = tables.run(entered.select("person"))["person"].to_pylist()
        assert sorted(said) == kept(audience)


def test_who_comes_and_who_goes_is_said_once(workspace: Workspace, now: datetime) -> None:
    lin, wang = make_person("Lin", now=now), make_person("Wang", now=now)
    pay(lin, now)
    write_lake(now)
    audience = live(PAID | {"within": LATELY}, now)
    heard: list[Any] = []
    registry.subscribe("audience.refreshed", heard.extend)
    try:
        assert audiences.refresh(audience=audience, now=now) == Refreshed(1, 0, 0, None)
        pay(wang, now + timedelta(days=1))
        write_lake(now)
        later = now + timedelta(days=3)
        assert audiences.refresh(audience=audience, now=later) == Refreshed(1, 1, 1, 2)
        write_lake(now)
        assert audiences.refresh(audience=audience, now=later) == Refreshed(1, 0, 0, 0)
    finally:
        registry.receivers("audience.refreshed").remove(heard.extend)
    told = Fact.objects.filter(name__startswith="audience.").order_by("name").values_list("name", "person", "props")
    assert list(told) == [
        ("audience.entered", wang.pk, {"audience": audience.public_id, "label": "Some"}),
        ("audience.left", lin.pk, {"audience": audience.public_id, "label": "Some"}),
    ]
    assert [(one.fact.size, one.fact.entered, one.fact.left) for one in heard] == [(1, 0, 0), (1, 1, 1)]
    days = AudienceDay.objects.order_by("day").values_list("size", "entered", "left")
    assert list(days) == [(1, 0, 0), (1, 1, 1)]
    assert [(one.audience, one.since) for one in queries.audiences_of(wang.pk)] == [(audience, later)]


def test_nobody_is_looked_at_for_what_the_rule_does_not_ask_about(workspace: Workspace, now: datetime) -> None:
    lin, boss = make_person("Lin", now=now), make_staff("Boss")
    group = people.create_tag_group(name="Mood", exclusive=False, by=boss, now=now)
    [tag] = people.create_tags(group=group, names=["Warm"], by=boss, now=now)
    write_lake(now)
    by_level, by_tag, by_order = (live(rules(tag)[name], now, name) for name in ("level", "tagged", "often"))
    every = (by_level, by_tag, by_order)

    def looked_at() -> list[int | None]:
        write_lake(now)
        return [audiences.refresh(audience=one, now=now).looked_at for one in every]

    assert looked_at() == [None, None, None]
    pay(lin, now)
    assert looked_at() == [0, 0, 1]
    people.tag_people(people=[lin.pk], add=[tag], put=Put(by=boss), now=now)
    assert looked_at() == [0, 1, 0]
    Person.objects.filter(pk=lin.pk).update(level="customer")
    events.touch("people", [lin.pk])
    assert looked_at() == [1, 1, 1]
    assert kept(by_level) == kept(by_tag) == [lin.pk]


def test_a_fixed_audience_keeps_its_people_wherever_it_is_asked(workspace: Workspace, now: datetime) -> None:
    lin, wang = make_person("Lin", now=now), make_person("Wang", now=now)
    pay(lin, now)
    write_lake(now)
    audience = live(PAID, now)
    audiences.fix_audience(audience=audience, by=None, now=now)
    pay(wang, now)
    write_lake(now)
    naming = {"type": "not", "not": {"type": "audience", "audience": audience.public_id}}
    assert queries.members(queries.people_rule(audience), now=now)["person"].to_pylist() == [lin.pk]
    assert queries.members({"version": 1, "where": naming}, now=now)["person"].to_pylist() == [wang.pk]
    assert [each.holds for each in queries.why(queries.people_rule(audience), wang.pk, now=now)] == [False]
    with pytest.raises(AudienceIsFixed):
        audiences.refresh(audience=audience, now=now)
    with pytest.raises(AudienceIsFixed):
        audiences.save_audience(name="Some", rule={"version": 1, "where": naming}, by=None, now=now, audience=audience)
    audiences.keep_live(audience=audience, every=0, by=None, now=now)
    while audiences.refresh_lane(now=now):
        pass
    assert kept(audience) == [lin.pk, wang.pk]


def test_birthdays_come_and_pass_at_midnight_of_the_workspace(workspace: Workspace, now: datetime) -> None:
    Field.objects.create(key="birthday", label="Birthday", kind=TraitKind.DATE)
    born = {"Leap": "2000-02-29", "Eve": "1990-02-28", "First": "1980-03-01", "Other": "1980-05-01"}
    crowd = {name: make_person(name, now=now, traits={"birthday": day}).pk for name, day in born.items()}
    make_person("Nobody knows", now=now)
    write_lake(now)
    today = live({"type": "yearly", "trait": "trait:birthday", "falls": {"type": "next_days", "days": 1}}, now)
    month = live(
        {"type": "yearly", "trait": "trait:birthday", "falls": {"type": "months_ahead", "months": 0}}, now, "M"
    )

    def after(year: int, month_: int, day: int, *, minutes: int) -> tuple[list[str], int | None, list[str]]:
        """In Shanghai, eight hours ahead: who has it, at how many it was looked, and who has it in this month."""
        at = datetime(year, month_, day, tzinfo=UTC) + timedelta(hours=-8, minutes=minutes)
        looked = audiences.refresh(audience=today, now=at).looked_at
        audiences.refresh(audience=month, now=at)
        return named(today), looked, named(month)

    def named(audience: Audience) -> list[str]:
        return [name for name, pk in crowd.items() if pk in kept(audience)]

    assert after(2027, 2, 28, minutes=-1) == ([], None, ["Leap", "Eve"])
    assert after(2027, 2, 28, minutes=0) == (["Leap", "Eve"], 2, ["Leap", "Eve"])
    assert after(2027, 3, 1, minutes=-1) == (["Leap", "Eve"], 0, ["Leap", "Eve"])
    assert after(2027, 3, 1, minutes=0) == (["First"], 3, ["First"])
    assert after(2028, 2, 28, minutes=0)[0] == ["Eve"]
    assert after(2028, 2, 29, minutes=0)[0] == ["Leap"]
