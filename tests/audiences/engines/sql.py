"""What the engines share that are asked by the text of a statement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ibis

from guanxi.audiences.queries import Tables
from guanxi.audiences.queries.engine import Engine
from tests.audiences.lakes import ALIASES, BONDS, EVENTS, PEOPLE, REACH, TAGS, TIES, closest
from tests.audiences.reference import World

SCHEMAS = {
    "events": EVENTS,
    "people": PEOPLE,
    "aliases": ALIASES,
    "tags": TAGS,
    "ties": TIES,
    "reach": REACH,
    "bonds": BONDS,
}
ARGUMENTS: dict[int, Callable[..., None]] = {1: lambda first: None, 2: lambda first, second: None}


def builtin(name: str, takes: tuple[Any, ...], gives: Any) -> Any:
    return ibis.udf.scalar.builtin(ARGUMENTS[len(takes)], name=name, signature=(takes, gives))


def unbound(world: World, engine: Engine, suffix: str = "") -> Tables:
    """Tables by name; whoever runs the statement has them."""

    def table(name: str) -> Any:
        return ibis.table(schema=ibis.Schema.from_pyarrow(SCHEMAS[name]), name=f"{name}{suffix}")

    aliases = table("aliases") if world.aliases else None
    return Tables(table("events"), table("people"), aliases, engine, table, close=closest(table("bonds")))
