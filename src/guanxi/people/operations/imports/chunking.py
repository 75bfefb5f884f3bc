"""Chunks of the staged file, as rows of fields; and the rows that stay out, with their cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from guanxi.kit import bulk, tables
from guanxi.kit.spreadsheets import unquoted
from guanxi.people.models import Import, ImportReject
from guanxi.people.operations.imports.files import Staged
from guanxi.people.port import Rejected, Row
from guanxi.people.queries.exported import is_export
from guanxi.people.queries.imports import brings_back

ROWS = 8_000
CHECK, RUN = "check", "run"


@dataclass(frozen=True)
class Chunk:
    rows: list[Row]
    cells: dict[int, tuple[str, ...]]
    """Row number → the cells of the file, in the order of its header."""
    end: int


class Pages:
    """The staged file in chunks; where they are cut depends on the file alone."""

    def __init__(self, staged: Staged) -> None:
        self.path = staged.path
        self.bounds = list(tables.chunks(staged.path, ROWS, staged.keep_together))
        self.rows = self.bounds[-1].offset + self.bounds[-1].limit if self.bounds else 0

    def read(self, of: Import, offset: int) -> Iterator[Chunk]:
        """The chunks from this row of the staged file on."""
        for bounds in self.bounds:
            if bounds.offset >= offset:
                ours = brings_back(of) or is_export(of)
                yield _chunk(self.path, bounds, of.mapping["columns"], unquoted if ours else str)


def _chunk(path: Path, bounds: tables.Chunk, mapping: Mapping[str, str], read: Callable[[str], str]) -> Chunk:
    columns = tables.read_chunk(path, bounds.offset, bounds.limit)
    numbers = [int(number) for number in columns.pop("row_no")]
    texts = {name: [read(str(cell)) for cell in column] for name, column in columns.items()}
    fields = list(mapping.values())
    wanted = zip(*(texts[column] for column in mapping), strict=True)
    return Chunk(
        rows=[
            Row(number, dict(zip(fields, map(str.strip, cells), strict=True)))
            for number, cells in zip(numbers, wanted, strict=True)
        ],
        cells=dict(zip(numbers, zip(*texts.values(), strict=True), strict=True)),
        end=bounds.offset + bounds.limit,
    )


def write_rejects(of: Import, phase: str, rejected: Sequence[Rejected], chunk: Chunk) -> None:
    bulk.insert(
        ImportReject,
        ["of_id", "phase", "row_no", "reason", "detail", "cells"],
        ((of.pk, phase, row.row_no, row.reason, dict(row.detail), list(chunk.cells[row.row_no])) for row in rejected),
    )


def write_broken(of: Import, phase: str, staged: Staged) -> dict[str, int]:
    """Rows that were no rows (a missing cell, an open quote); gives their number by reason."""
    counts: dict[str, int] = {}
    for batch in _batched(tables.read_rejects(staged.path), ROWS):
        for row in batch:
            counts[row.code] = counts.get(row.code, 0) + 1
        bulk.insert(
            ImportReject,
            ["of_id", "phase", "row_no", "reason", "detail", "cells"],
            ((of.pk, phase, row.row_no, row.code, dict(row.params), [row.raw]) for row in batch),
        )
    return counts


def _batched(rows: Iterable[tables.Reject], size: int) -> Iterator[list[tables.Reject]]:
    waiting = iter(rows)
    while batch := list(islice(waiting, size)):
        yield batch
