"""Who brought whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from guanxi.connections.events import PersonReferred
from guanxi.connections.models import BroughtBy, ReferralEdge, ReferralFact
from guanxi.connections.operations.checking import Refused, has_not_happened, parties
from guanxi.connections.operations.friends import CHUNK
from guanxi.connections.queries.mirror import tie_keys
from guanxi.connections.rules import Claim, makes_a_cycle
from guanxi.events import operations as events
from guanxi.kit import bulk, keys, scope
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
        self.known = {(edge.bringer_id, edge.brought_id): edge for edge in found}
        self.first = {edge.brought_id: edge for edge in found if edge.is_first}
        self.new: list[ReferralEdge] = []
        self.changed: set[ReferralEdge] = set()
        self.told: dict[tuple[int, int], set[tuple[datetime, str]]] = defaultdict(set)

    def is_news(self, one: Referral) -> bool | None:
        """Whether it is known to be earlier than was thought; None when nobody said it before."""
        edge = self.known.get((one.bringer, one.brought))
        return None if edge is None else (one.at, one.by) < (edge.at, edge.by)

    def add(self, one: Referral) -> None:
        pair = one.bringer, one.brought
        self.told[pair].add((one.at, one.by))
        edge = self.known.get(pair)
        if edge is None:
            edge = ReferralEdge(
                public_id=keys.new("ref"),
                bringer_id=one.bringer,
                brought_id=one.brought,
                by=one.by,
                at=one.at,
                is_first=False,
            )
            self.known[pair] = edge
            self.new.append(edge)
        elif (one.at, one.by) < (edge.at, edge.by):
            edge.at, edge.by = one.at, one.by
            self._changes(edge)
        first = self.first.get(one.brought)
        if first is None or Claim(edge.bringer_id, edge.at).comes_before(Claim(first.bringer_id, first.at)):
            if first is not None:
                first.is_first = False
                self._changes(first)
            edge.is_first = True
            self._changes(edge)
            self.first[one.brought] = edge
            self.bringers[one.brought] = one.bringer

    def _changes(self, edge: ReferralEdge) -> None:
        if edge.pk is not None:
            self.changed.add(edge)

    def write(self, now: datetime, source: str, import_id: int | None) -> None:
        ReferralEdge.objects.filter(pk__in=[edge.pk for edge in self.changed if not edge.is_first]).update(
            is_first=False
        )
        bulk.update(
            ReferralEdge, ["at", "by", "is_first"], ((one.pk, one.at, one.by, one.is_first) for one in self.changed)
        )
        made = ReferralEdge.objects.bulk_create(self.new, batch_size=1_000)
        events.touch("ties", tie_keys(ReferralEdge, [edge.pk for edge in (*self.changed, *made)]))
        self._write_facts(source, import_id)
        _announce([(edge, import_id) for edge in made], now, source)

    def _write_facts(self, source: str, import_id: int | None) -> None:
        """What only files told so far stays, when they are taken back, with whoever says the same."""
        edges = {self.known[pair].pk: told for pair, told in self.told.items()}
        known: dict[tuple[int, datetime, str], set[int | None]] = defaultdict(set)
        found = ReferralFact.objects.filter(edge__in=edges)
        for edge, at, by, teller in found.values_list("edge", "at", "by", "import_id"):
            known[edge, at, by].add(teller)
        bulk.insert(
            ReferralFact,
            ["edge_id", "at", "by", "told_by", "import_id"],
            (
                (edge, at, by, source, import_id)
                for edge, told in edges.items()
                for at, by in sorted(told)
                if not known[edge, at, by] & {None, import_id}
            ),
        )


def _announce(made: Iterable[tuple[ReferralEdge, int | None]], now: datetime, source: str) -> None:
    events.announce_many(
        [
            events.Happened(PersonReferred(edge.brought_id, edge.bringer_id, edge.by, import_id), edge.at)
            for edge, import_id in made
        ],
        received_at=now,
        source=source,
    )


def take_back_claims(told: Sequence[tuple[int, int]], now: datetime) -> tuple[int, int]:
    """Without these facts (key, edge): how many claims nobody makes any more, and how many are others than before."""
    one_at_a_time()
    ids = {edge for _pk, edge in told}
    edges = {edge.pk: edge for edge in ReferralEdge.objects.filter(pk__in=ids)}
    began = {edge: min(pk for pk, of in told if of == edge) for edge in ids}
    ReferralFact.objects.filter(pk__in=[pk for pk, _edge in told]).delete()
    left: dict[int, list[tuple[datetime, str, int, int | None]]] = defaultdict(list)
    found = ReferralFact.objects.filter(edge__in=ids).values_list("edge", "at", "by", "pk", "import_id")
    for edge, at, by, pk, teller in found:
        left[edge].append((at, by, pk, teller))
    changes = {pk: said[:2] for pk, some in left.items() if (said := min(some))[:2] != (edges[pk].at, edges[pk].by)}
    bulk.update(ReferralEdge, ["at", "by"], ((pk, *said) for pk, said in changes.items()))
    again = [(pk, first) for pk, some in left.items() if began[pk] < (first := min(some, key=lambda one: one[2]))[2]]
    events.touch("ties", tie_keys(ReferralEdge, ids))
    ReferralEdge.objects.filter(pk__in=ids - set(left)).delete()
    brought = {edge.brought_id for pk, edge in edges.items() if pk not in left or pk in changes}
    _nobody_first(brought)
    elect_again(brought)
    fresh = ReferralEdge.objects.in_bulk([pk for pk, _first in again])
    _announce([(fresh[pk], first[3]) for pk, first in again], now, "import")
    return len(ids - set(left)), len(changes)


def _nobody_first(brought: Iterable[int]) -> None:
    held = ReferralEdge.objects.filter(brought__in=brought, is_first=True)
    events.touch("ties", tie_keys(ReferralEdge, held.values_list("pk", flat=True)))
    held.update(is_first=False)


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
