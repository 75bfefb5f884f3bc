"""One pass over the events of one name, for every clause that asks about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import and_
from typing import Any

import ibis

from guanxi.audiences.queries.engine import epoch_us
from guanxi.audiences.queries.values import InColumn, InJson, test_of
from guanxi.audiences.rules import (
    AmountCondition,
    Catalogue,
    Condition,
    Count,
    Did,
    DidNot,
    Measure,
    bounds,
    name_of,
    offsets,
    window_bounds,
)

MICROSECOND = timedelta(microseconds=1)
DAY_US = 86_400_000_000

ONCE = (Count(at_least=1),)
NEVER = (Count(exactly=0),)


@dataclass(frozen=True, slots=True)
class Tables:
    """The lake as Ibis tables. `aliases` has `person`, who was merged away, and `keeper`, whom they became."""

    events: Any
    people: Any
    aliases: Any | None = None


@dataclass(frozen=True, slots=True)
class Context:
    tables: Tables
    now: datetime
    zone: str
    catalogue: Catalogue
    person: int | None = None  # ask about this one only


@dataclass(frozen=True, slots=True)
class Asked:
    """An event clause with the names of its columns in the table of its scan."""

    number: int
    clause: Did | DidNot

    @property
    def measures(self) -> tuple[Measure, ...]:
        if isinstance(self.clause, DidNot):
            return NEVER
        return self.clause.having or ONCE

    @property
    def only_whether(self) -> bool:
        """Any such event at all, or none: nothing to count."""
        return self.measures in (ONCE, NEVER)

    def columns(self) -> dict[str, Measure]:
        return {f"{measure.type}_{self.number}": measure for measure in self.measures}

    def holds(self, table: Any) -> Any:
        """The truth of the clause on a table that has its columns; NULL columns are people without any event."""
        tests = [
            _bound(table[f"{measure.type}_{self.number}"].fill_null(0), name, number)
            for measure in self.measures
            for name, number in bounds(measure)
        ]
        return reduce(and_, tests)

    def holds_for_nothing(self) -> bool:
        """The truth of the clause for somebody without any event."""
        return all(_bound(0, name, number) for measure in self.measures for name, number in bounds(measure))


def _bound(value: Any, name: str, number: int) -> Any:
    if name == "exactly":
        return value == number
    return value >= number if name == "at_least" else value <= number


def scan(asked: list[Asked], context: Context) -> Any:
    """One row a person who has such an event at all, with the columns of every clause; all ask for the same event."""
    if len(asked) == 1:
        events = happened(asked[0], context)
        return events.group_by("person").agg(**_measured(events, asked[0], None, context))
    events = _events([one.clause for one in asked], context)
    columns: dict[str, Any] = {}
    for one in asked:
        kept = _inside(events, one.clause, context) + _conditions(events, one.clause, context)
        columns |= _measured(events, one, reduce(and_, kept) if kept else None, context)
    return events.group_by("person").agg(**columns)


def happened(asked: Asked, context: Context) -> Any:
    """The events that the clause counts, one row each."""
    return _events([asked.clause], context, _conditions(context.tables.events, asked.clause, context))


def _events(clauses: list[Did | DidNot], context: Context, conditions: Sequence[Any] = ()) -> Any:
    """The events of that name in the stretch that covers every window, of the person that they belong to now.

    One filter for everything: each further step of Ibis costs about a millisecond before the engine begins.
    """
    stretches = [window_bounds(clause.within, context.now, context.zone) for clause in clauses]
    starts, ends = [start for start, _ in stretches], [end for _, end in stretches]
    events = context.tables.events
    kept = [events.name == name_of(clauses[0].event), *conditions]
    if None not in starts:
        first = min(start for start in starts if start)
        kept += [events.month >= first.strftime("%Y-%m"), events.occurred_at >= first]
    if None not in ends:
        after = max(end for end in ends if end)
        kept += [events.month <= (after - MICROSECOND).strftime("%Y-%m"), events.occurred_at < after]
    if context.tables.aliases is None:
        return events.filter(kept if context.person is None else [*kept, events.person == context.person])
    if context.person is None:
        return _owned(events.filter(kept), context.tables.aliases)
    # Only the few ids of this one go through the aliases: DuckDB hands them to the scan of the files.
    owned = _owned(events.filter(kept).semi_join(_ids(context), "person"), context.tables.aliases)
    return owned.filter(owned.person == context.person)


def _ids(context: Context) -> Any:
    """The one asked about, and everybody who was merged into them."""
    people, aliases = context.tables.people, context.tables.aliases
    assert aliases is not None
    absorbed = aliases.filter(aliases.keeper == context.person)
    return people.filter(people.person == context.person).select("person").union(absorbed.select("person"))


def _owned(events: Any, aliases: Any) -> Any:
    merged = aliases.select(absorbed=aliases.person, keeper=aliases.keeper)
    joined = events.left_join(merged, events.person == merged.absorbed)
    return joined.mutate(person=ibis.coalesce(joined.keeper, joined.person)).drop("absorbed", "keeper")


def _inside(events: Any, clause: Did | DidNot, context: Context) -> list[Any]:
    start, end = window_bounds(clause.within, context.now, context.zone)
    kept = [] if start is None else [events.occurred_at >= start]
    return kept if end is None else [*kept, events.occurred_at < end]


def _conditions(events: Any, clause: Did | DidNot, context: Context) -> list[Any]:
    return [_condition(events, clause.event, condition, context) for condition in clause.where]


def _condition(events: Any, event: str, condition: Condition, context: Context) -> Any:
    if isinstance(condition, AmountCondition):
        return test_of(condition, InColumn(_amount(events, context)))
    name = name_of(condition.prop)
    spec = context.catalogue.events[name_of(event)].properties[name]
    return test_of(condition, InColumn(events[spec.column]) if spec.column else InJson(events.props, name, spec.kind))


def _amount(events: Any, context: Context) -> Any:
    """Minor units of the workspace's currency; NULL in any other."""
    ours = events.currency == context.catalogue.currency
    return ours.ifelse(events.amount_minor, ibis.null("int64"))


def _measured(events: Any, asked: Asked, kept: Any | None, context: Context) -> dict[str, Any]:
    return {name: _measure(events, measure, asked.clause, kept, context) for name, measure in asked.columns().items()}


def _measure(events: Any, measure: Measure, clause: Did | DidNot, kept: Any | None, context: Context) -> Any:
    match measure.type:
        case "count":
            return events.count(where=kept)
        case "sum":
            ours = events.currency == context.catalogue.currency
            return events.amount_minor.sum(where=ours if kept is None else ours & kept)
        case "days":
            return _day(events, clause, context).nunique(where=kept)


def _day(events: Any, clause: Did | DidNot, context: Context) -> Any:
    """The number of the calendar day in the zone, by plain arithmetic: 20 times faster than a conversion (tried)."""
    start, end = window_bounds(clause.within, context.now, context.zone)
    changes = offsets(start, end, context.now, context.zone)
    shift: Any = ibis.literal(_us(changes[0][1]), type="int64")
    if len(changes) > 1:
        newest_first = [(events.occurred_at >= since, _us(offset)) for since, offset in reversed(changes[1:])]
        shift = ibis.cases(*newest_first, else_=_us(changes[0][1]))
    return (epoch_us(events.occurred_at) + shift) // DAY_US


def _us(offset: timedelta) -> int:
    return offset // MICROSECOND
