"""How rows become parts of a file, and parts the file. Text is never evaluated by a spreadsheet, and comes back as it
was when the file is imported."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from guanxi.audiences.queries.exports.reading import Cell, Row
from guanxi.audiences.rules.exporting import XLSX, Shape
from guanxi.kit.spreadsheets import BOM, RISKY, iter_xlsx, marked, quoted


@dataclass(frozen=True)
class Lines:
    """CSV, or one id a line: its parts only need to stand one after the other."""

    start: Callable[[Sequence[str]], str]
    end: str = "\r\n"

    def part(self, rows: Sequence[Row]) -> Iterator[bytes]:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator=self.end).writerows([[_safe(cell) for cell in row] for row in rows])
        yield text.getvalue().encode()

    def whole(self, header: Sequence[str], parts: Iterable[bytes]) -> Iterator[bytes]:
        yield self.start(header).encode()
        yield from parts


class Workbook:
    """Its parts are rows, because a workbook is one archive."""

    def part(self, rows: Sequence[Row]) -> Iterator[bytes]:
        yield msgspec.msgpack.encode(rows)

    def whole(self, header: Sequence[str], parts: Iterable[bytes]) -> Iterator[bytes]:
        decode = msgspec.msgpack.Decoder(list[list[str | int | float]]).decode
        rows = ([_marked(cell) for cell in row] for part in parts for row in decode(part))
        yield from iter_xlsx(header, rows)


def _safe(cell: Cell) -> Cell:
    return quoted(cell) if isinstance(cell, str) and RISKY.search(cell) else cell


def _marked(cell: Cell) -> Cell:
    return marked(cell) if isinstance(cell, str) and "'" in cell else cell


def _first_line(header: Sequence[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerow([quoted(name) for name in header])
    return text.getvalue()


def format_of(shape: Shape) -> Lines | Workbook:
    if shape.as_ == XLSX:
        return Workbook()
    if shape.hashed:
        return Lines(lambda header: "" if shape.suffix == "txt" else _first_line(header), end="\n")
    return Lines(lambda header: (BOM if shape.bom else "") + _first_line(header))
