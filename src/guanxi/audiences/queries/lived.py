"""What the lifetime of a person answers, so that no event need be read: clauses without a condition whose window has no
edge, or of which only the beginning or only the end matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

import ibis

from guanxi.audiences.queries.scans import Asked, Context, of_some, owned
from guanxi.audiences.rules import AMOUNT, Count, FirstTime, LastTime, Measure, Sum, Top, name_of, window_bounds
from guanxi.events.queries import Lifetime

Edge = Literal["none", "start", "end"]


def lived(asked: Sequence[Asked], context: Context) -> Any | None:
    """One row a person who has such an event at all, with the columns of every clause; all ask for the same event. None
    where the events themselves must be read."""
    if context.person is not None or not all(_may(one) for one in asked):
        return None
    held = context.tables.lifetime()
    if held is None:
        return None
    edges = [_edge(one, held, context) for one in asked]
    if None in edges:
        return None
    figures = _figures(asked[0].clause.event, held.table, context)
    columns: dict[str, Any] = {}
    for one in asked:
        columns |= {name: _value(figures, measure, one, held, context) for name, measure in one.columns().items()}
    return figures.select("person", **columns)


def present(asked: Asked, context: Context) -> Any | None:
    """Whoever has such an event, perhaps more than once each."""
    held = None if context.person is not None or not _may(asked) else context.tables.lifetime()
    edge = None if held is None else _edge(asked, held, context)
    if held is None or edge is None:
        return None
    rows, (start, end) = _rows(asked.clause.event, held.table, context), _stretch(asked, held, context)
    kept = {"none": [], "start": [rows.last_at >= start], "end": [rows.first_at < end]}[edge]
    return rows.filter(kept).select("person") if kept else rows.select("person")


def ranked_by(clause: Top, context: Context) -> Any | None:
    """`person` and `figure` of everybody whom the clause ranks."""
    held = None if clause.where or clause.by == "days" or clause.within.type != "ever" else context.tables.lifetime()
    if held is None:
        return None
    figures = _figures(clause.event, held.table, replace(context, among=context.tables.people))
    return figures.select("person", figure=figures.happened if clause.by == "count" else figures.amount)


def _may(asked: Asked) -> bool:
    whether = asked.only_whether or asked.clause.within.type == "ever"
    kinds = all(isinstance(one, Count | FirstTime | LastTime) or _is_money(one) for one in asked.measures)
    return not asked.clause.where and whether and kinds


def _is_money(measure: Measure) -> bool:
    return isinstance(measure, Sum) and measure.of == AMOUNT


def _edge(asked: Asked, held: Lifetime, context: Context) -> Edge | None:
    start, end = _stretch(asked, held, context)
    if start is not None and end is not None:
        return None
    return "start" if start is not None else "end" if end is not None else "none"


def _stretch(asked: Asked, held: Lifetime, context: Context) -> tuple[datetime | None, datetime | None]:
    start, end = window_bounds(asked.clause.within, context.now, context.zone)
    return start, None if end is not None and held.ends_before(end) else end


def _rows(event: str, table: Any, context: Context) -> Any:
    rows = table.filter(table.name == name_of(event))
    return rows if context.tables.aliases is None else owned(rows, context.tables.aliases)


def _figures(event: str, table: Any, context: Context) -> Any:
    rows = of_some(_rows(event, table, context), context)
    return rows.group_by("person").agg(
        first_at=rows.first_at.min(),
        last_at=rows.last_at.max(),
        happened=rows.happened.sum(),
        amount=rows.amount_minor.sum(where=rows.currency == context.catalogue.currency),
    )


def _value(figures: Any, measure: Measure, asked: Asked, held: Lifetime, context: Context) -> Any:
    match measure:
        case Sum():
            return figures.amount
        case FirstTime():
            return figures.first_at
        case LastTime():
            return figures.last_at
    start, end = _stretch(asked, held, context)
    if start is not None:
        return (figures.last_at >= ibis.literal(start)).cast("int64")
    return figures.happened if end is None else (figures.first_at < ibis.literal(end)).cast("int64")
