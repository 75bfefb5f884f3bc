"""Imports: people with two identities and consent through the import that users have, against COPY of the same rows.

The baseline copies exactly the rows that the import wrote into twins of the same tables with the same indexes, as the
owner, so that neither row-level security nor our code stands in its way.
"""

from __future__ import annotations

import io
import os
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

TARGET = 0.25
SIZES = {"small": 100_000, "full": 1_000_000}
TABLES = (
    "people_person",
    "people_nameword",
    "people_identity",
    "governance_consent",
    "governance_consententry",
    "events_touched",
)
FAMILY = ["王", "李", "张", "刘", "陈", "김", "이", "박", "최", "Fischer", "Weber", "Novak", "Rossi", "Silva"]
GIVEN = ["晓敏", "建国", "思远", "雨桐", "서연", "민준", "유나", "Emma", "Jonas", "Mia", "Luca", "Ana"]


def run(size: str) -> list[dict[str, Any]]:
    people = SIZES[size]
    with tempfile.TemporaryDirectory(prefix="guanxi-bench-import-") as folder:
        file = Path(folder) / "people.csv"
        _write_file(file, people)
        looked, written = _through_the_import(file)
    copied = _by_copy()
    ratio = copied / written
    return [
        {
            "name": "import: people with two identities and consent",
            "value": round(people / written),
            "unit": "people/s",
            "baseline": round(people / copied),
            "ratio": round(ratio, 3),
            "target": TARGET,
            "ok": ratio >= TARGET,
        },
        {
            "name": "import: check of the same file before it runs",
            "value": round(people / looked),
            "unit": "rows/s",
            "baseline": None,
            "ratio": None,
            "target": None,
            "ok": True,
        },
    ]


def _write_file(file: Path, people: int) -> None:
    chance = random.Random(7)
    with file.open("w", encoding="utf-8") as out:
        out.write("name,email,phone,consent\n")
        for number in range(people):
            name = f"{chance.choice(FAMILY)}{chance.choice(GIVEN)}"
            consent = "yes" if chance.random() < 0.7 else "no"
            out.write(f"{name},person{number}@example.test,+8613{number:09d},{consent}\n")


def _through_the_import(file: Path) -> tuple[float, float]:
    """Seconds of the check and of the run."""
    from guanxi.governance import operations as governance
    from guanxi.governance import queries
    from guanxi.governance.models import User
    from guanxi.people import operations as people
    from guanxi.people.models import Import, ImportState

    now = datetime.now(UTC)
    owner = User.objects.create_user(email="bench@example.test")
    workspace = governance.create_workspace(name="Bench", owner=owner)
    with queries.entered(workspace):
        with file.open("rb") as body:
            of = people.start_import(file=body, filename=file.name, kind="people", by=None, now=now)
        of = people.choose_columns(
            of=of, columns={"name": "name", "email": "email", "phone": "phone", "consent": "consent"}
        )
        of = people.choose_options(of=of, options={"consent": "column", "on_match": "update"})
        people.check_import(of=of)
        started = time.perf_counter()
        people.work_import(import_id=of.pk, now=now)
        looked = time.perf_counter() - started
        people.run_import(of=Import.objects.get(pk=of.pk), now=now)
        started = time.perf_counter()
        people.work_import(import_id=of.pk, now=now)
        written = time.perf_counter() - started
        done = Import.objects.get(pk=of.pk)
        if done.state != ImportState.DONE or done.created != done.total_rows:
            raise RuntimeError(f"the import ended {done.state} with {done.created} of {done.total_rows} rows")
    return looked, written


def _by_copy() -> float:
    """Seconds of COPY, in chunks of 10,000 rows, one transaction each, as an import would want it."""
    url = os.environ["GUANXI_DATABASE_OWNER_URL"]
    seconds = 0.0
    with closing(psycopg.connect(url)) as owner:
        for table in TABLES:
            twin = sql.Identifier(f"twin_{table}")
            owner.execute(
                sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(twin, sql.Identifier(table)).as_string(owner)
            )
            owner.commit()
            for chunk in _chunks(owner, table):
                started = time.perf_counter()
                with owner.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(twin)) as target:
                    target.write(chunk)
                owner.commit()
                seconds += time.perf_counter() - started
            owner.execute(sql.SQL("DROP TABLE {}").format(twin))
            owner.commit()
    return seconds


def _chunks(owner: psycopg.Connection[Any], table: str) -> Iterator[bytes]:
    """The rows of a table as COPY text."""
    body, rows = io.BytesIO(), 0
    with tempfile.TemporaryFile() as kept:
        with owner.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as source:
            for line in source:
                kept.write(line)
        kept.seek(0)
        for line in kept:
            body.write(line)
            rows += 1
            if rows % 10_000 == 0:
                yield body.getvalue()
                body = io.BytesIO()
        if body.tell():
            yield body.getvalue()
