"""What every format is turned into: a header, and batches of text columns with their row numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from guanxi.kit.tables.messages import Notice, Reject, TableError

MAX_BYTES = 256 * 1024 * 1024
MAX_ROWS = 5_000_000
MAX_COLUMNS = 500
MAX_CELL = 131_072  # what the csv module takes by default; about four full Excel cells
BATCH_CELLS = 200_000
ROW_NO = "row_no"


@dataclass(frozen=True)
class Batch:
    """`columns` in the order of the header, each as long as `row_nos`."""

    row_nos: Sequence[int] | pa.Array
    columns: list[pa.Array]
    rejects: list[Reject]


class Source(Protocol):
    @property
    def header(self) -> tuple[str, ...]: ...

    @property
    def notices(self) -> tuple[Notice, ...]: ...

    def batches(self) -> Iterator[Batch]: ...


def batch_rows(width: int) -> int:
    return max(1_000, BATCH_CELLS // max(width, 1))


def texts(values: Sequence[str]) -> pa.Array:
    return pa.array(values, pa.string())


def name_columns(cells: Sequence[str], *, row: int) -> tuple[tuple[str, ...], tuple[Notice, ...]]:
    """Names differ in more than case, because engines that read the staged file ignore case."""
    if len(cells) > MAX_COLUMNS:
        raise TableError("too_many_columns", count=len(cells), limit=MAX_COLUMNS)
    given = [" ".join(cell.split()) for cell in cells]
    if not any(given):
        raise TableError("no_header", row=row)
    names = [name or f"Column {place}" for place, name in enumerate(given, start=1)]
    unnamed = [name for name, cell in zip(names, given, strict=True) if not cell]
    notices = [Notice("unnamed_columns", {"names": ", ".join(unnamed)})] if unnamed else []
    for place, name in enumerate(names):
        if name.casefold() == ROW_NO:
            names[place] = f"{name} (file)"
            notices.append(Notice("renamed_column", {"old": name, "new": names[place]}))
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise TableError("duplicate_header", name=name)
        seen.add(name.casefold())
    return tuple(names), tuple(notices)
