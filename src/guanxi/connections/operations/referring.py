"""Who brought whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from guanxi.connections.events import PersonReferred
from guanxi.connections.models import BroughtBy, ReferralEdge
from guanxi.connections.operations.checking import Refused, has_not_happened, parties
from guanxi.connections.operations.friends import CHUNK
from guanxi.connections.queries.mirror import tie_keys
from guanxi.connections.rules import Claim, makes_a_cycle
from guanxi.events import operations as events
from guanxi.kit import keys, scope
from guanxi.people.models import Person

_ABOVE = f"""
WITH RECURSIVE above(brought, bringer) AS (
    SELECT coalesce(whom.merged_into_id, whom.id), coalesce(who.merged_into_id, who.id)
    FROM {Person._meta.db_table} whom
    JOIN {Person._meta.db_table} same ON same.id = whom.id OR same.merged_into_id = whom.id
    JOIN {ReferralEdge._meta.db_table} edge ON edge.brought_id = same.id AND edge.is_first
    JOIN {Person._meta.db_table} who ON who.id = edge.bringer_id
    WHERE whom.workspace_id = %(workspace)s AND whom.id = ANY(%(people)s)
  UNION
    SELECT above.bringer, coalesce(who.merged_into_id, who.id)
    FROM above
    JOIN {Person._meta.db_table} same ON same.id = above.bringer OR same.merged_into_id = above.bringer
    JOIN {ReferralEdge._meta.db_table} edge ON edge.brought_id = same.id AND edge.is_first
    JOIN {Person._meta.db_table} who ON who.id = edge.bringer_id
) SELECT brought, bringer FROM above WHERE brought <> bringer
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Referral:
    """`bringer` brought `brought`, by one of BroughtBy."""

    bringer: int
    brought: int
    by: str
    at: datetime


def refer(told: Sequence[Referral], *, now: datetime, source: str, import_id: int | None = None) -> list[Refused]:
    """Many referrals; says which were refused, and why. The earliest claim on a person is the first bringer's, the
    others are kept as claims; what would close a ring is refused."""
    refused: list[Refused] = []
    for start in range(0, len(told), CHUNK):
        refused += _refer(told[start : start + CHUNK], start, now, source, import_id)
    return refused


@transaction.atomic
def _refer(told: Sequence[Referral], start: int, now: datetime, source: str, import_id: int | None) -> list[Refused]:
    one_at_a_time()
    there = parties(people_ids={person for one in told for person in (one.bringer, one.brought)})
    refused: list[Refused] = []
    kept: list[tuple[int, Referral]] = []
    for at, one in enumerate(told):
        if fault := _fault(one, there.people, now):
            refused.append(Refused(start + at, fault))
        else:
            kept.append((start + at, _resolved(one, there.people)))
    tree = Tree({person for _, one in kept for person in (one.bringer, one.brought)})
    for at, one in sorted(kept, key=lambda pair: (pair[1].at, pair[0])):
        if makes_a_cycle(one.bringer, one.brought, tree.bringers):
            refused.append(Refused(at, "cycle"))
        else:
            tree.add(one)
    tree.write(now, source, import_id)
    return sorted(refused, key=lambda one: one.at)


def _fault(one: Referral, people: Mapping[int, int], now: datetime) -> str:
    if one.by not in BroughtBy.values:
        return "bad_kind"
    if one.bringer not in people or one.brought not in people:
        return "unknown_person"
    if people[one.bringer] == people[one.brought]:
        return "oneself"
    return "in_future" if has_not_happened(one.at, now) else ""


def _resolved(one: Referral, people: Mapping[int, int]) -> Referral:
    return Referral(people[one.bringer], people[one.brought], one.by, one.at)


def one_at_a_time() -> None:
    """Two halves of a ring must not come in beside each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('guanxi.referrals'), %s)", [scope.current() % 2**31])


class Tree:
    """The first bringers above some people, and what is new."""

    def __init__(self, people: Iterable[int]) -> None:
        ids = sorted(people)
        with connection.cursor() as cursor:
            cursor.execute(_ABOVE, {"workspace": scope.current(), "people": ids})
            self.bringers: dict[int, int] = dict(cursor.fetchall())
        found = list(ReferralEdge.objects.filter(brought__in=ids).order_by("pk"))
        self.known = {(edge.bringer_id, edge.brought_id) for edge in found}
        self.first = {edge.brought_id: edge for edge in found if edge.is_first}
        self.new: list[ReferralEdge] = []
        self.moved: set[int] = set()

    def add(self, one: Referral) -> None:
        if (one.bringer, one.brought) in self.known:
            return
        self.known.add((one.bringer, one.brought))
        standing = self.first.get(one.brought)
        is_first = standing is None or Claim(one.bringer, one.at).comes_before(Claim(standing.bringer_id, standing.at))
        edge = ReferralEdge(
            public_id=keys.new("ref"),
            bringer_id=one.bringer,
            brought_id=one.brought,
            by=one.by,
            at=one.at,
            is_first=is_first,
        )
        if is_first:
            if standing is not None:
                standing.is_first = False
                self.moved |= {standing.pk} - {None}
            self.first[one.brought] = edge
            self.bringers[one.brought] = one.bringer
        self.new.append(edge)

    def write(self, now: datetime, source: str, import_id: int | None) -> None:
        ReferralEdge.objects.filter(pk__in=self.moved).update(is_first=False)
        for edge in self.new:
            edge.told_by, edge.import_id = source, import_id
        made = ReferralEdge.objects.bulk_create(self.new, batch_size=1_000)
        events.touch("ties", tie_keys(ReferralEdge, [*self.moved, *(edge.pk for edge in made)]))
        events.announce_many(
            [
                events.Happened(PersonReferred(edge.brought_id, edge.bringer_id, edge.by, import_id), edge.at)
                for edge in made
            ],
            received_at=now,
            source=source,
        )


def elect_again(brought: Iterable[int]) -> None:
    """The first bringers of these are gone: the earliest claim that is left holds, unless it closes a ring."""
    one_at_a_time()
    waiting = set(brought)
    there = set(ReferralEdge.objects.filter(brought__in=waiting, is_first=True).values_list("brought", flat=True))
    claims: dict[int, list[ReferralEdge]] = {}
    for edge in ReferralEdge.objects.filter(brought__in=waiting - there).order_by("at", "bringer"):
        claims.setdefault(edge.brought_id, []).append(edge)
    now_whom = _now_whom(
        {person for some in claims.values() for one in some for person in (one.bringer_id, one.brought_id)}
    )
    tree = Tree(set(now_whom.values()))
    risen: list[int] = []
    for person, some in sorted(claims.items()):
        for edge in some:
            bringer, whom = now_whom[edge.bringer_id], now_whom[person]
            if bringer != whom and not makes_a_cycle(bringer, whom, tree.bringers):
                tree.bringers.setdefault(whom, bringer)
                risen.append(edge.pk)
                break
    ReferralEdge.objects.filter(pk__in=risen).update(is_first=True)
    events.touch("ties", tie_keys(ReferralEdge, risen))


def _now_whom(people: Iterable[int]) -> dict[int, int]:
    """Person → who they are now."""
    rows = Person.objects.filter(pk__in=set(people)).values_list("pk", "merged_into")
    return {pk: into or pk for pk, into in rows}
