"""Many rows at once, as the application role: row-level security refuses COPY into a locked table, so the rows are
copied into a temporary table and written from there by one statement."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import psycopg
import pyarrow as pa
from django.db import connection, models
from pyarrow import csv

from guanxi.kit import scope

_TYPES = {"bigserial": "bigint", "serial": "integer"}


def insert(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    or_ignore: bool = False,
    on_conflict: str = "",
) -> int:
    """Insert rows of the current workspace. JSON columns take Python values; defaults of the model are not filled in.

    `on_conflict` is the SQL that follows ON CONFLICT.
    """
    names = ", ".join(f'"{name}"' for name in columns)
    conflict = f" ON CONFLICT {on_conflict or 'DO NOTHING'}" if or_ignore or on_conflict else ""
    with connection.cursor() as cursor:
        _copy(cursor, model, columns, rows)
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" (workspace_id, {names}) '  # noqa: S608
            f"SELECT %s, {names} FROM bulk_rows{conflict}",
            [scope.current()],
        )
        written = cursor.rowcount
        cursor.execute("DROP TABLE bulk_rows")
    return cast(int, written)


def update(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Set `columns` of rows by id: each row is (id, value, …)."""
    changes = ", ".join(f'"{name}" = bulk_rows."{name}"' for name in columns)
    with connection.cursor() as cursor:
        _copy(cursor, model, ["id", *columns], rows)
        cursor.execute(
            f'UPDATE "{model._meta.db_table}" AS old SET {changes} FROM bulk_rows '  # noqa: S608
            "WHERE old.id = bulk_rows.id AND old.workspace_id = %s",
            [scope.current()],
        )
        written = cursor.rowcount
        cursor.execute("DROP TABLE bulk_rows")
    return cast(int, written)


def asked(statement: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of one statement by the driver itself: byte strings and numbers travel as they are, not as text."""
    with _driver() as cursor:
        return cursor.execute(statement.encode(), values, binary=True).fetchall()


def numbers(statement: str, values: Sequence[Any]) -> pa.Array:
    """The one column of a statement, of big integers, in no order; the database packs a million into one answer."""
    packing = "SELECT string_agg(int8send(number), '') FROM ({}) found (number)"
    [(packed,)] = asked(packing.format(statement), values)
    return pa.array(np.frombuffer(packed or b"", ">i8").astype(np.int64))


def told(statement: str, values: Sequence[Any]) -> None:
    """The same for a statement that answers nothing."""
    with _driver() as cursor:
        cursor.execute(statement.encode(), values)


def read(statement: str, fields: Sequence[tuple[str, pa.DataType]]) -> pa.Table:
    """The rows of a statement as columns, a million in a second or two. It takes no values; an empty text and none at
    all are both an empty text."""
    taken = io.BytesIO()
    with _driver() as cursor, cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT csv)".encode()) as copy:
        for block in copy:
            taken.write(block)
    schema = pa.schema(fields)
    if not taken.tell():
        return schema.empty_table()
    taken.seek(0)
    return csv.read_csv(
        taken,
        read_options=csv.ReadOptions(column_names=schema.names),
        convert_options=csv.ConvertOptions(column_types=schema),
    )


def put(model: type[models.Model], **values: Any) -> None:
    """One row with a large byte string, in the current workspace; defaults of the model are not filled in."""
    names = ", ".join(f'"{name}"' for name in values)
    places = ", ".join(["%s"] * (len(values) + 1))
    statement = f'INSERT INTO "{model._meta.db_table}" (workspace_id, {names}) VALUES ({places})'  # noqa: S608
    with _driver() as cursor:
        cursor.execute(statement.encode(), [scope.current(), *values.values()])


@contextmanager
def _driver() -> Iterator[psycopg.Cursor[Any]]:
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        yield cursor


def any_of(column: str, values: Iterable[bytes]) -> dict[str, Any]:
    """For `.extra(**any_of("lookup", values))`: the column equals one of many byte strings, found by its index.

    The values travel as one text, because the driver writes a list of byte strings item by item.
    """
    array = "ARRAY(SELECT decode(one, 'hex') FROM unnest(string_to_array(%s, ',')) one)"
    return {"where": [f"{column} = ANY({array})"], "params": [",".join(value.hex() for value in values)]}


def any_number(column: str, values: Iterable[int]) -> dict[str, Any]:
    """The same for numbers."""
    return {"where": [f"{column} = ANY(string_to_array(%s, ',')::bigint[])"], "params": [",".join(map(str, values))]}


def _copy(cursor: Any, model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    types = [_column_type(model, name) for name in columns]
    definition = ", ".join(f'"{name}" {kind}' for name, kind in zip(columns, types, strict=True))
    names = ", ".join(f'"{name}"' for name in columns)
    cursor.execute(f"CREATE TEMPORARY TABLE bulk_rows ({definition})")
    statement = f"COPY bulk_rows ({names}) FROM STDIN (FORMAT BINARY)"
    with cast(psycopg.Cursor[Any], cursor.cursor).copy(statement.encode()) as copy:
        copy.set_types([kind.partition("(")[0] for kind in types])
        for row in rows:
            copy.write_row(row)


def _column_type(model: type[models.Model], name: str) -> str:
    for field in model._meta.concrete_fields:
        if field.column == name:
            kind = str(field.db_type(connection))
            return _TYPES.get(kind, kind)
    raise LookupError(f"{model._meta.label} has no column {name}")
