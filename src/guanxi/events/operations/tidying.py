"""The lake kept well: a month in many small files is written anew, sorted by name, person and time.

Appends leave a file each, and merges leave events under somebody who became somebody else. A month is rewritten by one
commit: whoever reads goes on with the files of the snapshot that they began with, which stay for a day.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from django.db.models import Max

from guanxi.events.engine import prepare
from guanxi.events.lake import EVENTS, LIFETIME, MIRRORS, TABLES, files, opened
from guanxi.events.models import LakeState, Reassigned, Tidying
from guanxi.events.operations import lifetimes
from guanxi.events.operations.shapes import PROPERTIES
from guanxi.events.queries import backlog
from guanxi.kit import bulk, clock, leases, scope

SMALL_BYTES = 32 * 1024 * 1024
SMALL_FILES = 16
"""So many small files make a month due, if they are a twentieth of it; four times as many in any case."""
ALIASED_PEOPLE = 1_000
FILE_BYTES = 256 * 1024 * 1024
LOOKS_APART = timedelta(minutes=10)
REWRITES_APART = timedelta(days=1)
"""For a few people who became others; a month in pieces is not made to wait."""
ALIAS_STAYS = timedelta(hours=1)
"""What was announced before a merge is in the lake by then."""
OLD_FILES_STAY = timedelta(hours=24)
MEMORY = "1GB"
SORTED = """
SELECT event.* REPLACE (coalesce(alias.keeper, event.person) AS person,
                  CASE WHEN alias.keeper IS NULL THEN event.written_for
                       ELSE coalesce(event.written_for, event.person) END AS written_for)
