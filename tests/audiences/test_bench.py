from pathlib import Path

import pytest

from guanxi.bench.audiences import ask, opened
from guanxi.bench.eight import PAIRS
from guanxi.bench.shop import Size, made


@pytest.mark.django_db
def test_the_benchmark_asks_the_same_question_twice(tmp_path: Path) -> None:
    size = Size(people=2_000, tags=80_000, ties=60_000, events=120_000)
    with opened(made(tmp_path, size)) as tables:
        for name in ("tags", "ties"):
            tables.others(name)
        dividing = 0
        for pair in PAIRS:
            by_rule = ask(tables, pair.rule)["person"].to_pylist()
            by_hand = tables.backend.con.sql(pair.sql_of("duckdb")).to_arrow_table()["person"].to_pylist()
            assert sorted(by_rule) == sorted(by_hand), pair.name
            dividing += 0 < len(by_hand) < size.people
    assert dividing >= 6
