"""Everybody counted from the lake, beside what is written down, and what differs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from guanxi.connections.models import Bond
from guanxi.connections.queries import touches as lake
from guanxi.connections.queries.strength import every_role
from guanxi.connections.rules import strength as rule
from guanxi.connections.rules.strength import ROLES, Rules
from guanxi.events.queries import Lake
from guanxi.kit import bulk, scope
from guanxi.people.models import Person, Strength

PART = 20_000
BOND = ("person", "staff", "at", *ROLES, "inward", "outward", "channels", "days")
SECONDS = 60
"""By so much the moments of both ways of counting may differ before a row is written."""
_SUMS_DIFFER = " OR ".join(f"abs(b.{role} - k.{role}) > 1e-9 * (1 + abs(k.{role}))" for role in ROLES)
BONDS_CHANGED = f"""
SELECT {", ".join(f'b."{name}"' for name in BOND)} FROM bonds b
LEFT JOIN known_bonds k ON k.person = b.person AND k.side = coalesce(b.staff, 0)
WHERE k.person IS NULL OR abs(b."at" - k."at") > 0.001 OR {_SUMS_DIFFER}
    OR b.inward <> k.inward OR b.outward <> k.outward OR b.channels <> k.channels OR b.days <> k.days
"""  # noqa: S608
BONDS_GONE = """
SELECT k.id FROM known_bonds k LEFT JOIN bonds b ON b.person = k.person AND coalesce(b.staff, 0) = k.side
WHERE b.person IS NULL
"""
CLOSE_CHANGED = f"""
SELECT c.person, c.strong_until, c.neutral_until FROM close c LEFT JOIN known_close k ON k.person = c.person
WHERE k.person IS NULL OR k.strong_until IS NULL OR abs(c.neutral_until - k.neutral_until) > {SECONDS}
    OR abs(c.strong_until - k.strong_until) > {SECONDS}
"""  # noqa: S608
CLOSE_GONE = "SELECT k.person FROM known_close k LEFT JOIN close c ON c.person = k.person WHERE c.person IS NULL"


@dataclass(frozen=True)
class Changes:
    """What is to be written: tables of DuckDB, and who did something of their own."""

    bonds: pa.Table
    bonds_gone: list[int]
    close: pa.Table
    close_gone: list[int]
    signs: list[tuple[int, datetime, str]]

    @property
    def rows(self) -> int:
        return len(self.bonds) + len(self.bonds_gone) + len(self.close) + len(self.close_gone)


def changes(tables: Lake, by: Rules, now: datetime) -> Changes:
    lake.lend(tables, by)
    tables.register("standing", lake.standing_table(standing(), every_role()))
    bonds = lake.run(tables, lake.everything_sql(by, "events", int(now.timestamp() // rule.DAY)))
    tables.register("bonds", bonds)
    tables.register("close", lake.run(tables, lake.closeness_sql(by, "SELECT * FROM bonds")))
    signs = lake.run(tables, lake.signs_sql("events")).to_pylist()
    tables.register("known_bonds", known_bonds())
    tables.register("known_close", known_close())
    return Changes(
        lake.run(tables, BONDS_CHANGED),
        lake.run(tables, BONDS_GONE)["id"].to_pylist(),
        lake.run(tables, CLOSE_CHANGED),
        lake.run(tables, CLOSE_GONE)["person"].to_pylist(),
        [(row["person"], row["at"], row["name"]) for row in signs],
    )


def standing() -> Iterable[tuple[int, int | None]]:
    """Everybody who is there, and whom they became."""
    table = bulk.read(
        f"SELECT id, coalesce(merged_into_id, id) FROM {Person._meta.db_table} "  # noqa: S608
        f"WHERE erased_at IS NULL AND workspace_id = {scope.current()}",
        [("person", pa.int64()), ("keeper", pa.int64())],
    )
    return zip(table["person"].to_pylist(), table["keeper"].to_pylist(), strict=True)


def known_bonds() -> pa.Table:
    sums = [(role, pa.float64()) for role in ROLES]
    names = ", ".join(f'"{name}"' for name in BOND[2:])
    return bulk.read(
        f"SELECT id, person_id, coalesce(staff_id, 0), {names} FROM {Bond._meta.db_table} "  # noqa: S608
        f"WHERE workspace_id = {scope.current()}",
        [
            *(("id", pa.int64()), ("person", pa.int64()), ("side", pa.int64()), ("at", pa.float64())),
            *sums,
            *(("inward", pa.int64()), ("outward", pa.int64()), ("channels", pa.string()), ("days", pa.string())),
        ],
    )


def known_close() -> pa.Table:
    return bulk.read(
        "SELECT person_id, extract(epoch FROM strong_until), extract(epoch FROM neutral_until) "  # noqa: S608
        f"FROM {Strength._meta.db_table} WHERE workspace_id = {scope.current()}",
        [("person", pa.int64()), ("strong_until", pa.float64()), ("neutral_until", pa.float64())],
    )


def in_parts(table: pa.Table) -> Iterable[list[tuple[Any, ...]]]:
    for part in table.to_batches(max_chunksize=PART):
        yield list(zip(*(column.to_pylist() for column in part.columns), strict=True))


def moments(rows: Iterable[tuple[Any, ...]]) -> list[tuple[int, datetime, datetime]]:
    return [
        (person, datetime.fromtimestamp(strong, UTC), datetime.fromtimestamp(neutral, UTC))
        for person, strong, neutral in rows
    ]
