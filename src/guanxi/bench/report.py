"""Run the measurements, print them as a table and write them down."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from guanxi.bench import audiences, exports, identity, imports, intake, people, strength, ties

Row = dict[str, Any]

MEASUREMENTS: dict[str, Callable[[str], list[Row]]] = {
    "audiences": audiences.run,  # needs a database without people
    "import": imports.run,
    "intake": intake.run,
    "identity": identity.run,
    "people": people.run,
    "strength": strength.run,
    "ties": ties.run,
    "exports": exports.run,
}
COLUMNS = ("name", "value", "unit", "baseline", "ratio", "target", "ok")


def run(size: str, only: str | None, results: Path, kept: Path | None = None) -> bool:
    """True if every ratio keeps its target. `results` becomes a JSON list with one object a row, and beside it a table
    in Markdown. What is slow to make is kept under `kept`, where a measurement can."""
    measurements = MEASUREMENTS | {"audiences": partial(audiences.run, kept=kept)}
    rows = [row for name, measure in measurements.items() if only in (None, name) for row in measure(size)]
    print(table(rows))
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_text(json.dumps(rows, indent=1) + "\n")
    results.with_suffix(".md").write_text(markdown(size, rows))
    return all(row["ok"] for row in rows)


def markdown(size: str, rows: list[Row]) -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    machine = f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, Python {platform.python_version()}"
    lines = [COLUMNS, tuple("---" for _ in COLUMNS), *(tuple(_cell(row[column]) for column in COLUMNS) for row in rows)]
    return f"Size: {size}. Machine: {machine}.\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def table(rows: list[Row]) -> str:
    lines = [COLUMNS, *(tuple(_cell(row[column]) for column in COLUMNS) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if value is None:
        return "—"
    return f"{value:,}" if isinstance(value, int) else str(value)
