"""Audiences: three rules through the compiler against the SQL that one would write by hand, over the same files."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import ibis
from deltalake import DeltaTable, WriterProperties, write_deltalake

from guanxi.audiences.queries import Catalogue, Event, Property, Tables, Trait, compile_rule, parse_rule

TARGET = 1.3
ROUNDS = 9  # at least, and as many as fit in
SECONDS = 10
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ZONE = "Asia/Shanghai"
MONTHS = 18
SIZES = {"small": (100_000, 2_500_000), "full": (200_000, 5_000_000)}

CATALOGUE = Catalogue(
    traits={"city": Trait("text"), "points": Trait("number")},
    events={
        "product.bought": Event({"department": Property("text"), "quantity": Property("number")}, amount=True),
        "order.paid": Event(amount=True),
        "coupon.redeemed": Event({"code": Property("text")}),
        "message.opened": Event(),
    },
    currency="CNY",
)

PEOPLE = """
    SELECT i AS person,
        ['visitor', 'interactor', 'fan', 'friend', 'customer', 'customer'][1 + (hash(i, 1) % 6)::BIGINT] AS level,
        'zh-hans' AS locale, 'CN' AS country,
        '{"city": "C' || hash(i, 2) % 20 || '", "points": ' || hash(i, 3) % 1000 || ', "newsletter": true}' AS traits
    FROM range(1, $people + 1) AS r(i)
"""

# Most people do little and some do much: the square of an even draw. A third of them knows what a coupon is.
EVENTS = """
    WITH drawn AS (
        SELECT i, hash(i, 1) % 1000 AS what, 1 + ((hash(i, 2) % 1000000 / 1e6) ** 2 * $people)::BIGINT AS person,
            timestamptz '2025-06-01 00:00:00+00' + to_microseconds((hash(i, 3) % 46310400000 * 1000)::BIGINT) AS moment
        FROM range($events) AS r(i)
    ), named AS (
        SELECT *, CASE WHEN what < 500 THEN 'product.bought' WHEN what < 700 THEN 'order.paid'
            WHEN what < 730 AND person % 3 = 0 THEN 'coupon.redeemed' ELSE 'message.opened' END AS name
        FROM drawn
    )
    SELECT strftime(moment AT TIME ZONE 'UTC', '%Y-%m') AS month, unhex(printf('%032x', i)) AS event_id, person, name,
        moment AS occurred_at, moment AS received_at, 'bench' AS source, NULL::VARCHAR AS channel,
        CASE WHEN what < 700 THEN (100 + hash(i, 4) % 50000)::BIGINT END AS amount_minor,
        CASE WHEN what < 700 THEN 'CNY' END AS currency,
        CASE WHEN what < 500 THEN '{"department": "D' || hash(i, 5) % 12 || '", "category": "K' || hash(i, 6) % 300 ||
            '", "brand": "B' || hash(i, 7) % 900 || '", "product": "P' || hash(i, 8) % 40000 ||
            '", "quantity": ' || 1 + hash(i, 9) % 5 || '}'
            ELSE '{"store": "S' || hash(i, 10) % 40 || '"}' END AS props
    FROM named
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """The same question twice; `sql` reads the views `events` and `people`."""

    name: str
    rule: dict[str, Any]
    sql: str


def _did(event: str, days: int | None = None, **more: Any) -> dict[str, Any]:
    within = {"type": "last_days", "days": days} if days else {"type": "ever"}
    return {"type": "did", "event": f"event:{event}", "within": within, **more}


def _did_not(event: str, days: int | None = None) -> dict[str, Any]:
    return _did(event, days) | {"type": "did_not"}


def pairs() -> list[Pair]:
    """Shanghai is eight hours ahead all year, so its midnights are written out in the SQL."""
    return [
        Pair(
            "bought from a department 3 times in 90 days, never used a coupon",
            {
                "type": "all",
                "all": [
                    _did(
                        "product.bought",
                        90,
                        where=[{"type": "prop", "prop": "prop:department", "op": "is", "value": "D3"}],
                        having=[{"type": "count", "at_least": 3}],
                    ),
                    _did_not("coupon.redeemed"),
                ],
            },
            """
            SELECT person FROM people
            WHERE person IN (
                SELECT person FROM events
                WHERE name = 'product.bought' AND month BETWEEN '2026-08' AND '2026-11'
                    AND occurred_at >= timestamptz '2026-08-22 16:00:00+00'
                    AND occurred_at < timestamptz '2026-11-20 16:00:00+00'
                    AND props ->> '$.department' = 'D3'
                GROUP BY person HAVING count(*) >= 3)
            AND person NOT IN (SELECT person FROM events WHERE name = 'coupon.redeemed')
            """,
        ),
        Pair(
            "customers of three cities who spent much in 365 days",
            {
                "type": "all",
                "all": [
                    {"type": "trait", "trait": "trait:city", "op": "in", "value": ["C1", "C7", "C11"]},
                    {"type": "level", "levels": ["customer"]},
                    _did("order.paid", 365, having=[{"type": "sum", "of": "amount", "at_least": 200_000}]),
                ],
            },
            """
            SELECT person FROM people
            WHERE traits ->> '$.city' IN ('C1', 'C7', 'C11') AND level = 'customer' AND person IN (
                SELECT person FROM events
                WHERE name = 'order.paid' AND month BETWEEN '2025-11' AND '2026-11' AND currency = 'CNY'
                    AND occurred_at >= timestamptz '2025-11-20 16:00:00+00'
                    AND occurred_at < timestamptz '2026-11-20 16:00:00+00'
                GROUP BY person HAVING sum(amount_minor) >= 200000)
            """,
        ),
        Pair(
            "bought on 5 days of 30, or not for 60 days but before",
            {
                "type": "any",
                "any": [
                    _did("product.bought", 30, having=[{"type": "days", "at_least": 5}]),
                    {"type": "all", "all": [_did_not("product.bought", 60), _did("product.bought")]},
                ],
            },
            """
            SELECT person FROM people
            WHERE person IN (
                SELECT person FROM events WHERE name = 'product.bought'
                GROUP BY person
                HAVING count(DISTINCT (epoch_us(occurred_at) + 28800000000) // 86400000000)
                        FILTER (occurred_at >= timestamptz '2026-10-21 16:00:00+00'
                            AND occurred_at < timestamptz '2026-11-20 16:00:00+00') >= 5
                    OR count(*) FILTER (occurred_at >= timestamptz '2026-09-21 16:00:00+00'
                            AND occurred_at < timestamptz '2026-11-20 16:00:00+00') = 0)
            """,
        ),
    ]


