"""Followers elsewhere: the newest day counts in whatever order they are told, and the sum is a trait that follows."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from guanxi.connections import operations as connections
from guanxi.connections import queries
from guanxi.connections.models import Reading
from guanxi.connections.operations import FOLLOWERS, Followers, PlatformRefused
from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from guanxi.people.models import Person, Trait
from tests.commerce.importing import bring, counts, rejects, undo
from tests.factories.people import make_person, make_staff


def note(person: Person, now: datetime, platform: str, followers: int, ago: int = 0, handle: str = "") -> None:
    told = Followers(person.pk, platform, handle, followers, connections.local_day(now) - timedelta(days=ago))
    connections.note_followers(person=person, told=told, now=now)


def total(person: Person) -> str | None:
    return Trait.objects.filter(person=person, field__key=FOLLOWERS).values_list("value", flat=True).first()


def known(person: Person) -> list[tuple[Any, ...]]:
    return [(one.platform, one.handle, one.followers) for one in queries.platforms_of(person)]


@pytest.mark.parametrize("order", list(permutations([("weibo", 100, 9), ("weibo", 300, 2), ("douyin", 50, 5)])))
def test_in_any_order_the_newest_day_counts(workspace: Workspace, now: datetime, order: Any) -> None:
    person = make_person(now=now)
    for platform, followers, ago in order:
        note(person, now, platform, followers, ago)
    assert (known(person), total(person)) == ([("weibo", "", 300), ("douyin", "", 50)], "350")


def test_two_who_become_one_reach_both_and_part_as_they_were(workspace: Workspace, now: datetime) -> None:
    keep, drop, staff = make_person(now=now), make_person("Other", now=now), make_staff()
    note(keep, now, "weibo", 100, 3, "lin")
    note(drop, now, "weibo", 70, 1, "wei")
    note(drop, now, "zhihu", 5)
    merge = people.merge_people(keep=keep, drop=drop, by=staff, now=now)
    assert (known(keep), total(keep)) == ([("weibo", "wei", 70), ("zhihu", "", 5)], "75")
    people.undo_merge(merge=merge, by=staff, now=now)
    assert (known(keep), total(keep)) == ([("weibo", "lin", 100)], "100")
    assert (known(drop), total(drop)) == ([("weibo", "wei", 70), ("zhihu", "", 5)], "75")


def test_what_is_forgotten_leaves_the_sum_and_the_known_name_stays(workspace: Workspace, now: datetime) -> None:
    person = make_person(now=now)
    note(person, now, "weibo", 100, 3, "lin")
    note(person, now, "weibo", 120)
    note(person, now, "weibo", 120)
    assert (known(person), Reading.objects.count()) == ([("weibo", "lin", 120)], 2)
    assert connections.forget_platform(person=person, platform="weibo", now=now)
    assert (known(person), total(person)) == ([], None)


@pytest.mark.parametrize(
    ("platform", "followers", "ago", "reason"),
    [("myspace", 1, 0, "platform"), ("weibo", -1, 0, "followers"), ("weibo", 1, -1, "future")],
)
def test_what_cannot_be_is_refused(
    workspace: Workspace, now: datetime, platform: str, followers: int, ago: int, reason: str
) -> None:
    with pytest.raises(PlatformRefused) as refused:
        note(make_person(now=now), now, platform, followers, ago)
    assert refused.value.reason == reason


FILE = """customer_number,platform,昵称,粉丝数,as_of
C-1,微博,lin,"128,000",2026-03-01
C-1,instagram,,50,
C-2,myspace,,5,
C-9,weibo,,5,
C-2,weibo,,many,
"""


def test_a_file_comes_in_once_and_goes_back_exactly(workspace: Workspace, now: datetime) -> None:
    one = make_person("One", now=now, identities={"customer_number": "C-1"})
    make_person("Two", now=now, identities={"customer_number": "C-2"})
    note(one, now, "weibo", 90, 400, "old")
    of = bring("platforms", FILE, now)
    assert counts(of) == (2, 0, 0, 3)
    assert rejects(of) == [(4, "unknown_platform"), (5, "unknown_person"), (6, "not_followers")]
    assert (known(one), total(one)) == ([("weibo", "lin", 128_000), ("instagram", "", 50)], "128050")
    assert counts(bring("platforms", FILE, now)) == (0, 0, 2, 3)
    undo(of, now)
    assert (known(one), total(one)) == ([("weibo", "old", 90)], "90")
