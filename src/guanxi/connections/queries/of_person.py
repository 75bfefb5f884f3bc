"""The ties of one person: advisors, follows, groups, who brought them and whom they brought."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from guanxi.connections.models import Follow, FriendFact, Friendship, GroupMembership, ReferralEdge
from guanxi.connections.queries.lists import seen_people
from guanxi.connections.rules import Happening, Holding, holdings
from guanxi.governance.models import Staff
from guanxi.people import queries as people
from guanxi.people.models import Person

SHOWN = 50
BROUGHT_SHOWN = 10
LEVELS = 5
COUNTED_UP_TO = 10_000


@dataclass(frozen=True)
class Held:
    """A time in which an advisor had the person; `whence` is the name of the advisor from whom they took them."""

    advisor: str
    since: datetime
    until: datetime | None
    why: str
    whence: str
    ended_by: str


@dataclass(frozen=True)
class Friend:
    """A friendship with the times in which this and other advisors had the person on that account, oldest first."""

    friendship: Friendship
    history: Sequence[Held]

    @property
    def before(self) -> Sequence[Held]:
        """Who had them before the time that stands."""
        return [one for one in self.history if one.until is not None]


@dataclass(frozen=True)
class Brought:
    """Somebody who was brought, or a bringer; `person` is None when this member of staff may not see them."""

    person: Person | None
    by: str
    at: datetime
    is_first: bool


@dataclass(frozen=True)
class Place:
    """In a group chat; `inviter` is None when no person invited them, or one whom this member of staff may not see."""

    membership: GroupMembership
    inviter: Person | None


@dataclass(frozen=True)
class Ties:
    """`levels`: how many the person brought themselves, how many those brought, and so on, up to five levels."""

    friends: Sequence[Friend]
    follows: Sequence[Follow]
    groups: Sequence[Place]
    bringers: Sequence[Brought]
    brought: Sequence[Brought]
    levels: Sequence[int]

    def __bool__(self) -> bool:
        return bool(self.friends or self.follows or self.groups or self.bringers or self.brought)


def ties(person: Person, staff: Staff) -> Ties:
    """As `staff` may see them."""
    ids = people.same(person)
    edges = _edges(ids)
    places = GroupMembership.objects.filter(person=person).select_related("group__account", "group__owner")
    groups = list(places.select_related("invited_by_staff").order_by("-first_at", "-pk")[:SHOWN])
    seen = seen_people(staff, [*(one.other for one in edges), *(one.invited_by_person_id for one in groups)])
    up = [Brought(seen.get(one.other), one.by, one.at, one.is_first) for one in edges if one.up]
    down = [Brought(seen.get(one.other), one.by, one.at, one.is_first) for one in edges if not one.up]
    levels = _levels(person) if down else []
    follows = Follow.objects.filter(person=person).select_related("account").order_by("-first_at", "-pk")
    there = [Place(one, seen.get(one.invited_by_person_id or 0)) for one in groups]
    return Ties(_friends(person, ids), list(follows[:SHOWN]), there, up, down, levels)


def _friends(person: Person, ids: Sequence[int]) -> list[Friend]:
    rows = Friendship.objects.filter(person=person).select_related("staff", "account").order_by("-since", "-pk")
    found = list(rows[:SHOWN])
    others = Friendship.objects.filter(person__in=ids[1:]).select_related("staff") if ids[1:] else ()
    history = _history([*found, *others])
    standing = {"active": 0, "pending": 1, "blocked": 2}
    ordered = sorted(found, key=lambda one: standing.get(one.state, 3))
    return [Friend(one, history[one.account_id]) for one in ordered]


def _history(friends: Sequence[Friendship]) -> Mapping[int, Sequence[Held]]:
    """Account → who had the person there."""
    told: dict[int, list[Happening]] = defaultdict(list)
    facts = FriendFact.objects.filter(friendship__in=friends) if friends else FriendFact.objects.none()
    others: set[int] = set()
    for pk, at, kind, source, other in facts.values_list("friendship", "at", "kind", "source", "other"):
        told[pk].append(Happening(at, kind, source, other or 0))
        others |= {other} - {None}
    names = {one.staff_id: one.staff.name for one in friends}
    if missing := others - set(names):
        names |= dict(Staff.objects.filter(pk__in=missing).values_list("pk", "name"))
    found: dict[int, list[Held]] = defaultdict(list)
    for one in friends:
        found[one.account_id] += [_named(each, names) for each in holdings(one.staff_id, told[one.pk])]
    return defaultdict(list, {pk: sorted(some, key=lambda held: held.since) for pk, some in found.items()})


def _named(one: Holding, names: Mapping[int, str]) -> Held:
    return Held(names.get(one.staff, ""), one.since, one.until, one.why, names.get(one.whence, ""), one.ended_by)


@dataclass(frozen=True)
class _Edge:
    other: int
    up: bool
    by: str
    at: datetime
    is_first: bool


def _edges(ids: Sequence[int]) -> list[_Edge]:
    """Who brought them, the first bringer first, and the last few whom they brought. Somebody who became the person
    themselves is nobody that they brought."""
    columns = ("by", "at", "is_first")
    up = ReferralEdge.objects.filter(brought__in=ids, bringer__erased_at=None).order_by("-is_first", "at", "pk")
    down = ReferralEdge.objects.filter(bringer__in=ids, brought__erased_at=None).order_by("-at", "-pk")
    found = [
        _Edge(into or pk, True, *rest)
        for pk, into, *rest in up.values_list("bringer", "bringer__merged_into", *columns)[:BROUGHT_SHOWN]
    ]
    found += [
        _Edge(into or pk, False, *rest)
        for pk, into, *rest in down.values_list("brought", "brought__merged_into", *columns)[:BROUGHT_SHOWN]
    ]
    return [one for one in found if one.other != ids[0]]


_DOWN = f"""
WITH RECURSIVE below(person, level) AS (
    SELECT %(person)s::bigint, 0
  UNION
    SELECT coalesce(whom.merged_into_id, whom.id), below.level + 1
    FROM below
    JOIN {Person._meta.db_table} same ON same.id = below.person OR same.merged_into_id = below.person
    JOIN {ReferralEdge._meta.db_table} edge ON edge.bringer_id = same.id AND edge.is_first
    JOIN {Person._meta.db_table} whom ON whom.id = edge.brought_id AND whom.erased_at IS NULL
    WHERE below.level < %(levels)s
) SELECT level, count(*) FROM (
    SELECT person, min(level) AS level FROM (SELECT * FROM below LIMIT %(most)s) counted GROUP BY person) nearest
WHERE level > 0 GROUP BY level ORDER BY level
"""  # noqa: S608


def _levels(person: Person) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            _DOWN,
            {"person": person.pk, "levels": LEVELS, "most": COUNTED_UP_TO},
        )
        return [count for _, count in cursor.fetchall()]
