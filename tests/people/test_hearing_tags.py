"""A channel that keeps tags of its own is heard, and told what holds."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from guanxi.people.models import Person, PersonTag, Tag, TagGroup
from guanxi.people.operations import Put, TagsHeard
from tests.factories.people import make_person, make_staff


def carries(person: Person) -> list[tuple[str, str]]:
    rows = PersonTag.objects.filter(person=person).order_by("tag__name")
    return list(rows.values_list("tag__name", "how"))


@pytest.fixture
def group(workspace: Workspace, now: datetime) -> TagGroup:
    boss = make_staff()
    made = people.create_tag_group(name="Taste", by=boss, now=now)
    people.create_tags(group=made, names=["Green", "Black"], by=boss, now=now)
    return made


def put_on(person: Person, *names: str, now: datetime) -> None:
    people.tag_people(people=[person.pk], add=list(Tag.objects.filter(name__in=names)), put=Put(), now=now)


@pytest.mark.parametrize(
    ("wins", "ago", "then", "told"),
    [
        ("ours", 0, [("Black", "staff"), ("Green", "staff")], True),
        ("channel", 9, [("Black", "staff"), ("Oolong", "channel")], False),
        ("newest", 9, [("Black", "staff"), ("Green", "staff")], True),
        ("newest", 1, [("Black", "staff"), ("Oolong", "channel")], False),
    ],
)
def test_the_group_says_whose_word_counts(
    group: TagGroup, now: datetime, wins: str, ago: int, then: list[tuple[str, str]], told: bool
) -> None:
    people.change_tag_group(group=group, by=None, now=now, wins=wins)
    person, other = make_person("Lin", now=now), make_person("Other", now=now)
    put_on(person, "Green", "Black", now=now - timedelta(days=5))
    heard = TagsHeard(person.pk, group.pk, ("Oolong", " BLACK "), now - timedelta(days=ago))
    [answer] = people.hear_tags([heard], now=now)
    assert carries(person) == then
    assert (answer.tags, answer.tell_channel) == (tuple(name for name, _how in then), told)
    assert Tag.objects.filter(name="Oolong").exists() == (wins != "ours")
    [again] = people.hear_tags([heard], now=now)
    assert (again.tags, carries(person), carries(other)) == (answer.tags, then, [])


def test_two_tags_of_an_exclusive_group_bad_names_and_people_who_are_gone(group: TagGroup, now: datetime) -> None:
    people.change_tag_group(group=group, by=None, now=now, wins="channel", exclusive=True)
    keep, drop, gone = (make_person(name, now=now) for name in ("Keep", "Drop", "Gone"))
    put_on(keep, "Green", now=now - timedelta(days=5))
    people.merge_people(keep=keep, drop=drop, by=make_staff("Other boss"), now=now)
    people.erase_person(person=gone, by=None, reason="Asked for it", now=now)
    heard = [
        TagsHeard(drop.pk, group.pk, ("Black", "Green", "a;b"), now),
        TagsHeard(gone.pk, group.pk, ("Black",), now),
        TagsHeard(keep.pk, group.pk + 999, ("Black",), now),
    ]
    [answer] = people.hear_tags(heard, now=now)
    assert (answer.tags, answer.unknown, answer.tell_channel) == (("Black",), ("Green", "a;b"), True)
    assert carries(keep) == [("Black", "channel")]
