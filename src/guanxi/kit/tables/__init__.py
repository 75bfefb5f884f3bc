"""What people upload, read as a table of text: look at it (`inspect`), stage it (`stage`), read it in chunks."""

import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from guanxi.kit.tables.archives import opened
from guanxi.kit.tables.columnar import Columnar, open_columnar
from guanxi.kit.tables.delimited import Delimited, open_delimited
from guanxi.kit.tables.messages import MESSAGES, Notice, Reject, Stopped, TableError
from guanxi.kit.tables.shape import MAX_BYTES, MAX_ROWS
from guanxi.kit.tables.staging import Chunk, Staged, chunks, read_chunk, read_rejects, rejects_path, write_staged
from guanxi.kit.tables.workbooks import WORKBOOK, Workbook, open_workbook

__all__ = [
    "MAX_BYTES",
    "MAX_ROWS",
    "MESSAGES",
    "Chunk",
    "Notice",
    "Reject",
    "Sheet",
    "Staged",
    "Stopped",
    "TableError",
    "chunks",
    "inspect",
    "read_chunk",
    "read_rejects",
    "rejects_path",
    "stage",
]

Format = Literal["csv", "xlsx", "parquet"]

SAMPLE_ROWS = 20
MEGABYTE = 1024 * 1024
EXTENSIONS: dict[str, Format | Literal["xls"]] = {
    "csv": "csv",
    "tsv": "csv",
    "tab": "csv",
    "txt": "csv",
    "xlsx": "xlsx",
    "xlsm": "xlsx",
    "xls": "xls",
    "parquet": "parquet",
    "pq": "parquet",
}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
BINARY = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
    b"SQLite format",
    b"{\\rtf",
    b"BZh",
)


@dataclass(frozen=True)
class Sheet:
    """`sample` holds the first rows that could be read; `guessed_rows` may count blank and broken rows too."""

    format: Format
    encoding: str | None
    delimiter: str | None
    sheet: str | None
    sheets: tuple[str, ...]
    header: tuple[str, ...]
    header_row: int
    sample: tuple[tuple[str, ...], ...]
    guessed_rows: int
    warnings: tuple[Notice, ...]


def inspect(
    path: Path, filename: str, *, sheet: str | None = None, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS
) -> Sheet:
    source = _open(path, filename, sheet=sheet, max_bytes=max_bytes, max_rows=max_rows)
    kind = _format(source)
    sample = tuple(islice(_rows(source), SAMPLE_ROWS))
    return Sheet(
        format=kind,
        encoding=source.encoding if isinstance(source, Delimited) else None,
        delimiter=source.delimiter if isinstance(source, Delimited) else None,
        sheet=source.sheet if isinstance(source, Workbook) else None,
        sheets=source.sheets if isinstance(source, Workbook) else (),
        header=source.header,
        header_row=1 if isinstance(source, Columnar) else source.header_row,
        sample=sample,
        guessed_rows=source.guessed_rows,
        warnings=_name_notices(filename, kind)
        + source.notices
        + (() if sample or source.guessed_rows else (Notice("no_rows"),)),
    )


def stage(
    path: Path,
    filename: str,
    out: Path,
    *,
    sort_by: str | None = None,
    sheet: str | None = None,
    max_bytes: int = MAX_BYTES,
    max_rows: int = MAX_ROWS,
    progress: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Staged:
    """Write `out` and `rejects_path(out)`, or nothing. `progress` gets the rows read so far.

    Raises TableError, or Stopped when `should_stop` says so between two batches.
    """
    source = _open(path, filename, sheet=sheet, max_bytes=max_bytes, max_rows=max_rows)
    return write_staged(source, out, sort_by=sort_by, max_rows=max_rows, progress=progress, should_stop=should_stop)


def _open(
    path: Path, filename: str, *, sheet: str | None, max_bytes: int, max_rows: int
) -> Delimited | Workbook | Columnar:
    size = path.stat().st_size
    if size > max_bytes:
        raise TableError("too_large", limit_mb=max_bytes // MEGABYTE)
    if size == 0:
        raise TableError("empty_file")
    with path.open("rb") as stream:
        head = stream.read(16)
    if head.startswith(OLE):
        raise _ole(path, filename)
    if head.startswith(b"PAR1"):
        return open_columnar(path, max_rows=max_rows)
    if head.startswith(ZIP):
        _require_workbook(path, filename)
        return open_workbook(path, sheet)
    if head.startswith(BINARY):
        raise _unrecognised(filename)
    try:
        return open_delimited(path)
    except TableError as error:
        if error.code in {"not_a_table", "unreadable_text"} and _extension(filename) in {
            "xlsx",
            "xlsm",
            "parquet",
            "pq",
        }:
            raise _unrecognised(filename) from error
        raise


def _extension(filename: str) -> str:
    return filename.rpartition(".")[2].casefold() if "." in filename else ""


def _unrecognised(filename: str) -> TableError:
    extension = _extension(filename)
    if extension in EXTENSIONS:
        return TableError("wrong_extension", extension=extension)
    return TableError("not_a_table")


def _ole(path: Path, filename: str) -> TableError:
    """Stream names stand in the file as UTF-16; an encrypted .xlsx is an OLE file around the real one."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as view:
        if view.find("EncryptedPackage".encode("utf-16-le")) >= 0:
            return TableError("encrypted_workbook")
        if any(view.find(name.encode("utf-16-le")) >= 0 for name in ("Workbook", "Book")):
            return TableError("old_xls")
    return _unrecognised(filename)


def _require_workbook(path: Path, filename: str) -> None:
    with opened(path) as archive:
        if "xl/workbook.bin" in archive:
            raise TableError("old_xls")
        if WORKBOOK not in archive:
            raise _unrecognised(filename)


def _format(source: Delimited | Workbook | Columnar) -> Format:
    match source:
        case Delimited():
            return "csv"
        case Workbook():
            return "xlsx"
        case Columnar():
            return "parquet"


def _rows(source: Delimited | Workbook | Columnar) -> Iterator[tuple[str, ...]]:
    for batch in source.batches():
        yield from zip(*(column.slice(0, SAMPLE_ROWS).to_pylist() for column in batch.columns), strict=True)


def _name_notices(filename: str, kind: Format) -> tuple[Notice, ...]:
    extension = _extension(filename)
    if EXTENSIONS.get(extension, kind) == kind:
        return ()
    return (Notice("read_by_content", {"extension": extension, "format": kind.upper()}),)
