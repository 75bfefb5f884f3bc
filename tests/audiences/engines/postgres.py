"""PostgreSQL as a check: a world in temporary tables."""

from __future__ import annotations

from typing import Any

import ibis.expr.datatypes as dt
import pyarrow as pa
from ibis.backends.sql.compilers.postgres import compiler
from psycopg import Connection

from guanxi.audiences.queries.engine import INSTANT
from tests.audiences.engines.sql import builtin, unbound
from tests.audiences.lakes import rows_of
from tests.audiences.reference import World

TYPES: dict[Any, str] = {
    pa.string(): "text",
    pa.int64(): "bigint",
    pa.bool_(): "boolean",
    pa.timestamp("us", tz="UTC"): "timestamptz",
}
# jsonb refuses what is no JSON, and a cast what is no number: these answer NULL.
FUNCTIONS = """
CREATE SCHEMA check_engine;
SET LOCAL search_path = check_engine;
CREATE FUNCTION json_raw(document text, name text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN (document::jsonb -> name)::text; EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$;
CREATE FUNCTION json_text(document text, name text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN document::jsonb ->> name; EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$;
CREATE FUNCTION number_of(raw text) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
SELECT CASE WHEN raw ~ '^-?[0-9]' THEN raw::double precision END $$;
CREATE FUNCTION is_day(said text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN said::date IS NOT NULL; EXCEPTION WHEN OTHERS THEN RETURN false; END $$;
CREATE FUNCTION epoch_us(instant timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
SELECT (extract(epoch FROM instant) * 1000000)::bigint $$;
"""


_raw = builtin("json_raw", (dt.string, dt.string), dt.string)
_text = builtin("json_text", (dt.string, dt.string), dt.string)
_number = builtin("number_of", (dt.string,), dt.float64)
_day = builtin("is_day", (dt.string,), dt.boolean)
_epoch = builtin("epoch_us", (INSTANT,), dt.int64)


class Postgres:
    dialect = "postgres"
    spells_alike = False

    def __init__(self, connection: Connection[Any]) -> None:
        self.connection = connection
        connection.execute(FUNCTIONS)

    def json_of(self, document: Any, name: str) -> Any:
        return _raw(document, name)

    def text_of(self, document: Any, name: str) -> Any:
        return _text(document, name)

    def number_of(self, raw: Any) -> Any:
        return _number(raw)

    def is_day(self, text: Any) -> Any:
        return _day(text)

    def epoch_us(self, instant: Any) -> Any:
        return _epoch(instant)

    def ones(self, number: Any) -> Any | None:
        return None

    def at_share(self, figure: Any, percent: int) -> Any | None:
        return None

    def hold(self, world: World) -> Any:
        for name, rows in rows_of(world).items():
            columns = ", ".join(f'"{field.name}" {TYPES[field.type]}' for field in rows.schema)
            self.connection.execute(f"DROP TABLE IF EXISTS {name}")
            self.connection.execute(f"CREATE TEMP TABLE {name} ({columns})")
            with self.connection.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN") as copy:
                for row in rows.to_pylist():
                    copy.write_row(tuple(row.values()))
        return unbound(world, self)

    def people(self, expression: Any) -> list[int]:
        sql = compiler.to_sqlglot(expression).sql(dialect="postgres")
        return sorted(person for (person,) in self.connection.execute(sql).fetchall())