def make_lake(folder: Path, people: int, events: int) -> None:
    """The two Delta tables, `events` in one file a month sorted by name, person and time."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        mirror: Any = connection.sql(PEOPLE, params={"people": people}).to_arrow_table()
        connection.execute(f"CREATE TEMP TABLE made AS {EVENTS}", {"people": people, "events": events})
        written = WriterProperties(compression="SNAPPY", max_row_group_size=122_880)
        write_deltalake(folder / "people", mirror, writer_properties=written)
        for (month,) in connection.execute("SELECT DISTINCT month FROM made ORDER BY 1").fetchall():
            rows: Any = connection.sql(
                "SELECT * FROM made WHERE month = $month ORDER BY name, person, occurred_at", params={"month": month}
            )
            write_deltalake(
                folder / "events",
                rows.to_arrow_table(),
                partition_by=["month"],
                mode="append",
                writer_properties=written,
                target_file_size=2**31,
            )


def open_lake(folder: Path) -> tuple[Any, Tables]:
    backend = ibis.duckdb.connect()
    for name in ("events", "people"):
        files = ", ".join(f"'{uri}'" for uri in DeltaTable(folder / name).file_uris())
        backend.raw_sql(f"CREATE VIEW {name} AS SELECT * FROM read_parquet([{files}], hive_partitioning = true)")
    return backend, Tables(backend.table("events"), backend.table("people"))


def _by_rule(backend: Any, tables: Tables, rule: dict[str, Any]) -> Any:
    parsed = parse_rule({"version": 1, "where": rule}, CATALOGUE)
    expression = compile_rule(parsed, tables, now=NOW, zone=ZONE, catalogue=CATALOGUE)
    return backend.to_pyarrow(expression)


def _by_hand(backend: Any, sql: str) -> Any:
    return backend.con.sql(sql).to_arrow_table()


def _timed(ask: Callable[[], Any]) -> tuple[float, list[int]]:
    started = time.perf_counter()
    answer = ask()
    seconds = time.perf_counter() - started
    return seconds, sorted(answer["person"].to_pylist())


def _measure(backend: Any, tables: Tables, pair: Pair) -> dict[str, Any]:
    """Medians; the ratio is that of turns taken one after the other, which other work on the machine disturbs least."""
    ours: list[tuple[float, list[int]]] = []
    theirs: list[tuple[float, list[int]]] = []
    ends = time.perf_counter() + SECONDS
    while len(ours) < ROUNDS or time.perf_counter() < ends:
        ours.append(_timed(lambda: _by_rule(backend, tables, pair.rule)))
        theirs.append(_timed(lambda: _by_hand(backend, pair.sql)))
    if ours[0][1] != theirs[0][1]:
        raise AssertionError(f"the rule and the SQL disagree: {pair.name}")
    ratio = median(one / other for (one, _), (other, _) in zip(ours, theirs, strict=True))
    return {
        "name": f"audiences: {pair.name}",
        "value": round(median(seconds for seconds, _ in ours), 4),
        "unit": "s",
        "baseline": round(median(seconds for seconds, _ in theirs), 4),
        "ratio": round(ratio, 3),
        "target": TARGET,
        "ok": ratio <= TARGET,
    }


def run(size: str) -> list[dict[str, Any]]:
    """One row a rule: seconds from JSON to the people, in turns taken alternately with the SQL's."""
    people, events = SIZES[size]
    with tempfile.TemporaryDirectory(prefix="guanxi-bench-") as folder:
        make_lake(Path(folder), people, events)
        backend, tables = open_lake(Path(folder))
        return [_measure(backend, tables, pair) for pair in pairs()]
