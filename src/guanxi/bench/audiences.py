"""Audiences: eight rules against hand-written SQL over the same files and against PostgreSQL with covering indexes.

With `kept`, the lake and PostgreSQL's twin of it are made there once and found again by later runs.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from guanxi.bench import living, shop
from guanxi.bench.asking import Row, ask, opened, told
from guanxi.bench.eight import PAIRS, Pair
from guanxi.bench.processes import apart

TARGET, BEFORE_POSTGRES, GIBIBYTES = 1.3, 8.0, 2.0
ROUNDS = 5  # at least, and as many as fit in
SECONDS = 6
TENTH = 10


def run(size: str, kept: Path | None = None) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="guanxi-bench-") as temporary:
        folder = (kept or Path(temporary)) / size
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return list(_rows(folder, shop.SIZES[size]))
        finally:
            if kept is None:
                shop.forget(folder)


def _rows(folder: Path, size: shop.Size) -> Iterator[Row]:
    fewer = replace(size, events=size.events // TENTH)
    lake, tenth = shop.made(folder, size), shop.made(folder / "tenth", fewer)
    # Each in a process of its own, so that the most memory that it had is that of the questions.
    measured = apart(by_rule_and_by_hand, lake)
    small = apart(by_rule, tenth)
    yield from (row for row, _people, _cold in measured[0])
    ours, theirs = sum(row["value"] for row, _people, _cold in measured[0]), 0.0
    with shop.twin(folder, lake) as connection:
        for pair, (row, people, _cold) in zip(PAIRS, measured[0], strict=True):
            sql = pair.sql_of("postgres").encode()
            seconds, found = _best(partial(_fetched, connection, sql))
            if len(found) != people:
                raise AssertionError(f"PostgreSQL finds others: {pair.name}")
            theirs += seconds
            yield told(f"the same in PostgreSQL: {pair.name}", seconds, "s", over=seconds / row["value"])
    yield told("all eight against PostgreSQL with covering indexes", ours, "s", theirs, theirs / ours, BEFORE_POSTGRES)
    yield told("all eight, each asked for the first time", sum(cold for _row, _people, cold in measured[0]), "s")
    grown = ours / sum(small[0])
    yield told(f"all eight over {size.events:,} events against {fewer.events:,}", ours, "s", sum(small[0]), grown)
    yield told("most memory of a process that asks all eight", measured[1], "GiB", target=GIBIBYTES, low=True)
    yield from living.rows(lake, size)


def by_rule(folder: Path) -> list[float]:
    with opened(folder) as tables:
        return [_best(partial(ask, tables, pair.rule))[0] for pair in PAIRS]


def by_rule_and_by_hand(folder: Path) -> list[tuple[Row, int, float]]:
    with opened(folder) as tables:
        for name in ("tags", "ties"):  # as views for the SQL
            tables.others(name)
        return [_side_by_side(tables, pair) for pair in PAIRS]


def _side_by_side(tables: Any, pair: Pair) -> tuple[Row, int, float]:
    """Medians; the ratio is that of turns taken one after the other, which other work on the machine disturbs least."""
    sql = pair.sql_of("duckdb")
    ours, theirs = list[tuple[float, Any]](), list[tuple[float, Any]]()
    cold, _ = _timed(lambda: ask(tables, pair.rule))
    ends = time.perf_counter() + SECONDS
    while len(ours) < ROUNDS or time.perf_counter() < ends:
        ours.append(_timed(lambda: ask(tables, pair.rule)))
        theirs.append(_timed(lambda: tables.backend.con.sql(sql).to_arrow_table()))
    first, second = (sorted(found[0][1]["person"].to_pylist()) for found in (ours, theirs))
    if first != second:
        raise AssertionError(f"the rule and the SQL disagree: {pair.name}")
    ratio = median(one / other for (one, _), (other, _) in zip(ours, theirs, strict=True))
    middle, hand = (median(seconds for seconds, _ in found) for found in (ours, theirs))
    return told(pair.name, middle, "s", hand, ratio, TARGET, low=True), len(first), cold


def _fetched(connection: Any, sql: bytes) -> list[Any]:
    found: list[Any] = connection.execute(sql).fetchall()
    return found


def _timed(asked: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    answer = asked()
    return time.perf_counter() - started, answer


def _best(asked: Callable[[], Any], rounds: int = 3) -> tuple[float, Any]:
    return min((_timed(asked) for _ in range(rounds)), key=lambda found: found[0])
