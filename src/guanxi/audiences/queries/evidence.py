"""The rows behind every clause for one person: what they did, carry, and whom they are tied to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import ibis
import msgspec

from guanxi.audiences.queries.bands import keys_of
from guanxi.audiences.queries.catalogue import catalogue
from guanxi.audiences.queries.compile import leaves
from guanxi.audiences.queries.explain import Reason, explain
from guanxi.audiences.queries.members import tables_of, zone_here
from guanxi.audiences.queries.scans import Context, selected
from guanxi.audiences.rules import (
    Agreed,
    Catalogue,
    Clause,
    Did,
    DidNot,
    Part,
    PropCondition,
    Reachable,
    Step,
    Strength,
    Tagged,
    Then,
    Tie,
    Top,
    describe,
    parse_rule,
    resolved,
    window_bounds,
)
from guanxi.channels.queries import unreachable
from guanxi.connections.queries import Close, closeness
from guanxi.events.queries import Lake, TimelineEntry, lake
from guanxi.people.models import Person, PersonTag

ROWS = 10
_EVENT = ("event_id", "name", "occurred_at", "channel", "amount_minor", "currency", "order_id", "message_id", "props")
_TIE = ("kind", "state", "since", "advisor", "account", "group")


@dataclass(frozen=True, slots=True)
class TieRow:
    """Keys of the advisor, the account and the group chat."""

    kind: str
    state: str
    since: datetime | None
    advisor: int | None
    account: int | None
    group: int | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Up to ten rows of each kind, the newest first."""

    events: Sequence[TimelineEntry] = ()
    sequences: Sequence[tuple[TimelineEntry, TimelineEntry | None]] = ()
    """A first step, and the next one that came in time."""
    tags: Sequence[PersonTag] = ()
    ties: Sequence[TieRow] = ()
    close: Sequence[Close] = ()
    """To advisors, the closest first."""


@dataclass(frozen=True, slots=True)
class Why:
    """The rule in words with those of the audiences that it names in their places, and every clause by its path."""

    parts: Sequence[Part]
    reasons: dict[str, Reason]
    evidence: dict[str, Evidence]

    @property
    def is_in(self) -> bool:
        return self.reasons["where"].holds


def why_with_rows(rule: Any, person: int, *, now: datetime) -> Why:
    """Of `rule` (its JSON), for one person. Raises RuleError and NotMirrored."""
    known, zone = catalogue(), zone_here()
    whole = resolved(parse_rule(rule, known), known)
    with lake() as tables:
        held = tables_of(tables, now)
        reasons = explain(whole, held, person, now=now, zone=zone, catalogue=known)
        context = Context(held, now, zone, known, person)
        said = list(leaves("where", whole.where))
        asked = any(isinstance(leaf, Strength) and leaf.of for _path, leaf in said)
        advisors = closeness(Person.objects.get(pk=person), now).advisors if asked else ()
        holding = {one.path for one in reasons if one.holds}
        rows = {
            path: Evidence(sequences=_sequences(leaf, path in holding, context, tables))
            if isinstance(leaf, Then)
            else _rows(leaf, context, tables, advisors)
            for path, leaf in said
        }
    found = {one.path: one for one in reasons}
    for path, leaf in said:
        if isinstance(leaf, Reachable) and path not in holding:
            cause = unreachable(person, leaf.channel, leaf.purpose)
            found[path] = replace(found[path], values={"unreachable": cause} if cause else {})
    return Why(describe(whole, known), found, rows)


def _rows(leaf: Clause, context: Context, tables: Lake, advisors: Sequence[Close]) -> Evidence:
    match leaf:
        case Did() | DidNot() | Top():
            stretch = window_bounds(leaf.within, context.now, context.zone)
            return Evidence(events=_events([selected(leaf, stretch, context)], tables))
        case Agreed() | Reachable():
            asked = PropCondition(op="is", prop="prop:channel", value=leaf.channel)
            meant = PropCondition(op="is", prop="prop:purpose", value=leaf.purpose)
            steps = [Step(event=f"event:consent.{word}", where=(asked, meant)) for word in ("given", "withdrawn")]
            return Evidence(events=_events([selected(step, (None, None), context) for step in steps], tables))
        case Tagged():
            keys = [key for name in leaf.tags for key in context.catalogue.tags[name].keys]
            carried = PersonTag.objects.filter(person=context.person, tag__in=keys).select_related("tag", "tag__group")
            return Evidence(tags=list(carried[:ROWS]))
        case Strength() if leaf.of:
            return Evidence(close=_close(leaf, context.catalogue, advisors))
        case Tie():
            return Evidence(ties=_ties(leaf, context, tables))
    return Evidence()


def _close(leaf: Strength, known: Catalogue, to: Sequence[Close]) -> list[Close]:
    advisors, units = keys_of(leaf, known)
    return [one for one in to if one.staff and (one.staff.pk in advisors or one.staff.unit_id in units)][:ROWS]


def _sequences(
    leaf: Then, holds: bool, context: Context, tables: Lake
) -> list[tuple[TimelineEntry, TimelineEntry | None]]:
    """The first steps that make it hold; where it does not, those of the window."""
    stretch = window_bounds(leaf.within, context.now, context.zone)
    firsts = selected(leaf.first, stretch, context).select(*_EVENT)
    nexts = selected(leaf.next, (stretch[0], None), context)
    nexts = nexts.select(**{f"next_{name}": nexts[name] for name in _EVENT})
    met = firsts.asof_join(nexts, firsts.occurred_at < nexts.next_occurred_at)
    to_us, gap = context.tables.engine.epoch_us, leaf.gap.microseconds
    met = met.mutate(came=(to_us(met.next_occurred_at) - to_us(met.occurred_at) <= gap).fill_null(False))
    if holds and leaf.type == "then":
        met = met.filter(met.came)
    elif holds:
        met = met.filter(~met.came, met.occurred_at <= context.now - timedelta(microseconds=gap))
    newest = met.order_by(ibis.desc("occurred_at"), ibis.desc("event_id")).limit(ROWS)
    rows = zip(*tables.run(newest.select(*_EVENT, *nexts.columns, "came")).to_pydict().values(), strict=True)
    wide = len(_EVENT)
    return [(_entry(row[:wide]), _entry(row[wide:-1]) if row[-1] else None) for row in rows]


def _events(found: Sequence[Any], tables: Lake) -> list[TimelineEntry]:
    rows: list[tuple[Any, ...]] = []
    for events in found:
        newest = events.order_by(ibis.desc("occurred_at"), ibis.desc("event_id")).limit(ROWS).select(*_EVENT)
        rows += zip(*tables.run(newest).to_pydict().values(), strict=True)
    rows.sort(key=lambda row: (row[2], row[0]), reverse=True)
    return [_entry(row) for row in rows[:ROWS]]


def _entry(row: tuple[Any, ...]) -> TimelineEntry:
    return TimelineEntry(*(*row[:-1], msgspec.json.decode(row[-1] or "{}")))


def _ties(leaf: Tie, context: Context, tables: Lake) -> list[TieRow]:
    ties = context.tables.others("ties")
    kept = ties.filter((ties.person == context.person) & (ties.kind == leaf.kind))
    newest = kept.order_by(ibis.desc("since")).limit(ROWS).select(*_TIE)
    return [TieRow(**row) for row in tables.run(newest).to_pylist()]
