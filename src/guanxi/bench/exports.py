"""A list of people to a file, against the bare COPY of the same rows: what sealing, masks and safe cells cost.

Both are taken in one run. What the process holds at its peak is printed, too: it must not grow with the people.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
from django.db import connection

from guanxi.audiences.models import Export
from guanxi.audiences.operations import exports
from guanxi.audiences.operations.exports import files
from guanxi.audiences.queries.exports import Shape
from guanxi.bench import crowd
from guanxi.governance.models import Staff
from guanxi.governance.queries import entered
from guanxi.kit import clock
from guanxi.people.queries import Wanted

SIZES = {"small": 50_000, "full": 1_000_000}
TABLE = ("name", "email", "phone", "customer_number", "owner", "unit", "language", "country", "created", "trait:city")
SHAPES = {
    "CSV in clear": Shape(columns=TABLE, clear=True),
    "CSV masked": Shape(columns=TABLE),
    "XLSX in clear": Shape(as_="xlsx", columns=TABLE, clear=True),
    "hashed ids": Shape(as_="hashed", preset="sha256", ids=("email", "phone")),
}
_BARE = """
COPY (
    SELECT person.public_id, person.name, email.sealed, phone.sealed, number.plain, staff.name, unit.name,
           person.language, person.country, person.created_at, city.value
    FROM people_person person
    LEFT JOIN people_identity email ON email.person_id = person.id AND email.kind = 'email'
    LEFT JOIN people_identity phone ON phone.person_id = person.id AND phone.kind = 'phone'
    LEFT JOIN people_identity number ON number.person_id = person.id AND number.kind = 'customer_number'
    LEFT JOIN governance_staff staff ON staff.id = person.owner_id
    LEFT JOIN governance_unit unit ON unit.id = person.unit_id
    LEFT JOIN people_trait city ON city.person_id = person.id
          AND city.field_id = (SELECT id FROM people_field WHERE key = 'city' LIMIT 1)
    WHERE person.merged_into_id IS NULL AND person.erased_at IS NULL
    ORDER BY person.id
) TO STDOUT (FORMAT csv)
"""


def run(size: str) -> list[dict[str, Any]]:
    workspace = crowd.settle(SIZES[size])
    with entered(workspace):
        staff = Staff.objects.get(user__email="boss@example.test")
        _all_agreed()
        bare, count = _timed(_copied)
        rows = [_row("exports: bare COPY of the same rows", count / bare, "rows/s")]
        for name, shape in SHAPES.items():
            used = time.process_time()
            took, written = _timed(partial(_written, shape, staff))
            used = time.process_time() - used
            people = SIZES[size] / took
            rows.append(_row(f"exports: {name} ({written:,} rows)", people, "people/s", baseline=count / bare))
            rows.append(_row(f"exports: {name}, by the processor time of the worker", SIZES[size] / used, "people/s"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [*rows, _row("exports: peak of the process", peak, "MB")]


def _row(name: str, value: float, unit: str, *, baseline: float | None = None) -> dict[str, Any]:
    ratio = round(value / baseline, 3) if baseline else None
    shown = round(baseline, 1) if baseline else None
    return {
        "name": name,
        "value": round(value, 1),
        "unit": unit,
        "baseline": shown,
        "ratio": ratio,
        "target": None,
        "ok": True,
    }


def _timed(work: Callable[[], int]) -> tuple[float, int]:
    started = time.perf_counter()
    done = work()
    return time.perf_counter() - started, done


def _all_agreed() -> None:
    """Everyone with an e-mail address, or files of hashed ids would be empty."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO governance_consent (workspace_id, channel, address, purpose, granted, at) "
            "SELECT workspace_id, kind, lookup, 'marketing', true, now() FROM people_identity WHERE kind = 'email' "
            "ON CONFLICT DO NOTHING"
        )


def _copied() -> int:
    lines = 0
    with connection.cursor() as cursor:
        driver: psycopg.Cursor[Any] = cursor.cursor
        with driver.copy(_BARE.encode()) as copy:
            for piece in copy:
                lines += bytes(piece).count(b"\n")
    return lines


def _written(shape: Shape, staff: Staff) -> int:
    of = exports.start_export(of=Wanted(), shape=shape, by=staff, why="analysis", now=clock.now())
    while exports.export_lane(now=clock.now()):
        pass
    made = Export.objects.get(pk=of.pk)
    if made.state != "done":
        raise RuntimeError(f"the export ended as {made.state}: {made.problem}")
    files.forget_file(made)
    return int(made.rows)
