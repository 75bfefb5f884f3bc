"""One pass over the events of one name, for every clause that asks about them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import and_
from typing import Any

import ibis

from guanxi.audiences.queries.engine import DUCKDB, Engine
from guanxi.audiences.queries.values import InColumn, InJson, test_of
from guanxi.audiences.rules import (
    AMOUNT,
    AmountCondition,
    Bound,
    Catalogue,
    Condition,
    Count,
    Days,
    Did,
    DidNot,
    FirstTime,
    Last,
    LastTime,
    Max,
    Measure,
    Min,
    Of,
    Step,
    Sum,
    Top,
    Window,
    bounds,
    name_of,
    offsets,
    window_bounds,
)
from guanxi.events.queries import Lifetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DAY_US = 86_400_000_000
DAYS_IN_A_NUMBER = 62

THOUSAND = 1_000
MOST_EXACT = 2.0**53 / THOUSAND

Stretch = tuple[datetime | None, datetime | None]

ONCE = (Count(at_least=1),)
NEVER = (Count(exactly=0),)


@dataclass(frozen=True, slots=True)
class Tables:
    """The lake as Ibis tables. `aliases` has `person`, who was merged away, and `keeper`, whom they became."""

    events: Any
    people: Any
    aliases: Any | None = None
    engine: Engine = DUCKDB
    others: Callable[[str], Any] = field(default=lambda name: None)
    """The mirrors `tags` and `ties`, opened for a rule that asks them."""
    lists: Callable[[int], Any] = field(default=lambda key: None)
    """The people of a fixed audience, by its key."""
    lifetime: Callable[[], Lifetime | None] = field(default=lambda: None)
    close: Callable[[tuple[int, ...], tuple[int, ...]], Any] = field(default=lambda advisors, units: None)
    """Who is close to the closest of these advisors and those of these units, and until when."""


@dataclass(frozen=True, slots=True)
class Context:
    tables: Tables
    now: datetime
    zone: str
    catalogue: Catalogue
    person: int | None = None  # ask about this one only
    among: Any | None = None
    """Nobody beside these people can fit: figures of others need not be made."""


Counted = Did | DidNot


@dataclass(frozen=True, slots=True)
class Asked:
    """An event clause with the names of its columns in the table of its scan."""

    number: int
    path: str
    clause: Counted

    @property
    def source(self) -> str:
        return self.clause.event

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
        return {self._column(measure): measure for measure in self.measures}

    def _column(self, measure: Measure) -> str:
        return f"{called(measure)}_{self.number}"

    def holds(self, table: Any, context: Context) -> Any:
        """The truth of the clause on a table that has its columns; NULL columns are people without any event."""
        return reduce(and_, [_holds(measure, table[self._column(measure)], context) for measure in self.measures])

    def wanted(self, table: Any, context: Context) -> dict[str, Any]:
        """Of each of `values` whether it is as the clause wants it."""
        found: dict[str, Any] = {}
        for measure in self.measures:
            holds = _holds(measure, table[self._column(measure)], context)
            found[called(measure)] = found.get(called(measure), True) & holds
        return found

    def holds_for_nothing(self) -> bool:
        """The truth of the clause for somebody without any event."""
        return all(_holds_for_nothing(measure) for measure in self.measures)

    def values(self, table: Any) -> dict[str, Any]:
        return {
            called(measure): table[name].fill_null(0) if isinstance(measure, Bound) else table[name]
            for name, measure in self.columns().items()
        }


def called(measure: Measure) -> str:
    """`count`, `sum`, `max_quantity`: two measures of that name are the same figure."""
    of = getattr(measure, "of", AMOUNT)
    return measure.type if of == AMOUNT else f"{measure.type}_{name_of(of)}"


def _holds(measure: Measure, value: Any, context: Context) -> Any:
    match measure:
        case FirstTime() | LastTime():
            start, end = window_bounds(measure.within, context.now, context.zone)
            kept = [value.notnull()] if start is None else [value >= start]
            return reduce(and_, kept if end is None else [*kept, value < end])
        case Min() | Max() | Last():
            return test_of(measure, InColumn(value))
        case _:
            scale = THOUSAND if isinstance(measure, Sum) and measure.of != AMOUNT else 1
            return reduce(and_, [_bound(value.fill_null(0), name, number * scale) for name, number in bounds(measure)])


def _holds_for_nothing(measure: Measure) -> bool:
    if isinstance(measure, Bound):
        return all(_bound(0, name, number) for name, number in bounds(measure))
    return isinstance(measure, Of) and measure.op in ("is_not", "not_in", "is_not_set")


def _bound(value: Any, name: str, number: int) -> Any:
    if name == "exactly":
        return value == number
    return value >= number if name == "at_least" else value <= number


def scan(asked: Sequence[Asked], context: Context) -> Any:
    """One row a person who has such an event at all, with the columns of every clause; all ask for the same event."""
    events = happened(asked[0], context) if len(asked) == 1 else _covering(asked, context)
    events = of_some(events, context)
    columns: dict[str, Any] = {}
    latest: list[Any] = []
    for one in asked:
        kept = None if len(asked) == 1 else _only(events, one.clause, context)
        columns |= _measured(events, one, kept, context)
        latest += _latest(events, one, kept, context)
    figures = events.group_by("person").agg(**columns)
    for table in latest:
        figures = figures.left_join(table, "person").drop("person_right")
    return figures


def of_some(rows: Any, context: Context) -> Any:
    return rows if context.among is None else rows.semi_join(context.among, "person")


def happened(asked: Asked, context: Context) -> Any:
    """The events that the clause counts, one row each."""
    return selected(asked.clause, window_bounds(asked.clause.within, context.now, context.zone), context)


def selected(step: Counted | Step | Top, stretch: Stretch, context: Context) -> Any:
    """The events of one name that fit all of `where`, in a stretch of time."""
    return _events(step.event, [stretch], context, _conditions(context.tables.events, step, context))


def _covering(asked: Sequence[Asked], context: Context) -> Any:
    stretches = [window_bounds(one.clause.within, context.now, context.zone) for one in asked]
    return _events(asked[0].clause.event, stretches, context)


def _only(events: Any, clause: Counted, context: Context) -> Any | None:
    kept = _inside(events, clause, context) + _conditions(events, clause, context)
    return reduce(and_, kept) if kept else None


def _events(event: str, stretches: Sequence[Stretch], context: Context, conditions: Sequence[Any] = ()) -> Any:
    """The events of that name in the stretch that covers all these, of the person that they belong to now.

    One filter for everything: each further step of Ibis costs about a millisecond before the engine begins.
    """
    starts, ends = [start for start, _ in stretches], [end for _, end in stretches]
    events = context.tables.events
    kept = [events.name == name_of(event), *conditions]
    if None not in starts:
        first = min(start for start in starts if start)
        kept += [events.month >= first.strftime("%Y-%m"), events.occurred_at >= first]
    if None not in ends:
        after = max(end for end in ends if end)
        kept += [events.month <= (after - MICROSECOND).strftime("%Y-%m"), events.occurred_at < after]
    if context.tables.aliases is None:
        return events.filter(kept if context.person is None else [*kept, events.person == context.person])
    if context.person is None:
        return owned(events.filter(kept), context.tables.aliases)
    # Only the few ids of this one go through the aliases: DuckDB hands them to the scan of the files.
    theirs = owned(events.filter(kept).semi_join(_ids(context), "person"), context.tables.aliases)
    return theirs.filter(theirs.person == context.person)


def _ids(context: Context) -> Any:
    """The one asked about, and everybody who was merged into them."""
    people, aliases = context.tables.people, context.tables.aliases
    assert aliases is not None
    absorbed = aliases.filter(aliases.keeper == context.person)
    return people.filter(people.person == context.person).select("person").union(absorbed.select("person"))


def owned(events: Any, aliases: Any) -> Any:
    """With whoever was merged away under whom they became."""
    merged = aliases.select(absorbed=aliases.person, keeper=aliases.keeper)
    joined = events.left_join(merged, events.person == merged.absorbed)
    return joined.mutate(person=ibis.coalesce(joined.keeper, joined.person)).drop("absorbed", "keeper")


def _inside(events: Any, clause: Counted, context: Context) -> list[Any]:
    start, end = window_bounds(clause.within, context.now, context.zone)
    kept = [] if start is None else [events.occurred_at >= start]
    return kept if end is None else [*kept, events.occurred_at < end]


def _conditions(events: Any, clause: Counted | Step | Top, context: Context) -> list[Any]:
    return [_condition(events, clause.event, condition, context) for condition in clause.where]


def _condition(events: Any, event: str, condition: Condition, context: Context) -> Any:
    of = AMOUNT if isinstance(condition, AmountCondition) else condition.prop
    return test_of(condition, _source(events, event, of, context))


def _source(events: Any, event: str, of: str, context: Context) -> InColumn | InJson:
    if of == AMOUNT:
        return InColumn(amount(events, context))
    name = name_of(of)
    spec = context.catalogue.events[name_of(event)].properties[name]
    if spec.column:
        return InColumn(events[spec.column])
    return InJson(events.props, name, spec.kind, context.tables.engine)


def amount(events: Any, context: Context) -> Any:
    """Minor units of the workspace's currency; NULL in any other."""
    ours = events.currency == context.catalogue.currency
    return ours.ifelse(events.amount_minor, ibis.null("int64"))


