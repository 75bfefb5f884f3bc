"""Ids into people, known and new; and how often proposed duplicates are right, on public data with known answers.

The data (splink's fake_1000 and historical figures, febrl 1 to 3) lie beside the repository (../shared/data/identity);
without them only the speed is measured.
"""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from guanxi.kit import memory

DATA = Path("..", "shared", "data", "identity")
PRECISION = 0.99
SECONDS_A_MILLION = 60
SIZES = {"small": 100_000, "full": 1_000_000}
BATCH = 10_000
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
Row = dict[str, Any]
Labelled = tuple[list[Row], list[str]]


def run(size: str) -> list[Row]:
    return [*_speed(SIZES[size]), *_duplicates()]


def _speed(count: int) -> Iterator[Row]:
    from guanxi.governance import operations as governance
    from guanxi.governance import queries
    from guanxi.governance.models import User
    from guanxi.people import operations as people
    from guanxi.people.operations import Call

    memory.settle()
    owner = User.objects.create_user(email="identity@example.test", name="Identity")
    workspace = governance.create_workspace(name="Identity", owner=owner)
    with queries.entered(workspace):
        for what in ("new", "known"):
            began = time.perf_counter()
            for start in range(0, count, BATCH):
                calls = [Call([("cookie", f"c{number}")], NOW) for number in range(start, start + BATCH)]
                people.link_many(calls, source="bench", now=NOW)
            took = time.perf_counter() - began
            yield _row(f"ids: {what}", round(count / took), "ids/s")
            if what == "new":
                yield _row(f"ids: {count:,} into people", round(took, 1), "s") | {
                    "ok": took <= SECONDS_A_MILLION * count / 10**6
                }


def _row(name: str, value: float, unit: str, target: float | None = None) -> Row:
    ok = target is None or value >= target
    return {"name": name, "value": value, "unit": unit, "baseline": None, "ratio": None, "target": target, "ok": ok}


def _duplicates() -> Iterator[Row]:
    from guanxi.people.queries.similar import likely_pairs, rows_of

    if not DATA.is_dir():
        print(f"There are no data with known answers in {DATA}: duplicates were not measured.")
        return
    for name, read in SETS.items():
        people, whose = read()
        began = time.perf_counter()
        pairs = likely_pairs(rows_of(people))
        took = time.perf_counter() - began
        right = sum(whose[pair.one] == whose[pair.other] for pair in pairs)
        all_pairs = sum(count * (count - 1) // 2 for count in Counter(whose).values())
        yield _row(f"duplicates in {name}: precision", round(right / max(len(pairs), 1), 4), "", PRECISION)
        yield _row(f"duplicates in {name}: recall", round(right / all_pairs, 4), "")
        yield _row(f"duplicates in {name}: people", round(len(people) / took), "people/s")


def _fake() -> Labelled:
    with (DATA / "fake_1000.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [_person(n, row, "first_name", "surname", row["dob"], row["city"]) for n, row in enumerate(rows)], [
        row["cluster"] for row in rows
    ]


def _febrl(number: int) -> Labelled:
    with (DATA / f"dataset{number}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, skipinitialspace=True))
    people = []
    for n, row in enumerate(rows):
        day = row["date_of_birth"]
        birth = f"{day[:4]}-{day[4:6]}-{day[6:]}" if len(day) == 8 else ""
        people.append(_person(n, row, "given_name", "surname", birth, row["postcode"], row["address_1"]))
    return people, [row["rec_id"].split("-")[1] for row in rows]


def _historical() -> Labelled:
    rows = pq.read_table(DATA / "historical_figures_with_errors_50k.parquet").to_pylist()
    people = [
        _person(n, row, "first_name", "surname", row["dob"], row["postcode_fake"], row["birth_place"])
        for n, row in enumerate(rows)
    ]
    return people, [row["cluster"] for row in rows]


def _person(
    number: int, row: Mapping[str, Any], given: str, family: str, birth: str, place: str, other: str = ""
) -> Row:
    names = {"given": (row[given] or "").casefold(), "family": (row[family] or "").casefold()}
    more = {"birth": birth, "place": (place or "").casefold(), "other": other, "email": row.get("email") or ""}
    return {"id": number, **names, **more}


SETS: Mapping[str, Callable[[], Labelled]] = {
    "fake_1000": _fake,
    "febrl 1": lambda: _febrl(1),
    "febrl 2": lambda: _febrl(2),
    "febrl 3": lambda: _febrl(3),
    "historical figures": _historical,
}
