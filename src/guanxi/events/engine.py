"""DuckDB, one for the process: whoever asks shares its memory, its threads and what it has read of the files.

The files of the lake never change once they are written, so what is known of one stays true.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa
from django.conf import settings

from guanxi.kit.net import objects

SNAPSHOTS = 100
# A question about everybody takes every core it gets. At this niceness it takes them while nobody else wants them: the
# writer of the lake, pages and the database come first.
NICENESS = 10
AT_ONCE = 32
Answer = TypeVar("Answer")
TYPES: dict[Any, str] = {
    pa.bool_(): "BOOLEAN",
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.binary(): "BLOB",
    pa.timestamp("us", tz="UTC"): "TIMESTAMPTZ",
}


def connected() -> Any:
    """A connection for one thread, with views and tables of its own."""
    cursor = _database(os.getpid()).cursor()
    cursor.execute("SET TimeZone = 'UTC'")
    if objects.is_address(settings.LAKE) and not cursor.filesystem_is_registered("s3"):
        prepare(cursor)
    return cursor


def prepare(connection: Any) -> None:
    """Let it read the lake, wherever that lies."""
    if objects.is_address(settings.LAKE):
        connection.register_filesystem(objects.filesystem())


def rename(place: str, other: str) -> None:
    """Put a table aside."""
    if objects.is_address(place):
        objects.rename(place, other)
    else:
        Path(place).rename(other)


def yielding(work: Callable[[], Answer]) -> Answer:
    """Do it in a thread that lets others go first, where the system knows the priority of a thread."""
    return _behind(os.getpid()).submit(work).result() if sys.platform == "linux" else work()


@cache
def _behind(process: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, f"lake-{process}", initializer=_step_back)


def _step_back() -> None:
    thread = threading.get_native_id()
    os.setpriority(os.PRIO_PROCESS, thread, max(os.getpriority(os.PRIO_PROCESS, thread), NICENESS))


@cache
def _database(process: int) -> Any:
    """DuckDB's own threads have the priority of the one that opens it."""
    return yielding(lambda: _opened(process))


def _opened(process: int) -> Any:
    spill = Path(tempfile.gettempdir(), f"guanxi-lake-{process}")  # made only when memory does not suffice
    database = duckdb.connect(config={"memory_limit": settings.LAKE_MEMORY, "temp_directory": str(spill)})
    database.execute("SET parquet_metadata_cache = true; SET enable_progress_bar = false")
    return database


def show(connection: Any, name: str, paths: list[str], schema: pa.Schema) -> None:
    """These files as a view with every column of the schema: those that they were written without hold nothing."""
    by_month = "month" in schema.names
    held = _held(tuple(paths), by_month, connection) if paths else set[str]()
    columns = ", ".join(
        f'"{one.name}"' if one.name in held else f'NULL::{TYPES[one.type]} AS "{one.name}"' for one in schema
    )
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    how = ", hive_partitioning = true, hive_types_autocast = false" if by_month else ""
    rows = f"FROM read_parquet([{listed}]{how})" if paths else "WHERE false"
    connection.execute(f'CREATE OR REPLACE TEMPORARY VIEW "{name}" AS SELECT {columns} {rows}')


_columns: dict[tuple[str, ...], set[str]] = {}


def _held(paths: tuple[str, ...], by_month: bool, connection: Any) -> set[str]:
    """The columns that files have, which never change, asked of each snapshot once."""
    held = _columns.get(paths)
    if held is None:
        held = set(connection.read_parquet(list(paths), hive_partitioning=by_month).columns)
        if len(_columns) >= SNAPSHOTS:
            _columns.clear()
        _columns[paths] = held
    return held
