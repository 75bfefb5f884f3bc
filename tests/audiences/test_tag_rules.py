"""Whoever is in an audience carries a tag, as long as they fit and nobody said otherwise by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from guanxi.audiences import operations as audiences
from guanxi.audiences.models import Audience, TagRule
from guanxi.audiences.operations import TagRuleRefused
from guanxi.events import operations as events
from guanxi.governance.models import Staff, Workspace
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Person, PersonTag, Tag
from guanxi.people.operations import Put
from tests.factories.people import make_person, make_staff

FANS = {"version": 1, "where": {"type": "level", "levels": ["fan"]}}
ALL = {"version": 1, "where": {"type": "level", "levels": ["fan", "visitor"]}}


def level(person: Person, level: str, now: datetime) -> None:
    Person.objects.filter(pk=person.pk).update(level=level)
    events.touch("people", [person.pk])
    in_the_lake(now)


def in_the_lake(now: datetime) -> None:
    while events.write_lake(now=now):
        pass


def looked(now: datetime) -> None:
    while audiences.tag_rule_lane(now=now):
        pass


def audience(rule: object, now: datetime) -> Audience:
    return audiences.save_audience(name="Some", rule=rule, by=None, now=now)


def tags(boss: Staff, now: datetime) -> list[Tag]:
    group = people.create_tag_group(name="Mood", exclusive=True, by=boss, now=now)
    return people.create_tags(group=group, names=["Warm", "Cold"], by=boss, now=now)


def carried() -> list[tuple[str, str, str, str]]:
    rows = PersonTag.objects.order_by("person", "slot")
    return list(rows.values_list("person__name", "tag__name", "how", "reason"))


def test_people_get_the_tag_when_they_come_and_lose_it_when_they_go(workspace: Workspace, now: datetime) -> None:
    boss = make_staff("Boss")
    warm, cold = tags(boss, now)
    lin, wang, zhao = (make_person(name, now=now) for name in ("Lin", "Wang", "Zhao"))
    for person in (lin, wang, zhao):
        level(person, "fan", now)
    people.tag_people(people=[wang.pk], add=[cold], put=Put(by=boss), now=now)
    audiences.make_tag_rule(audience=audience(FANS, now), tag=warm, because="They follow us", by=boss, now=now)
    audiences.make_tag_rule(audience=audience(ALL, now), tag=cold, because="Everybody", by=boss, now=now)
    looked(now)
    by_hand = ("Wang", "Cold", "staff", "")
    assert carried() == [
        ("Lin", "Warm", "rule", "They follow us"), by_hand, ("Zhao", "Warm", "rule", "They follow us")
    ]  # fmt: skip
    people.tag_people(people=[zhao.pk], remove=[warm], put=Put(by=boss), now=now)
    level(lin, "visitor", now)
    later = now + timedelta(minutes=11)
    looked(later)
    looked(later + timedelta(minutes=11))
    assert carried() == [
        ("Lin", "Cold", "rule", "Everybody"), by_hand, ("Zhao", "Cold", "rule", "Everybody")
    ]  # fmt: skip
    assert [one.name for one in queries.refused_tags(zhao)] == ["Warm"]


def test_a_tag_for_some_days_goes_by_itself_and_a_rule_may_give_a_role(workspace: Workspace, now: datetime) -> None:
    boss, lin = make_staff("Boss"), make_person("Lin", now=now)
    level(lin, "fan", now)
    leader = people.role_tag("leader", now=now)
    assert leader is not None
    rule = audiences.make_tag_rule(
        audience=audience(FANS, now), tag=leader, because="Writes a lot", days=2, by=boss, now=now
    )
    looked(now)
    assert queries.roles_of([lin.pk]) == {lin.pk: "leader"}
    audiences.switch_tag_rule(rule=rule, on=False, by=boss, now=now)
    looked(now + timedelta(days=2))
    people.tag_lane(now=now + timedelta(days=2))
    assert queries.roles_of([lin.pk]) == {}


def test_a_rule_that_cannot_be_is_refused_and_one_of_a_merged_tag_follows(workspace: Workspace, now: datetime) -> None:
    boss = make_staff("Boss")
    warm, cold = tags(boss, now)
    fans = audience(FANS, now)
    audiences.make_tag_rule(audience=fans, tag=warm, because="They follow us", by=boss, now=now)
    own = people.own_tag(name="Mine", by=boss, now=now)
    for tag, because, days, reason in (
        (cold, " ", None, "no_reason"), (cold, "Why", 0, "bad_days"), (own, "Why", None, "own_tag"),
        (warm, "Why", None, "taken"),
    ):  # fmt: skip
        with pytest.raises(TagRuleRefused, match=reason):
            audiences.make_tag_rule(audience=fans, tag=tag, because=because, days=days, by=boss, now=now)
    people.merge_tags(tag=warm, into=cold, by=boss, now=now)
    assert TagRule.objects.get().tag == cold
