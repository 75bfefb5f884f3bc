"""A lake of invented people for the eight audiences, and the same rows in PostgreSQL. Made as a stream, by months."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from deltalake import DeltaTable, write_deltalake
from django.conf import settings

from guanxi.bench.eight import DAYS, FIRST, NOW, TAGS, UNITS
from guanxi.events.operations import lifetimes
from guanxi.events.operations.shapes import PROPERTIES
from guanxi.kit import scope
from guanxi.kit.postgres import Cluster

ROWS_AT_ONCE = 100_000
FILE_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Size:
    people: int
    tags: int
    ties: int
    events: int


SIZES = {
    "small": Size(100_000, 1_000_000, 300_000, 5_000_000),
    "full": Size(1_000_000, 10_000_000, 3_000_000, 50_000_000),
}

PEOPLE = """
SELECT i AS person,
    ['visitor', 'interactor', 'fan', 'friend', 'customer', 'customer'][1 + (hash(i, 1) % 6)::BIGINT] AS level,
    NULL::BIGINT AS owner, NULL::BIGINT AS unit, 'zh-hans' AS locale, 'CN' AS country,
    $now::TIMESTAMPTZ AS created_at,
    '{"city": "C' || hash(i, 2) % 20 || '", "points": ' || hash(i, 3) % 1000 || ', "newsletter": true}' AS traits,
    'consumer' AS role, hash(i, 4) % 3 = 0 AS member, NULL::TIMESTAMPTZ AS strong_until,
    NULL::TIMESTAMPTZ AS neutral_until
FROM range(1, $people + 1) AS r(i)
"""
# A few tags are on many people, most on few.
TAGGED = f"""
SELECT i AS row, 1 + i // ($tags // $people) % $people AS person,
    1 + ((hash(i, 5) % 1000000 / 1e6) ** 3 * {TAGS})::BIGINT % {TAGS} AS tag, $now::TIMESTAMPTZ AS since, 'hand' AS how
FROM range($tags) AS r(i)
"""
TIES = f"""
SELECT i AS tie, 1 + i // ($ties // $people) % $people AS person, 'friend' AS kind, hash(i, 6) % 2000 AS advisor,
    1 + hash(i, 7) % {UNITS} AS unit, 1 AS account, NULL::BIGINT AS "group", NULL::BIGINT AS other,
    ['active', 'active', 'active', 'deleted_by_them'][1 + (hash(i, 8) % 4)::BIGINT] AS state, 'scan' AS source,
    $now::TIMESTAMPTZ AS since
FROM range($ties) AS r(i)
"""
# The time rises with the number, so that a month is a stretch of numbers. Most people do little and some do much; who
# does much is spread over all the numbers of people.
EVENTS_OF = """
WITH drawn AS (
    SELECT i, hash(i, 11) % 100 AS what,
        1 + (((hash(i, 12) % 1000000 / 1e6) ** 1.5 * $people)::BIGINT * 7919) % $people AS person,
        $first::TIMESTAMPTZ + to_microseconds((i * $step)::BIGINT) AS moment
    FROM range($since, $until) AS r(i)
), named AS (
    SELECT *, CASE WHEN what < 70 THEN 'page.viewed' WHEN what < 85 THEN 'cart.filled' WHEN what < 95 THEN 'order.paid'
        ELSE 'coupon.redeemed' END AS name
    FROM drawn
)
SELECT $month AS month, encode(printf('%016x', hash(i, 13))) AS event_id, person, name, moment AS occurred_at,
    moment AS received_at, 'bench' AS source, NULL::VARCHAR AS channel,
    CASE WHEN name = 'order.paid' THEN (1000 + hash(i, 14) % 50000)::BIGINT END AS amount_minor,
    CASE WHEN name = 'order.paid' THEN 'CNY' END AS currency,
    NULL::BIGINT AS order_id, NULL::BIGINT AS product_id, NULL::BIGINT AS coupon_id, NULL::BIGINT AS message_id,
    NULL::BIGINT AS import_id,
    CASE WHEN name = 'page.viewed'
        THEN '{"category": "K' || hash(i, 15) % 300 || '", "seconds": ' || hash(i, 16) % 90 || '}'
        WHEN name = 'order.paid' THEN '{"store": "S' || hash(i, 17) % 40 || '"}' ELSE '{}' END AS props,
    NULL::BIGINT AS written_for
