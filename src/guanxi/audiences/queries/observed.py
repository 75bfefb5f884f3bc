"""Which values occur, to be offered where somebody writes a rule."""

from __future__ import annotations

import ibis

from guanxi.audiences.queries.engine import DUCKDB
from guanxi.audiences.queries.values import InJson
from guanxi.events.queries import Lake, lake

MOST = 50


def observed_events() -> list[str]:
    """The names of everything that has happened."""
    with lake() as tables:
        found: list[str] = tables.run(tables.events.select("name").distinct().order_by("name"))["name"].to_pylist()
    return found


def observed_properties(event: str, name: str) -> list[str]:
    """The texts of a property, the most frequent first."""
    with lake() as tables:
        events = tables.events.filter(tables.events.name == event)
        found = events.select(value=InJson(events.props, name, "text", DUCKDB).value())
        return _most_frequent(found, tables)


def observed_traits(name: str) -> list[str]:
    with lake() as tables:
        return _most_frequent(
            tables.people.select(value=InJson(tables.people.traits, name, "text", DUCKDB).value()), tables
        )


def _most_frequent(values: ibis.Table, tables: Lake) -> list[str]:
    counted = values.filter(values.value.notnull() & (values.value != "")).group_by("value").agg(number=ibis._.count())
    top = tables.run(counted.order_by(ibis.desc("number"), "value").limit(MOST))
    found: list[str] = top["value"].to_pylist()
    return found
