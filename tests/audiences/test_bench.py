from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from guanxi.bench import living
from guanxi.bench.asking import ask, opened
from guanxi.bench.eight import PAIRS
from guanxi.bench.shop import Size, made

SIZE = Size(people=2_000, tags=80_000, ties=60_000, events=120_000)


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any) -> Path:
    with django_db_blocker.unblock():  # a scope speaks to the database
        return made(tmp_path_factory.mktemp("bench"), SIZE)


@pytest.mark.django_db
def test_the_benchmark_asks_the_same_question_twice(invented: Path) -> None:
    with opened(invented) as tables:
        for name in ("tags", "ties"):
            tables.others(name)
        dividing = 0
        for pair in PAIRS:
            by_rule = ask(tables, pair.rule)["person"].to_pylist()
            by_hand = tables.backend.con.sql(pair.sql_of("duckdb")).to_arrow_table()["person"].to_pylist()
            assert sorted(by_rule) == sorted(by_hand), pair.name
            dividing += 0 < len(by_hand) < SIZE.people
    assert dividing >= 6


@pytest.mark.usefixtures("committed")
def test_the_benchmark_keeps_the_eight_and_leaves_the_invented_lake_as_it_is(invented: Path) -> None:
    def held() -> dict[Path, int]:
        return {one: one.stat().st_size for one in invented.rglob("*") if one.is_file()}

    before = held()
    rows = list(islice(living.rows(invented, SIZE), len(PAIRS) + 3))  # the last one needs processes of its own
    *_, refreshed = rows
    assert "after 10,000 new events" in refreshed["name"]
    assert all(row["value"] > 0 for row in rows)
    assert held() == before
