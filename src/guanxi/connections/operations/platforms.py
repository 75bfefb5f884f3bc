"""How many follow a person elsewhere is noted by hand, by a program or by file; the sum is a trait of the person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from guanxi.connections.models import Platform, Reading
from guanxi.connections.queries.platforms import newest
from guanxi.governance.models import Workspace
from guanxi.kit import keys, scope
from guanxi.people import operations as people
from guanxi.people.models import Person
from guanxi.people.port import TakenBack

FOLLOWERS = "followers_total"
"""The key of the trait that holds the sum; rules of audiences ask for it as `trait:followers_total`."""
MOST = 10**10
HANDLE = 80


class PlatformRefused(ValueError):
    """`reason`: platform, followers, future, handle, gone (merged or erased)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Followers:
    person: int
    platform: str
    handle: str
    followers: int
    as_of: date


def local_day(now: datetime) -> date:
    zone = Workspace.objects.values_list("timezone", flat=True).get(pk=scope.current())
    return now.astimezone(ZoneInfo(zone)).date()


def flaw(one: Followers, day: date) -> str:
    if one.platform not in Platform.values:
        return "platform"
    if not 0 <= one.followers <= MOST:
        return "followers"
    if len(one.handle) > HANDLE:
        return "handle"
    return "future" if one.as_of > day else ""


@transaction.atomic
def note_followers(*, person: Person, told: Followers, now: datetime, source: str = "staff") -> None:
    """An older day than what is known is kept, and does not count. Without a handle the known one stays."""
    if reason := flaw(told, local_day(now)):
        raise PlatformRefused(reason)
    if (
        not Person.objects.select_for_update(no_key=True)
        .filter(pk=person.pk, merged_into=None, erased_at=None)
        .exists()
    ):
        raise PlatformRefused("gone")
    write_followers([told], now=now, source=source)


@transaction.atomic
def write_followers(told: Sequence[Followers], *, now: datetime, source: str, import_id: int | None = None) -> None:
    """They are checked. What is known of that day already is not written again."""
    known = {
        (row.person_id, row.platform): row for rows in newest([one.person for one in told]).values() for row in rows
    }
    fresh = []
    for one in told:
        before = known.get((one.person, one.platform))
        handle = one.handle or (before.handle if before else "")
        if before and (before.followers, before.as_of, before.handle) == (one.followers, one.as_of, handle):
            continue
        fresh.append(
            Reading(
                public_id=keys.new("flr"),
                person_id=one.person,
                platform=one.platform,
                handle=handle,
                followers=one.followers,
                as_of=one.as_of,
                source=source,
                noted_at=now,
                import_id=import_id,
            )
        )
    Reading.objects.bulk_create(fresh, batch_size=2_000)
    sum_up({one.person_id for one in fresh}, now)


@transaction.atomic
def forget_platform(*, person: Person, platform: str, now: datetime) -> bool:
    """Whether anything was known of it."""
    gone, _by_kind = Reading.objects.filter(person=person, platform=platform).delete()
    if gone:
        sum_up([person.pk], now)
    return bool(gone)


def sum_up(persons: Iterable[int], now: datetime) -> None:
    """The trait follows what the platforms say."""
    whom = sorted(persons)
    if not whom:
        return
    found = newest(whom)
    sums = {pk: sum(row.followers for row in found[pk]) if pk in found else None for pk in whom}
    people.keep_number(key=FOLLOWERS, label="Followers on all platforms", values=sums, now=now)


def follow_people(happened: Sequence[Any]) -> None:
    """Readings go with people who become one, and come back with them: so do the sums."""
    for one in happened:
        known = {one.fact.person, one.fact.merged}
        there = Reading.objects.filter(person__in=known).values_list("person", flat=True)
        if there or people.has_number(key=FOLLOWERS, persons=known):
            sum_up(known, one.at)


@dataclass(frozen=True)
class TakeBackFollowers:
    key: str = "remove connections_reading"

    def take_back(self, *, import_id: int, after: int, limit: int, now: datetime) -> TakenBack:
        rows = list(
            Reading.objects.filter(import_id=import_id, pk__gt=after).order_by("pk").values_list("pk", "person")[:limit]
        )
        if not rows:
            return TakenBack(None)
        Reading.objects.filter(pk__in=[pk for pk, _person in rows]).delete()
        sum_up({person for _pk, person in rows}, now)
        return TakenBack(rows[-1][0], removed=len(rows))
