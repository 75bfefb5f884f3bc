"""Parquet: every type to one canonical text."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from guanxi.kit.tables.messages import Notice, Reject, TableError, reject
from guanxi.kit.tables.shape import MAX_CELL, MAX_COLUMNS, MAX_ROWS, Batch, batch_rows, name_columns, texts

BATCH_TEXT = 32 << 20
FIRST_ROW = 2


@dataclass(frozen=True)
class Columnar:
    path: Path
    header: tuple[str, ...]
    guessed_rows: int
    notices: tuple[Notice, ...]

    def batches(self) -> Iterator[Batch]:
        first = FIRST_ROW
        for record in self._records():
            for columns in _bounded([as_text(column) for column in record.columns]):
                count = len(columns[0])
                yield _screened(columns, first)
                first += count

    def _records(self) -> Iterator[pa.RecordBatch]:
        try:
            with _open(self.path) as file:
                yield from file.iter_batches(batch_size=batch_rows(len(self.header)))
        except (pa.ArrowException, OSError) as error:
            raise TableError("damaged_file") from error


def open_columnar(path: Path, *, max_rows: int = MAX_ROWS) -> Columnar:
    try:
        with _open(path) as file:
            rows, schema = file.metadata.num_rows, file.schema_arrow
    except (pa.ArrowException, OSError) as error:
        raise TableError("damaged_file") from error
    if rows > max_rows:
        raise TableError("too_many_rows", limit=max_rows)
    if len(schema.names) > MAX_COLUMNS:
        raise TableError("too_many_columns", count=len(schema.names), limit=MAX_COLUMNS)
    header, notices = name_columns(schema.names, row=1)
    return Columnar(path, header, rows, notices)


def _open(path: Path) -> pq.ParquetFile:
    """Text stays in its dictionary: one long value a million times over is a small file and must stay small."""
    file = pq.ParquetFile(path)
    wordy = [
        field.name for field in file.schema_arrow if pa.types.is_string(field.type) or pa.types.is_binary(field.type)
    ]
    file.close()
    return pq.ParquetFile(path, read_dictionary=wordy)


def as_text(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return pa.DictionaryArray.from_arrays(column.indices, as_text(column.dictionary))
    if pa.types.is_null(kind):
        return texts([""] * len(column))
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        return _moment(pc.cast(column, pa.string()))
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _number(pc.cast(column, pa.string()))
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_date(kind):
        return pc.fill_null(pc.cast(column, pa.string()), "")
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pc.fill_null(pc.cast(column, pa.string()), "")
    return texts([_object(value) for value in column.to_pylist()])


def _moment(text: pa.Array) -> pa.Array:
    """2026-01-31 10:05:06.500000000+0800 → 2026-01-31T10:05:06.5+08:00"""
    text = pc.replace_substring(text, " ", "T")
    text = pc.replace_substring_regex(text, r"(\.\d*?)0+(Z|[+-]\d{4})?$", r"\1\2")
    text = pc.replace_substring_regex(text, r"\.(Z|[+-]\d{4})?$", r"\1")
    text = pc.replace_substring_regex(text, r"([+-]\d{2})(\d{2})$", r"\1:\2")
    return pc.fill_null(text, "")


def _number(text: pa.Array) -> pa.Array:
    text = pc.fill_null(text, "")
    odd = pc.fill_null(pc.match_substring_regex(text, r"[eEn]|^-0$"), False)
    if not pc.any(odd).as_py():
        return text
    return texts(
        [
            _plain(number) if strange else number
            for number, strange in zip(text.to_pylist(), odd.to_pylist(), strict=True)
        ]
    )


def _plain(number: str) -> str:
    if number == "-0":
        return "0"
    return "" if "nan" in number else format(Decimal(number), "f")


def _object(value: object) -> str:
    match value:
        case None:
            return ""
        case bytes():
            try:
                return value.decode()
            except UnicodeDecodeError:
                return value.hex()
        case list() | tuple() | dict():
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
        case _:
            return str(value)


def _bounded(columns: list[pa.Array]) -> Iterator[list[pa.Array]]:
    """Plain text columns, in pieces that fit into memory."""
    if not len(columns[0]):
        return
    lengths = [_lengths(column) for column in columns]
    rows = len(columns[0])
    if rows > 1 and sum(pc.sum(length).as_py() or 0 for length in lengths) > BATCH_TEXT:
        middle = rows // 2
        yield from _bounded([column.slice(0, middle) for column in columns])
        yield from _bounded([column.slice(middle) for column in columns])
    else:
        yield [_decoded(column) for column in columns]


def _lengths(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        return pc.cast(pc.binary_length(column.dictionary), pa.int64()).take(column.indices)
    return pc.cast(pc.binary_length(column), pa.int64())


def _decoded(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        return pc.fill_null(column.dictionary.take(column.indices), "")
    return column


def _screened(columns: list[pa.Array], first: int) -> Batch:
    row_nos = pa.array(range(first, first + len(columns[0])), pa.int64())
    nul = [pc.match_substring(column, "\0") for column in columns]
    long = [pc.greater(pc.binary_length(column), MAX_CELL) for column in columns]
    if not any(pc.any(mask).as_py() for mask in nul + long):
        return Batch(row_nos, columns, [])
    keep = pc.invert(_either(nul + long))
    table = pa.RecordBatch.from_arrays(columns, names=[str(place) for place in range(len(columns))])
    rejects: list[Reject] = []
    with_nul = _either(nul).to_pylist()
    for place, kept in enumerate(keep.to_pylist()):
        if not kept:
            raw = "\t".join(column[place].as_py() for column in columns)
            code = "nul_character" if with_nul[place] else "cell_too_long"
            rejects.append(reject(first + place, code, raw, **({} if with_nul[place] else {"limit": MAX_CELL})))
    return Batch(row_nos.filter(keep), table.filter(keep).columns, rejects)


def _either(masks: list[pa.Array]) -> pa.Array:
    found = masks[0]
    for mask in masks[1:]:
        found = pc.or_(found, mask)
    return found
