"""A world as tables that DuckDB reads."""

from collections.abc import Callable
from dataclasses import asdict, replace
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from guanxi.audiences.queries import Tables
from guanxi.events.operations.lifetimes import OF_EVENTS
from guanxi.events.operations.shapes import PROPERTIES
from guanxi.events.queries import Lifetime
from tests.audiences.reference import World

INSTANT = pa.timestamp("us", tz="UTC")
EVENTS = pa.schema(
    [
        ("month", pa.string()),
        ("person", pa.int64()),
        ("name", pa.string()),
        ("occurred_at", INSTANT),
        ("channel", pa.string()),
        ("amount_minor", pa.int64()),
        ("currency", pa.string()),
        ("props", pa.string()),
    ]
)
PEOPLE = pa.schema(
    [
        ("person", pa.int64()),
        ("level", pa.string()),
        ("country", pa.string()),
        ("traits", pa.string()),
        ("role", pa.string()),
        ("member", pa.bool_()),
        ("strong_until", INSTANT),
        ("neutral_until", INSTANT),
    ]
)
TAGS = pa.schema([("person", pa.int64()), ("tag", pa.int64())])
TIES = pa.schema(
    [
        ("person", pa.int64()),
        ("kind", pa.string()),
        ("state", pa.string()),
        ("advisor", pa.int64()),
        ("unit", pa.int64()),
        ("account", pa.int64()),
        ("group", pa.int64()),
    ]
)
BONDS = pa.schema(
    [
        ("person", pa.int64()),
        ("advisor", pa.int64()),
        ("unit", pa.int64()),
        ("strong_until", INSTANT),
        ("neutral_until", INSTANT),
    ]
)
REACH = pa.schema([("person", pa.int64()), ("said", pa.string())])
ALIASES = pa.schema([("person", pa.int64()), ("keeper", pa.int64())])


def rows_of(world: World) -> dict[str, Any]:
    events = [asdict(event) | {"month": event.occurred_at.strftime("%Y-%m")} for event in world.events]
    aliases = [{"person": absorbed, "keeper": keeper} for absorbed, keeper in world.aliases.items()]
    return {
        "events": pa.Table.from_pylist(events, schema=EVENTS),
        "people": pa.Table.from_pylist([asdict(person) for person in world.people], schema=PEOPLE),
        "aliases": pa.Table.from_pylist(aliases, schema=ALIASES),
        "tags": pa.Table.from_pylist([{"person": person, "tag": tag} for person, tag in world.tags], schema=TAGS),
        "reach": pa.Table.from_pylist(
            [{"person": person, "said": said} for person, said in world.reach.items()], schema=REACH
        ),
        "bonds": pa.Table.from_pylist([asdict(bond) for bond in world.bonds], schema=BONDS),
        "ties": pa.Table.from_pylist([asdict(tie) for tie in world.ties], schema=TIES),
    }


def closest(bonds: Any) -> Callable[[tuple[int, ...], tuple[int, ...]], Any]:
    """Of each person, until when with the closest."""

    def close(advisors: tuple[int, ...], units: tuple[int, ...]) -> Any:
        meant = [getattr(bonds, name).isin(keys) for name, keys in (("advisor", advisors), ("unit", units)) if keys]
        both = {name: getattr(bonds, name).max() for name in ("strong_until", "neutral_until")}
        return bonds.filter(reduce(or_, meant)).group_by("person").agg(**both)

    return close


def in_memory(backend: Any, world: World, *, lived: bool = False) -> Tables:
    for name, rows in rows_of(world).items():
        backend.con.register(name, rows)
    aliases = backend.table("aliases") if world.aliases else None
    tables = Tables(
        backend.table("events"),
        backend.table("people"),
        aliases,
        others=backend.table,
        close=closest(backend.table("bonds")),
    )
    if not lived:
        return tables
    backend.con.execute(f"CREATE OR REPLACE TEMP TABLE lifetime AS {_lifetimes()}")
    latest = max((event.occurred_at for event in world.events), default=None)
    return replace(tables, lifetime=lambda: Lifetime(backend.table("lifetime"), latest))


def _lifetimes() -> str:
    """As after some appends: most was summed up together, the rest is told in rows of its own."""
    before, after = ("SELECT * FROM events WHERE hash(person, occurred_at) % 3 " + part for part in ("> 0", "= 0"))
    summed = OF_EVENTS.replace("FROM events", f"FROM ({before})")
    appended = OF_EVENTS.replace("FROM events", f"FROM ({after})")
    return f"FROM ({summed}) UNION ALL BY NAME FROM ({appended})"


def in_delta(backend: Any, world: World, folder: Path) -> Tables:
    for name, rows in rows_of(world).items():
        write_deltalake(
            folder / name,
            rows,
            partition_by=["month"] if name == "events" else None,
            writer_properties=PROPERTIES,
        )
        if files := DeltaTable(folder / name).file_uris():
            backend.con.read_parquet(files, hive_partitioning=True).create_view(name)
        else:
            backend.con.from_arrow(rows).create(name)
    return Tables(
        backend.table("events"),
        backend.table("people"),
        backend.table("aliases"),
        others=backend.table,
        close=closest(backend.table("bonds")),
    )


def fresh() -> Any:
    return ibis.duckdb.connect()