FROM named
"""


def made(folder: Path, size: Size) -> Path:
    """The lake under `folder`, made if it is not whole there yet."""
    lake, whole = folder / "lake", folder / "lake-is-whole"
    if not whole.exists():
        shutil.rmtree(lake, ignore_errors=True)
        _make(lake, size)
        whole.touch()
    return lake


def _make(lake: Path, size: Size) -> None:
    with _engine() as engine:
        for name, sql in (("people", PEOPLE), ("tags", TAGGED), ("ties", TIES)):
            _write(engine, lake / name, sql, {"now": NOW, "people": size.people, "tags": size.tags, "ties": size.ties})
        for values in stretches(size):
            _write(engine, lake / "events", f"{EVENTS_OF} ORDER BY name, person, occurred_at", values, "month")
        paths = DeltaTable(lake / "events").file_uris()
        engine.execute(f"CREATE VIEW events AS FROM read_parquet({paths})")
        with placed(lake):
            lifetimes.make_anew(engine)


@contextmanager
def placed(folder: Path) -> Iterator[None]:
    """The lake in `folder` is that of the workspace."""
    with tempfile.TemporaryDirectory(prefix="guanxi-bench-") as place:
        Path(place, "1").symlink_to(folder.resolve())
        before, settings.LAKE = settings.LAKE, Path(place)
        try:
            with scope.workspace(1):
                yield
        finally:
            settings.LAKE = before


def stretches(size: Size) -> Iterator[dict[str, Any]]:
    """The numbers of the events of each month."""
    step = timedelta(days=DAYS) / timedelta(microseconds=1) / size.events
    since = 0
    while since < size.events:
        at = FIRST + timedelta(microseconds=since * step)
        after = datetime(at.year + at.month // 12, at.month % 12 + 1, 1, tzinfo=UTC)
        until = min(size.events, int((after - FIRST) / timedelta(microseconds=1) / step))
        until += FIRST + timedelta(microseconds=int(until * step)) < after and until < size.events
        yield {
            "month": f"{at:%Y-%m}",
            "since": since,
            "until": until,
            "step": step,
            "first": FIRST,
            "people": size.people,
        }
        since = until


@contextmanager
def _engine() -> Iterator[Any]:
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false; SET memory_limit = '4GB'")
        engine.execute("SET preserve_insertion_order = false")
        yield engine


def _write(engine: Any, place: Path, sql: str, values: dict[str, Any], by: str | None = None) -> None:
    used = {name: value for name, value in values.items() if f"${name}" in sql}
    write_deltalake(
        place,
        engine.sql(sql, params=used).to_arrow_reader(ROWS_AT_ONCE),
        partition_by=[by] if by else None,
        mode="append",
        writer_properties=PROPERTIES,
        target_file_size=FILE_BYTES,
    )


# The twin


TABLES = """
CREATE UNLOGGED TABLE people (person bigint, level text, traits jsonb);
CREATE UNLOGGED TABLE tags (person bigint, tag bigint);
CREATE UNLOGGED TABLE ties (person bigint, kind text, unit bigint, state text);
CREATE UNLOGGED TABLE events (person bigint, name text, occurred_at timestamptz, amount_minor bigint, currency text,
    props jsonb);
"""
INDEXES = (
    "CREATE UNIQUE INDEX ON people (person)",
    "CREATE INDEX ON people ((traits ->> 'city'), level) INCLUDE (person)",
    "CREATE INDEX ON tags (tag, person)",
    "CREATE INDEX ON ties (kind, state, unit) INCLUDE (person)",
    "CREATE INDEX ON events (name, person, occurred_at) INCLUDE (amount_minor, currency)",
    "CREATE INDEX ON events (name, occurred_at) INCLUDE (person)",
    "CREATE INDEX ON events ((props ->> 'category'), occurred_at) INCLUDE (person) WHERE name = 'page.viewed'",
)


@contextmanager
def twin(folder: Path, lake: Path) -> Iterator[psycopg.Connection[Any]]:
    """PostgreSQL with the same rows and covering indexes, a server of its own that is stopped at the end."""
    cluster, whole = Cluster(folder / "postgres", fast=True), folder / "postgres-is-whole"
    if not whole.exists():
        cluster.remove()
    cluster.start(dies_with_parent=True)
    try:
        with psycopg.connect(cluster.url("superuser"), autocommit=True) as connection:
            connection.execute("SET maintenance_work_mem = '1GB'; SET work_mem = '256MB'; SET TimeZone = 'UTC'")
            if not whole.exists():
                _fill(connection, lake, folder)
                whole.touch()
            yield connection
    finally:
        cluster.stop()


def _fill(connection: psycopg.Connection[Any], lake: Path, folder: Path) -> None:
    connection.execute(TABLES)
    with _engine() as engine:
        for name in ("people", "tags", "ties", "events"):
            columns = [one.name for one in connection.execute(f"SELECT * FROM {name}").description or []]
            for part in DeltaTable(lake / name).file_uris():
                text = folder / "part.csv"
                engine.execute(
                    f"COPY (SELECT {', '.join(columns)} FROM read_parquet('{part}')) TO '{text}' (HEADER false)"
                )
                with (
                    text.open("rb") as read,
                    connection.cursor() as cursor,
                    cursor.copy(f"COPY {name} FROM STDIN (FORMAT csv)".encode()) as copy,
                ):
                    while chunk := read.read(1 << 20):
                        copy.write(chunk)
                text.unlink()
    for index in INDEXES:
        connection.execute(index.encode())
    connection.execute("VACUUM (FREEZE, ANALYZE)")


def forget(folder: Path) -> None:
    Cluster(folder / "postgres", fast=True).remove()
