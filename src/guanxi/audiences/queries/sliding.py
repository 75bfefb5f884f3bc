"""Whose answer time alone may have changed between two looks at a rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from guanxi.audiences.queries.bands import close
from guanxi.audiences.queries.compile import leaves
from guanxi.audiences.queries.scans import MICROSECOND, Context, selected
from guanxi.audiences.queries.yearly import falls
from guanxi.audiences.rules import (
    Clause,
    Did,
    DidNot,
    FirstTime,
    LastTime,
    Step,
    Strength,
    Then,
    Top,
    Window,
    Yearly,
    days_of_year,
    window_bounds,
)


def slid(where: Clause, context: Context, before: datetime) -> list[Any] | None:
    """Tables with a column `person`: who has an event in a stretch that a window gave up or took in since `before`, a
    `first` whose time to be followed ran out, a day of the year that came or passed, or a strength that fell. None:
    that changes the answer for everybody."""
    found: list[Any] = []
    for _, leaf in leaves("where", where):
        match leaf:
            case Did() | DidNot():
                having = leaf.having if isinstance(leaf, Did) else ()
                inner = [one.within for one in having if isinstance(one, FirstTime | LastTime)]
                for window in (leaf.within, *inner):
                    found += _passed(leaf, window, context, before)
            case Then():
                found += _passed(leaf.first, leaf.within, context, before)
                if leaf.type == "then_not":
                    gap = timedelta(microseconds=leaf.gap.microseconds)
                    found.append(_in(leaf.first, before - gap, context.now - gap + MICROSECOND, context))
            case Top():
                if _moved(leaf.within, context, before):
                    return None
            case Yearly():
                found += _turned(leaf, context, before)
            case Strength():
                people = close(leaf, context) if leaf.of else context.tables.people
                for until in (people.strong_until, people.neutral_until):
                    found.append(people.filter((until > before) & (until <= context.now)).select("person"))
    return found


def _turned(leaf: Yearly, context: Context, before: datetime) -> list[Any]:
    """Whose day came or passed."""
    if days_of_year(leaf.falls, before, context.zone) == days_of_year(leaf.falls, context.now, context.zone):
        return []
    people = context.tables.people
    fell, now = (falls(leaf, people, one).fill_null(False) for one in (replace(context, now=before), context))
    return [people.filter(fell != now).select("person")]


def _moved(window: Window, context: Context, before: datetime) -> list[tuple[datetime, datetime]]:
    then, now = (window_bounds(window, at, context.zone) for at in (before, context.now))
    edges = [(old, new) for old, new in zip(then, now, strict=True) if old and new and old != new]
    return [(min(edge), max(edge)) for edge in edges]


def _passed(step: Step | Did | DidNot, window: Window, context: Context, before: datetime) -> list[Any]:
    return [_in(step, start, end, context) for start, end in _moved(window, context, before)]


def _in(step: Step | Did | DidNot, start: datetime, end: datetime, context: Context) -> Any:
    return selected(step, (start, end), replace(context, person=None)).select("person").distinct()
