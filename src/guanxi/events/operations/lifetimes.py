"""`lifetime`: what the events of each person come to, by name and currency, so that a question about all time need not
read all events.

It carries in its log the version of the events that it sums up; at any other version nobody asks it. An append adds the
rows of its events; what takes events away or gives them to others leaves it behind, and the next turn makes it anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

from guanxi.events.lake import LIFETIME, files, lifetime_of, opened, place
from guanxi.events.operations.shapes import PROPERTIES
from guanxi.kit import scope

FILES = 32
"""So many files of appends are written anew as one."""
OF_EVENTS = """
SELECT person, name, currency, min(occurred_at) AS first_at, max(occurred_at) AS last_at, count(*) AS happened,
       sum(amount_minor)::BIGINT AS amount_minor
FROM events GROUP BY ALL ORDER BY name, person
"""
OF_ITSELF = """
SELECT person, name, currency, min(first_at) AS first_at, max(last_at) AS last_at, sum(happened)::BIGINT AS happened,
       sum(amount_minor)::BIGINT AS amount_minor
FROM lifetime GROUP BY ALL ORDER BY name, person
"""


def follow(appended: pa.Table, before: DeltaTable | None) -> None:
    """After an append of these events to that version."""
    held = None if before is None else lifetime_of(scope.current(), before)
    if before is None or held is not None:
        summed = appended.group_by(["person", "name", "currency"]).aggregate(
            [("occurred_at", "min"), ("occurred_at", "max"), ([], "count_all"), ("amount_minor", "sum")]
        )
        parts = ["person", "name", "currency", "occurred_at_min", "occurred_at_max", "count_all", "amount_minor_sum"]
        rows = summed.select(parts).rename_columns(LIFETIME.names).cast(LIFETIME)
        rows = rows.sort_by([("name", "ascending"), ("person", "ascending")])
        _write(rows, "append" if held else "overwrite")


@contextmanager
def unmoved() -> Iterator[None]:
    """Around what writes the events anew and leaves them whose they are."""
    whole = lifetime_of(scope.current(), opened(scope.current(), "events")) is not None
    yield
    if whole and lifetime_of(scope.current(), opened(scope.current(), "events")) is None:
        _write(LIFETIME.empty_table(), "append")


def make_anew(engine: Any) -> None:
    """From the `events` of this engine, which are those of the newest version."""
    _write(engine.sql(OF_EVENTS).to_arrow_reader(100_000), "overwrite")


def is_due() -> bool:
    events = opened(scope.current(), "events")
    return events is not None and lifetime_of(scope.current(), events) is None


def gather(engine: Any) -> None:
    """From its own many files."""
    if len(files(scope.current(), "lifetime")) > FILES:
        _write(engine.sql(OF_ITSELF).to_arrow_reader(100_000), "overwrite")


def _write(rows: Any, mode: Any) -> None:
    events = opened(scope.current(), "events")
    assert events is not None
    seen = Transaction(str(events.metadata().id), events.version())
    write_deltalake(
        place(scope.current(), "lifetime"),
        rows,
        mode=mode,
        schema_mode="overwrite" if mode == "overwrite" else "merge",
        writer_properties=PROPERTIES,
        commit_properties=CommitProperties(app_transactions=[seen]),
    )
