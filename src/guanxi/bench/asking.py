"""How a measurement asks the eight, and what it tells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from guanxi.audiences.queries import Tables, parse_rule, people_of
from guanxi.bench import shop
from guanxi.bench.eight import CATALOGUE, NOW, ZONE
from guanxi.events.queries import lake

Row = dict[str, Any]


def told(
    name: str,
    value: float,
    unit: str,
    baseline: float | None = None,
    over: float | None = None,
    target: float | None = None,
    *,
    low: bool = False,
) -> Row:
    """With `low`, the target is the most that the ratio, or without one the value, may be; else the least."""
    measure = value if over is None else over
    return {
        "name": f"audiences: {name}",
        "value": round(value, 4),
        "unit": unit,
        "baseline": None if baseline is None else round(baseline, 4),
        "ratio": None if over is None else round(over, 3),
        "target": target,
        "ok": target is None or (measure <= target if low else measure >= target),
    }


@contextmanager
def opened(folder: Path) -> Iterator[Any]:
    """The lake in `folder` as the application opens it, as if it were that of a workspace."""
    with shop.placed(folder), lake() as tables:
        yield tables


def ask(open_lake: Any, rule: dict[str, Any]) -> Any:
    """From JSON to the people, as the application does it."""
    parsed = parse_rule({"version": 1, "where": rule}, CATALOGUE)
    tables = Tables(
        open_lake.events,
        open_lake.people,
        open_lake.aliases,
        others=open_lake.others,
        lifetime=lambda: open_lake.lifetime,
    )
    return people_of(parsed, open_lake, tables, now=NOW, zone=ZONE, catalogue=CATALOGUE)