def _measured(events: Any, asked: Asked, kept: Any | None, context: Context) -> dict[str, Any]:
    return {
        name: _measure(events, measure, asked.clause, kept, context)
        for name, measure in asked.columns().items()
        if not isinstance(measure, Last)
    }


def _measure(events: Any, measure: Measure, clause: Counted, kept: Any | None, context: Context) -> Any:
    match measure:
        case Count():
            return events.count(where=kept)
        case Sum(of="amount"):
            return total(events, kept, context)
        case Sum():
            return _thousandths(_source(events, clause.event, measure.of, context).value()).sum(where=kept)
        case Days():
            return days(events, clause.within, kept, context)
        case Min():
            return _source(events, clause.event, measure.of, context).value().min(where=kept)
        case Max():
            return _source(events, clause.event, measure.of, context).value().max(where=kept)
        case FirstTime():
            return events.occurred_at.min(where=kept)
        case LastTime():
            return events.occurred_at.max(where=kept)
    raise AssertionError(measure)


def total(events: Any, kept: Any | None, context: Context) -> Any:
    ours = events.currency == context.catalogue.currency
    return events.amount_minor.sum(where=ours if kept is None else ours & kept)


def _thousandths(number: Any) -> Any:
    """Whole, so that the sum does not depend on the order in which an engine adds; NULL beyond what is exact."""
    near = (number >= -MOST_EXACT) & (number <= MOST_EXACT)
    return near.ifelse((number * float(THOUSAND) + 0.5).floor().cast("int64"), ibis.null("int64"))


