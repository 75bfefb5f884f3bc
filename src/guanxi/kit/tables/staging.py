"""The staged file: text columns and `row_no` in Parquet, and beside it the rows that were set apart."""

import json
import tempfile
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from guanxi.kit.tables.messages import Reject, Stopped, TableError
from guanxi.kit.tables.shape import MAX_ROWS, ROW_NO, Batch, Source, batch_rows

REJECTS = pa.schema([(ROW_NO, pa.int64()), ("code", pa.string()), ("params", pa.string()), ("raw", pa.string())])
SORTED_BY = b"guanxi.sorted_by"
# DuckDB sorts 2,048 rows at a time and holds several such vectors, so long rows need more than the base.
SORT_MEMORY, SORT_VECTORS, MAX_SORT_MEMORY = 96 << 20, 3 * 2_048, 2 << 30


@dataclass(frozen=True)
class Staged:
    """`reasons` counts the rejected rows by code."""

    path: Path
    rejects_path: Path
    header: tuple[str, ...]
    rows: int
    rejected: int
    reasons: Mapping[str, int]


@dataclass(frozen=True)
class Chunk:
    offset: int
    limit: int


class _Writer:
    """Two files that appear together, and only when everything was written."""

    def __init__(self, out: Path, header: tuple[str, ...]) -> None:
        self.out, self.rejects_path = out, rejects_path(out)
        self.draft, self.rejects_draft = _draft(out), _draft(self.rejects_path)
        self.schema = pa.schema([(ROW_NO, pa.int64()), *((name, pa.string()) for name in header)])
        self.header, self.rows, self.bytes, self.reasons = header, 0, 0, Counter[str]()

    def __enter__(self) -> "_Writer":
        self.good = pq.ParquetWriter(self.draft, self.schema, compression="snappy", write_statistics=[ROW_NO])
        self.bad = pq.ParquetWriter(self.rejects_draft, REJECTS, compression="zstd")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.good.close()
        self.bad.close()

    def discard(self) -> None:
        self.draft.unlink(missing_ok=True)
        self.rejects_draft.unlink(missing_ok=True)

    def write(self, batch: Batch) -> None:
        numbers = batch.row_nos if isinstance(batch.row_nos, pa.Array) else pa.array(batch.row_nos, pa.int64())
        if len(numbers):
            self.good.write_batch(pa.RecordBatch.from_arrays([numbers, *batch.columns], schema=self.schema))
            self.rows += len(numbers)
            self.bytes += sum(column.nbytes for column in batch.columns)
        if batch.rejects:
            self.bad.write_batch(_reject_rows(batch.rejects))
            self.reasons.update(row.code for row in batch.rejects)

    def publish(self, sort_by: str | None) -> Staged:
        if sort_by is not None:
            row_bytes = self.bytes // max(self.rows, 1)
            memory = min(SORT_MEMORY + SORT_VECTORS * row_bytes, MAX_SORT_MEMORY)
            _sort(self.draft, sort_by, memory=memory, group_rows=batch_rows(len(self.header)))
        self.rejects_draft.replace(self.rejects_path)
        self.draft.replace(self.out)
        rejected = self.reasons.total()
        return Staged(self.out, self.rejects_path, self.header, self.rows, rejected, dict(self.reasons))


def rejects_path(out: Path) -> Path:
    return out.with_name(out.name + ".rejected")


def _draft(out: Path) -> Path:
    return out.with_name(out.name + ".draft")


def write_staged(
    source: Source,
    out: Path,
    *,
    sort_by: str | None,
    max_rows: int = MAX_ROWS,
    progress: Callable[[int], None] | None,
    should_stop: Callable[[], bool] | None,
) -> Staged:
    if sort_by is not None and sort_by not in source.header:
        raise TableError("no_such_column", name=sort_by)
    writer = _Writer(out, source.header)
    try:
        with writer:
            for batch in source.batches():
                writer.write(batch)
                done = writer.rows + writer.reasons.total()
                if done > max_rows:
                    raise TableError("too_many_rows", limit=max_rows)
                if progress:
                    progress(done)
                if should_stop and should_stop():
                    raise Stopped
        return writer.publish(sort_by)
    finally:
        writer.discard()


