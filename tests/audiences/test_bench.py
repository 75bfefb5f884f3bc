from pathlib import Path

from guanxi.audiences.queries import compile_rule, parse_rule
from guanxi.bench.audiences import CATALOGUE, NOW, ZONE, make_lake, open_lake, pairs


def test_the_benchmark_asks_the_same_question_twice(tmp_path: Path) -> None:
    make_lake(tmp_path, people=1_000, events=120_000)
    backend, tables = open_lake(tmp_path)
    for pair in pairs():
        rule = parse_rule({"version": 1, "where": pair.rule}, CATALOGUE)
        compiled = compile_rule(rule, tables, now=NOW, zone=ZONE, catalogue=CATALOGUE).to_pyarrow()["person"]
        by_hand = backend.con.sql(pair.sql).to_arrow_table()["person"]
        assert sorted(compiled.to_pylist()) == sorted(by_hand.to_pylist())
        assert 5 < len(by_hand) < 980