def _latest(events: Any, asked: Asked, kept: Any | None, context: Context) -> list[Any]:
    """For each `last` a table of its own: no aggregate of every engine says which of two equal times it takes."""
    found = []
    for name, measure in asked.columns().items():
        if isinstance(measure, Last):
            value = _source(events, asked.clause.event, measure.of, context).value()
            rows = (events if kept is None else events.filter(kept)).select("person", "occurred_at", **{name: value})
            rows = rows.filter(rows[name].notnull())
            newest = ibis.window(group_by=rows.person, order_by=[ibis.desc(rows.occurred_at), ibis.desc(rows[name])])
            ranked = rows.mutate(place=ibis.row_number().over(newest))
            found.append(ranked.filter(ranked.place == 0).select("person", name))
    return found


def days(events: Any, window: Window, kept: Any | None, context: Context) -> Any:
    """How many different days. Those of a short window are bits of one number, which takes half the time (tried)."""
    number = day(events, window, context)
    start, end = window_bounds(window, context.now, context.zone)
    if start is None or end is None:
        return number.nunique(where=kept)
    changes = offsets(start, end, context.now, context.zone)
    # Where clocks go back over midnight, a day comes again that begins before the first.
    first = min((_us(max(since, start) - EPOCH) + _us(offset)) // DAY_US for since, offset in changes)
    last = (_us(end - EPOCH) - 1 + _us(changes[-1][1])) // DAY_US
    bit = number - first
    if kept is not None:  # an engine may shift by the days of other events before it leaves them out
        bit = bit.clip(0, DAYS_IN_A_NUMBER)
    bits = (ibis.literal(1, type="int64") << bit).bit_or(where=kept)
    ones = context.tables.engine.ones(bits) if last - first <= DAYS_IN_A_NUMBER else None
    return number.nunique(where=kept) if ones is None else ones


def day(events: Any, window: Window, context: Context) -> Any:
    """The number of the calendar day in the zone, by plain arithmetic: 20 times faster than a conversion (tried)."""
    start, end = window_bounds(window, context.now, context.zone)
    changes = offsets(start, end, context.now, context.zone)
    shift: Any = ibis.literal(_us(changes[0][1]), type="int64")
    if len(changes) > 1:
        newest_first = [(events.occurred_at >= since, _us(offset)) for since, offset in reversed(changes[1:])]
        shift = ibis.cases(*newest_first, else_=_us(changes[0][1]))
    return (context.tables.engine.epoch_us(events.occurred_at) + shift) // DAY_US


def _us(offset: timedelta) -> int:
    return offset // MICROSECOND