def _reject_rows(rejects: list[Reject]) -> pa.RecordBatch:
    columns = zip(*((row.row_no, row.code, row.params_json, row.raw) for row in rejects), strict=True)
    return pa.RecordBatch.from_arrays(
        [pa.array(column, field.type) for column, field in zip(columns, REJECTS, strict=True)], schema=REJECTS
    )


def _sort(path: Path, column: str, *, memory: int, group_rows: int) -> None:
    """In place, spilling to a folder beside the file rather than into memory."""
    ordered = path.with_name(path.name + ".sorted")
    pa.default_memory_pool().release_unused()
    with tempfile.TemporaryDirectory(dir=path.parent) as spill, duckdb.connect() as engine:
        engine.execute(f"SET memory_limit = '{memory >> 20}MiB'")
        engine.execute("SET threads = 1")
        engine.execute("SET enable_progress_bar = false")  # it would write to our standard output
        engine.execute(f"SET temp_directory = {_quoted(spill)}")
        try:
            engine.execute(
                f"COPY (SELECT * FROM read_parquet({_quoted(str(path))}) ORDER BY {_name(column)}, {ROW_NO}) "  # noqa: S608
                f"TO {_quoted(str(ordered))} (FORMAT parquet, COMPRESSION snappy, "
                f"ROW_GROUP_SIZE {max(2_048, group_rows)}, "
                f"KV_METADATA {{{_quoted(SORTED_BY.decode())}: {_quoted(column)}}})"
            )
        except duckdb.OutOfMemoryException as error:
            ordered.unlink(missing_ok=True)
            raise TableError("too_long_to_sort", name=column) from error
    ordered.replace(path)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def read_chunk(staged_path: Path, offset: int, limit: int) -> dict[str, list[int] | list[str]]:
    """Columns by name (`row_no` first) of the rows [offset, offset + limit), in the staged order."""
    with pq.ParquetFile(staged_path, memory_map=True) as file:
        groups, before, start = list[int](), 0, 0
        for group in range(file.metadata.num_row_groups):
            count = file.metadata.row_group(group).num_rows
            if before + count > offset and before < offset + limit:
                start = start if groups else before
                groups.append(group)
            before += count
        rows = file.read_row_groups(groups) if groups else file.schema_arrow.empty_table()
        columns: dict[str, list[int] | list[str]] = rows.slice(offset - start, limit).to_pydict()
        return columns


def read_rejects(staged: Path) -> Iterator[Reject]:
    """The rows set apart while staging into `staged`, in the order of the file."""
    with pq.ParquetFile(rejects_path(staged)) as file:
        for batch in file.iter_batches():
            for row in batch.to_pylist():
                yield Reject(row[ROW_NO], row["code"], json.loads(row["params"]), row["raw"])


def chunks(staged_path: Path, size: int, keep_together: str | None = None) -> Iterator[Chunk]:
    """Boundaries of about `size` rows that cover the file once.

    With `keep_together` (the column the file was sorted by) equal values stay in one chunk, which may then be larger
    than `size`; rows whose value is blank belong to no group.
    """
    with pq.ParquetFile(staged_path) as file:
        total = file.metadata.num_rows
        if keep_together is None:
            yield from (Chunk(offset, min(size, total - offset)) for offset in range(0, total, size))
            return
        if (file.metadata.metadata or {}).get(SORTED_BY) != keep_together.encode():
            raise ValueError(f"{staged_path.name} is not sorted by {keep_together}")
        start = 0
        for cut in _cuts(file, keep_together, size):
            yield Chunk(start, cut - start)
            start = cut
        if start < total:
            yield Chunk(start, total - start)


def _cuts(file: pq.ParquetFile, column: str, size: int) -> Iterator[int]:
    """Offsets at which a chunk of at least `size` rows may end."""
    before, wanted, last = 0, size, ""
    for batch in file.iter_batches(columns=[column]):
        values = batch.column(0)
        previous = pa.concat_arrays([pa.array([last], values.type), values.slice(0, len(values) - 1)])
        differs = pc.or_(pc.not_equal(values, previous), pc.equal(values, ""))
        starts = pc.indices_nonzero(differs).to_pylist()
        while (place := bisect_left(starts, wanted - before)) < len(starts):
            cut = before + starts[place]
            if cut:
                yield cut
            wanted = cut + size
        before, last = before + len(values), values[-1].as_py()
