"""Who is in an audience now, of everybody or only of those of whom something was learnt since the last look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from guanxi.audiences.models import Audience
from guanxi.audiences.queries.catalogue import catalogue
from guanxi.audiences.queries.compile import leaves
from guanxi.audiences.queries.meaning import basis_of
from guanxi.audiences.queries.members import fitting, gone, tables_of, zone_here
from guanxi.audiences.queries.scans import Context, Tables
from guanxi.audiences.queries.sliding import slid
from guanxi.audiences.queries.statements import people_of
from guanxi.audiences.rules import (
    Agreed,
    Clause,
    Did,
    DidNot,
    InAudience,
    Reachable,
    Strength,
    Tagged,
    Then,
    Tie,
    Top,
    name_of,
    opened,
    parse_rule,
)
from guanxi.events import queries as events
from guanxi.events.queries import Lake, Mark
from guanxi.kit import bulk, clock
from guanxi.people.models import Person

# Marks of changes are kept for a week.
LONG_AGO = timedelta(days=6)


@dataclass(frozen=True)
class Look:
    """`asked`: of whom it is known whether they fit, None for everybody; `fit`: those of them who do."""

    mark: Mark
    basis: str
    asked: pa.Array | None
    fit: pa.Array


def look(audience: Audience, *, now: datetime, whole: bool = False) -> Look:
    """Raises RuleError. The mark is taken before the snapshot: what comes between is looked at again."""
    known, zone = catalogue(), zone_here()
    rule = parse_rule(audience.rule, known, audience.public_id)
    basis, mark = basis_of(rule, known, zone), events.mark()
    whole = whole or audience.basis != basis or not _is_fresh(audience, now)
    where = opened(rule, known).where
    names, mirrors = _read_by(where)
    since = Mark(audience.lake_commit, audience.lake_change)
    some = None if whole else events.changed(since, mark, names=names, mirrors=mirrors)
    if some is None:
        return Look(mark, basis, None, fitting(rule, known, zone, now=now))
    assert audience.refreshed_at is not None
    with events.lake() as lake:
        context = Context(tables_of(lake, audience.refreshed_at), now, zone, known)
        passed = slid(where, context, audience.refreshed_at)
        if passed is not None:
            some = _with(some, [lake.run(one)["person"] for one in passed])
        if passed is None or (len(some) and any(isinstance(leaf, Top) for _, leaf in leaves("where", where))):
            return Look(mark, basis, None, fitting(rule, known, zone, now=now))
        some = _with(some, [pa.chunked_array([_became(some)], pa.int64())])
        if not len(some):
            return Look(mark, basis, some, some)
        with _only(some, lake, context.tables) as tables:
            found = people_of(rule, lake, tables, now=now, zone=zone, catalogue=known, some=True)["person"]
    return Look(mark, basis, some, _without(found, gone()))


def _read_by(where: Clause) -> tuple[frozenset[str], frozenset[str] | None]:
    """The names of events and the mirrors that a rule depends on; None: perhaps on any mirror."""
    names, mirrors, any_mirror = set[str](), {"people", "aliases"}, False
    for _, leaf in leaves("where", where):
        match leaf:
            case Did() | DidNot() | Top():
                names.add(name_of(leaf.event))
            case Then():
                names |= {name_of(step.event) for _, step in leaf.steps()}
            case Tagged():
                mirrors.add("tags")
            case Tie():
                mirrors.add("ties")
            case Agreed() | Reachable():
                mirrors.add("reach")
            case InAudience():
                any_mirror = True
            case Strength():
                any_mirror = any_mirror or bool(leaf.of)
    return frozenset(names), None if any_mirror else frozenset(mirrors)


def _is_fresh(audience: Audience, now: datetime) -> bool:
    looked, at = audience.looked_at, audience.refreshed_at
    return looked is not None and at is not None and at <= now and clock.wall() - looked < LONG_AGO


def _with(some: pa.Array, more: list[pa.ChunkedArray]) -> pa.Array:
    return pc.unique(pa.chunked_array([some, *(chunk for one in more for chunk in one.chunks)], pa.int64()))


def _without(found: pa.ChunkedArray, others: list[int]) -> pa.Array:
    ids = pa.chunked_array(found.chunks, pa.int64()).combine_chunks()
    return ids.filter(pc.invert(pc.is_in(ids, pa.array(others, pa.int64())))) if others else ids


def _became(some: pa.Array) -> pa.Array:
    """Whom those of these became who were merged away."""
    merged = Person.objects.extra(**bulk.any_number("id", some.to_pylist())).exclude(merged_into=None)
    return pa.array(list(merged.values_list("merged_into", flat=True)), pa.int64())


@contextmanager
def _only(some: pa.Array, lake: Lake, tables: Tables) -> Iterator[Tables]:
    """The lake with these people alone, and with what happened to whoever became one of them."""
    asked = lake.register("asked", pa.table({"person": some}))
    ids = asked
    if tables.aliases is not None:
        absorbed = tables.aliases.semi_join(asked, tables.aliases.keeper == asked.person).select("person")
        every = pa.concat_tables([pa.table({"person": some}), lake.run(absorbed)])
        ids = lake.register("asked_events", every)

    def others(name: str) -> Any:
        return tables.others(name).semi_join(asked, "person")

    def lifetime() -> events.Lifetime | None:
        held = tables.lifetime()
        return held and replace(held, table=held.table.semi_join(ids, "person"))

    yield replace(
        tables,
        people=tables.people.semi_join(asked, "person"),
        events=tables.events.semi_join(ids, "person"),
        others=others,
        lifetime=lifetime,
    )
