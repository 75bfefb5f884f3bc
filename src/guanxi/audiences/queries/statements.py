"""The SQL of a rule, kept while it means the same: to make it takes longer than to answer many a question."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from guanxi.audiences.queries.compile import compile_rule, leaves
from guanxi.audiences.queries.meaning import basis_of
from guanxi.audiences.queries.scans import Tables
from guanxi.audiences.rules import Catalogue, Clause, Did, DidNot, Rule, Strength, Then, opened, window_bounds
from guanxi.events.queries import Lake

KEPT = 500


@dataclass(frozen=True, slots=True)
class Key:
    """Windows follow the calendar; a band and a gap that must be over follow the clock."""

    basis: str
    day: date
    year: int
    instant: datetime | None
    merged: bool
    some: bool
    over: tuple[bool, ...] | None
    """Of each window, whether it ends after everything that happened; None where no lifetime says so."""


@dataclass(slots=True)
class Kept:
    """`tables`, `lists` and `close`: what it names beside events and people, to be opened before it is asked."""

    text: str = ""
    tables: list[str] = field(default_factory=list)
    lists: list[int] = field(default_factory=list)
    close: list[tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=list)


_kept: dict[Key, Kept] = {}


def people_of(
    rule: Rule, lake: Lake, tables: Tables, *, now: datetime, zone: str, catalogue: Catalogue, some: bool = False
) -> pa.Table:
    """`person`, in rising order, of everybody who fits. `some`: the tables tell of some people only."""
    if lake.dialect != "duckdb":  # its tables have new names each time
        return lake.run(compile_rule(rule, tables, now=now, zone=zone, catalogue=catalogue).order_by("person"))
    key = _key(rule, tables, now, zone, catalogue, some)
    kept = _kept.get(key)
    if kept is None:
        kept = _made(rule, lake, tables, now, zone, catalogue)
        if len(_kept) >= KEPT:
            _kept.clear()
        _kept[key] = kept
    else:
        for name in kept.tables:
            tables.others(name)
        for number in kept.lists:
            tables.lists(number)
        for advisors, units in kept.close:
            tables.close(advisors, units)
    return lake.ask(kept.text)


def _key(rule: Rule, tables: Tables, now: datetime, zone: str, catalogue: Catalogue, some: bool) -> Key:
    parts = [leaf for _, leaf in leaves("where", opened(rule, catalogue).where)]
    by_clock = any(isinstance(part, Strength) or (isinstance(part, Then) and part.type == "then_not") for part in parts)
    held = tables.lifetime()
    return Key(
        basis_of(rule, catalogue, zone),
        now.astimezone(ZoneInfo(zone)).date(),
        now.year,
        now if by_clock else None,
        tables.aliases is not None,
        some,
        None if held is None else tuple(held.ends_before(end) for end in _ends(parts, now, zone)),
    )


def _ends(parts: list[Clause], now: datetime, zone: str) -> list[datetime]:
    windows = [part.within for part in parts if isinstance(part, Did | DidNot)]
    return [end for window in windows if (end := window_bounds(window, now, zone)[1]) is not None]


def _made(rule: Rule, lake: Lake, tables: Tables, now: datetime, zone: str, catalogue: Catalogue) -> Kept:
    kept = Kept()

    def others(name: str) -> Any:
        kept.tables.append(name)
        return tables.others(name)

    def lists(number: int) -> Any:
        kept.lists.append(number)
        return tables.lists(number)

    def close(advisors: tuple[int, ...], units: tuple[int, ...]) -> Any:
        kept.close.append((advisors, units))
        return tables.close(advisors, units)

    noting = replace(tables, others=others, lists=lists, close=close)
    kept.text = lake.text(compile_rule(rule, noting, now=now, zone=zone, catalogue=catalogue).order_by("person"))
    return kept