FROM events event LEFT JOIN aliases alias ON alias.person = event.person
ORDER BY event.name, 3, event.occurred_at, event.event_id
"""


@dataclass(frozen=True, slots=True)
class Month:
    """How a month lies on the disk."""

    name: str
    files: int
    rows: int
    bytes: int
    small: int
    small_bytes: int

    @property
    def is_in_pieces(self) -> bool:
        many, much = self.small >= SMALL_FILES, self.small_bytes * 20 >= self.bytes
        return (many and much) or self.small >= 4 * SMALL_FILES


def tidy_lake(*, now: datetime) -> int:
    """One turn of the worker: one month, if one is due. The writer waits for it, readers do not."""
    wall = clock.wall()
    last = Tidying.objects.aggregate(last=Max("asked_at"))["last"]
    waiting = Tidying.objects.filter(done_at=None).order_by("pk").first()
    if waiting is None and last is not None and wall - last < LOOKS_APART:
        return 0
    with leases.only_one("lake") as alone:
        delta = opened(scope.current(), "events") if alone else None
        if delta is None:
            return 0
        if waiting is None and not look(delta, wall):
            _end(delta, wall)
            return 0
        waiting = Tidying.objects.filter(done_at=None).order_by("pk").first()
        if waiting is None:
            return 0
        rewrite(delta, waiting.month, wall)
        Tidying.objects.filter(month=waiting.month, done_at=None).update(done_at=clock.wall())
        return 1


def months(delta: DeltaTable) -> list[Month]:
    added = pa.table(delta.get_add_actions(flatten=True)).select(["partition.month", "size_bytes", "num_records"])
    found: dict[str, list[tuple[int, int]]] = {}
    for name, size, rows in zip(*added.to_pydict().values(), strict=True):
        found.setdefault(name, []).append((size, rows or 0))
    return [_month(name, held) for name, held in sorted(found.items())]


def _month(name: str, held: list[tuple[int, int]]) -> Month:
    small = [size for size, _rows in held if size < SMALL_BYTES]
    total = sum(size for size, _rows in held)
    return Month(name, len(held), sum(rows for _size, rows in held), total, len(small), sum(small))


def look(delta: DeltaTable, wall: datetime) -> bool:
    """Notes the months that are due; whether there is one."""
    aliased = _aliased(delta)
    lately = Tidying.objects.filter(asked_at__gt=wall - REWRITES_APART).values_list("month", flat=True)
    rested = aliased.keys() - set(lately)
    due = [
        month
        for month in months(delta)
        if month.is_in_pieces or aliased.get(month.name, 0) >= ALIASED_PEOPLE or month.name in rested
    ]
    Tidying.objects.bulk_create(
        Tidying(month=month.name, files=month.files, rows=month.rows, asked_at=wall) for month in due
    )
    return bool(due)


def rewrite(delta: DeltaTable, month: str, wall: datetime) -> None:
    with _engine(delta, month) as engine:
        moved = engine.execute(
            "SELECT DISTINCT coalesce(event.written_for, event.person), alias.keeper "
            "FROM events event JOIN aliases alias ON alias.person = event.person"
        ).fetchall()
        if moved:
            rows = [(person, keeper, wall) for person, keeper in moved]
            bulk.insert(Reassigned, ["person", "keeper", "at"], rows, or_ignore=True)
        with nullcontext() if moved else lifetimes.unmoved():
            write_deltalake(
                delta,
                engine.sql(SORTED).to_arrow_reader(100_000),
                partition_by=["month"],
                mode="overwrite",
                predicate=f"month = '{month}'",
                schema_mode="merge",
                target_file_size=FILE_BYTES,
                writer_properties=PROPERTIES,
            )


def _aliased(delta: DeltaTable) -> dict[str, int]:
    """Months with events of people who became others, and how many such people."""
    if not files(scope.current(), "aliases"):
        return {}
    with _engine(delta) as engine:
        rows = engine.execute(
            "SELECT month, count(DISTINCT person) FROM events SEMI JOIN aliases USING (person) GROUP BY month"
        )
        return dict(rows.fetchall())


def _end(delta: DeltaTable, wall: datetime) -> None:
    """All months are in order: what nobody needs goes. An empty note says when somebody looked."""
    sum_up(delta)
    _drop_aliases(delta, wall)
    with lifetimes.unmoved():
        for name in TABLES:
            table = opened(scope.current(), name)
            if table is not None:
                _sweep(table)
    Tidying.objects.filter(asked_at__lt=wall - timedelta(days=30)).delete()
    Tidying.objects.filter(month="").delete()
    Tidying.objects.create(month="", files=0, rows=0, asked_at=wall, done_at=wall)


def sum_up(delta: DeltaTable) -> None:
    """`lifetime` as these events, the newest, want it: before an alias goes, for what it sums up may need it."""
    with _engine(delta) as engine:
        if lifetimes.is_due():
            lifetimes.make_anew(engine)
        else:
            view(engine, "lifetime", files(scope.current(), "lifetime"), LIFETIME)
            lifetimes.gather(engine)


def _sweep(table: DeltaTable) -> None:
    hours = int(OLD_FILES_STAY.total_seconds() // 3600)
    how: dict[str, Any] = {"retention_hours": hours, "enforce_retention_duration": False, "full": True}
    if table.vacuum(dry_run=True, **how):
        table.vacuum(dry_run=False, **how)


def _drop_aliases(delta: DeltaTable, wall: datetime) -> None:
    """An alias goes when no event is left under whoever was merged away, and none can be on its way."""
    aliases = opened(scope.current(), "aliases")
    state = LakeState.objects.first()
    if aliases is None or backlog().facts or state is None or state.assigned != state.appended:
        return
    settled = Reassigned.objects.filter(at__lt=wall - ALIAS_STAYS).values_list("person", flat=True)
    with _engine(delta) as engine:
        engine.register("settled", pa.table({"person": pa.array(sorted(set(settled)), pa.int64())}))
        gone = engine.execute(
            "SELECT person FROM aliases SEMI JOIN settled USING (person) ANTI JOIN events USING (person)"
        ).fetchall()
    if gone:
        aliases.delete(f"person IN ({', '.join(str(person) for (person,) in gone)})", writer_properties=PROPERTIES)


@contextmanager
def _engine(delta: DeltaTable, month: str | None = None) -> Iterator[Any]:
    """DuckDB with `events`, of one month or of all, and `aliases`: in bounded memory, the rest on the disk."""
    paths = [path for path in delta.file_uris() if month is None or f"/month={month}/" in path]
    with tempfile.TemporaryDirectory(prefix="guanxi-lake-") as spill, duckdb.connect() as engine:
        prepare(engine)
        engine.execute(f"SET TimeZone = 'UTC'; SET memory_limit = '{MEMORY}'; SET temp_directory = '{spill}'")
        engine.execute("SET preserve_insertion_order = false")
        view(engine, "events", paths, EVENTS)
        view(engine, "aliases", files(scope.current(), "aliases"), MIRRORS["aliases"])
        yield engine


def view(engine: Any, name: str, paths: list[str], schema: pa.Schema) -> None:
    """Files that were written before a column was known have nothing in it."""
    if not paths:
        engine.register(name, schema.empty_table())
        return
    engine.register(f"no_{name}", schema.empty_table())
    parts = "hive_partitioning = true, hive_types_autocast = false, union_by_name = true"
    listed = ", ".join(f"'{path.replace(chr(39), chr(39) * 2)}'" for path in paths)
    # The empty table gives the columns and their order.
    engine.execute(
        f"CREATE VIEW {name} AS SELECT * FROM no_{name} UNION ALL BY NAME "  # noqa: S608
        f"SELECT * FROM read_parquet([{listed}], {parts})"
    )
