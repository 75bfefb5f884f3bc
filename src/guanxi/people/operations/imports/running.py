"""The rows come in: each chunk with its counts, its rejected rows and its journal is one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import IntegrityError, OperationalError

from guanxi.kit import bulk
from guanxi.people.models import Import, ImportReject, ImportState
from guanxi.people.operations.imports import chunking, files
from guanxi.people.operations.imports.working import Lease, Progress, alone_with_people, context_of
from guanxi.people.port import FILE_REASONS, ImportContext, ImportKind, Plan, Ready, Rejected
from guanxi.people.registry import import_kind

ATTEMPTS = 4


def run(lease: Lease, now: datetime) -> None:
    with lease.turn() as of:
        broken: int = of.check_report["broken"]
    staged = files.staged(of, told=Progress(lease, shown=False))
    if of.done_rows < broken:
        with lease.turn() as of:
            chunking.write_broken(of, chunking.RUN, staged)
            of.done_rows, of.rejected = broken, broken
            of.save(update_fields=["done_rows", "rejected"])
    context = context_of(of, now)
    for page in _ahead(chunking.Pages(staged).read(of, of.done_rows - broken), import_kind(of.kind), context):
        _write(lease, page, broken, context)
    lease.settle(ImportState.DONE, now)
    files.forget(files.folder(of.public_id))


@dataclass(frozen=True)
class Page:
    chunk: chunking.Chunk
    answers: list[Ready | Rejected]


def _ahead(chunks: Iterator[chunking.Chunk], kind: ImportKind, context: ImportContext) -> Iterator[Page]:
    """The next chunk is read and prepared while the database writes this one."""

    def prepared() -> Page | None:
        chunk = next(chunks, None)
        return None if chunk is None else Page(chunk, kind.prepare(chunk.rows, context))

    with ThreadPoolExecutor(1) as beside:
        coming = beside.submit(prepared)
        while page := coming.result():
            coming = beside.submit(prepared)
            yield page


def _write(lease: Lease, page: Page, broken: int, context: ImportContext) -> None:
    """Somebody may add the same person by hand between our look and our write: then look again."""
    for attempt in range(ATTEMPTS):
        try:
            _attempt(lease, page, broken, replace(context, memo={}))
        except (IntegrityError, OperationalError):
            if attempt == ATTEMPTS - 1:
                raise
        else:
            return


def _attempt(lease: Lease, page: Page, broken: int, context: ImportContext) -> None:
    with lease.turn() as of:
        alone_with_people()
        kind, later = import_kind(of.kind), _later_rows(of, page.chunk)
        answers = [answer for answer in page.answers if answer.row_no not in later]
        plan: Plan = kind.plan([answer for answer in answers if not isinstance(answer, Rejected)], context)
        kind.write(plan, context)
        rejected = [*later.values(), *(a for a in answers if isinstance(a, Rejected)), *plan.rejected]
        chunking.write_rejects(of, chunking.RUN, rejected, page.chunk)
        of.created += plan.created
        of.updated += plan.updated
        of.unchanged += plan.unchanged
        of.rejected += len(rejected)
        of.done_rows = page.chunk.end + broken
        of.save(update_fields=["created", "updated", "unchanged", "rejected", "done_rows"])


def _later_rows(of: Import, chunk: chunking.Chunk) -> dict[int, Rejected]:
    """Rows that the check found to repeat an earlier row."""
    repeated = ImportReject.objects.filter(of=of, phase=chunking.CHECK, reason__in=FILE_REASONS)
    found = repeated.extra(**bulk.any_number("row_no", chunk.cells))
    return {
        row_no: Rejected(row_no, reason, detail)
        for row_no, reason, detail in found.values_list("row_no", "reason", "detail")
    }
