"""The engine of ClickHouse in process, as a check."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import pyarrow.parquet as pq
from chdb import session
from ibis.backends.sql.compilers.clickhouse import compiler

from guanxi.audiences.queries.engine import INSTANT
from tests.audiences.engines.sql import builtin, unbound
from tests.audiences.lakes import rows_of
from tests.audiences.reference import World

_raw = builtin("JSONExtractRaw", (dt.string, dt.string), dt.string)
_text = builtin("JSONExtractString", (dt.string, dt.string), dt.string)
_valid = builtin("isValidJSON", (dt.string,), dt.boolean)
_number = builtin("toFloat64OrNull", (dt.string,), dt.float64)
_day = builtin("toDate32OrNull", (dt.string,), dt.date)
_said = builtin("toString", (dt.date,), dt.string)
_epoch = builtin("toUnixTimestamp64Micro", (INSTANT,), dt.int64)
# Without the first, the people who are missing on the right of a join would get zeros there.
SETTINGS = "SETTINGS join_use_nulls = 1, session_timezone = 'UTC'"


class ClickHouse:
    dialect = "clickhouse"
    spells_alike = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        opened: Callable[[], Any] = session.Session
        self.session = opened()

    def json_of(self, document: Any, name: str) -> Any:
        return _valid(document).ifelse(_raw(document, name).nullif(""), ibis.null("string"))

    def text_of(self, document: Any, name: str) -> Any:
        return _text(document, name)

    def number_of(self, raw: Any) -> Any:
        return _number(raw)

    def is_day(self, text: Any) -> Any:
        return (_said(_day(text)) == text).fill_null(False)  # it takes 30 February for 2 March

    def epoch_us(self, instant: Any) -> Any:
        return _epoch(instant)

    def ones(self, number: Any) -> Any | None:
        return None

    def at_share(self, figure: Any, percent: int) -> Any | None:
        return None

    def hold(self, world: World) -> Any:
        for name, rows in rows_of(world).items():
            path = self.folder / f"{name}.parquet"
            pq.write_table(rows, path)
            self.session.query(f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM file('{path}', Parquet)")
        return unbound(world, self)

    def people(self, expression: Any) -> list[int]:
        sql = compiler.to_sqlglot(expression).sql(dialect="clickhouse")
        return sorted(int(line) for line in str(self.session.query(f"{sql} {SETTINGS}", "TSV")).split())
