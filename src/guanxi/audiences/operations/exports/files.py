"""The file of an export on disk: sealed under a key of its own, in parts while it is made, and its end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from guanxi.audiences.models import Export, ExportChunk, ExportState
from guanxi.audiences.queries.exports import is_ready
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit import scope, sealed_files
from guanxi.kit.personal import Who

TABLE = Export._meta.db_table


def path_of(of: Export, part: int | None = None) -> Path:
    folder = Path(settings.FILES) / str(scope.current()) / "exports"
    return folder / (of.public_id if part is None else f"{of.public_id}.{part}")


def _place(of: Export, part: int | None) -> str:
    return f"{TABLE}|{of.pk}" if part is None else f"{TABLE}|{of.pk}|{part}"


def write(of: Export, pieces: Iterator[bytes], part: int | None = None) -> int:
    """Whole or not at all; a part that was written before is replaced. Gives the size in clear."""
    return sealed_files.write(
        path_of(of, part),
        pieces,
        workspace_id=scope.current(),
        salt=bytes(of.salt or b""),
        place=_place(of, part),
    )


def read(of: Export, part: int | None = None) -> Iterator[bytes]:
    return sealed_files.read(
        path_of(of, part), workspace_id=scope.current(), salt=bytes(of.salt or b""), place=_place(of, part)
    )


def read_export(of: Export, *, now: datetime) -> Iterator[bytes]:
    """The pieces of the file. Raises FileNotFoundError when it is not there, or not any more."""
    if not is_ready(of, now):
        raise FileNotFoundError
    return read(of)


def note_download(*, of: Export, by: Staff, now: datetime) -> None:
    governance.record(act="export.downloaded", by=by, subject=of.public_id, now=now)


def forget_parts(of: Export) -> None:
    for path in path_of(of).parent.glob(f"{of.public_id}.*"):
        path.unlink(missing_ok=True)


def drop(of: Export, problem: str, *, now: datetime) -> None:
    """In a transaction that holds the row. Its key goes first: then nobody reads the file, removed or not."""
    of.state, of.problem, of.salt = ExportState.EXPIRED, problem, None
    of.finished_at = of.finished_at or now
    of.save(update_fields=["state", "problem", "salt", "finished_at"])
    ExportChunk.objects.filter(of=of).delete()
    transaction.on_commit(lambda: forget_file(of))


def forget_file(of: Export) -> None:
    forget_parts(of)
    path_of(of).unlink(missing_ok=True)


def chunks_of(whom: Who) -> QuerySet[ExportChunk]:
    """The chunks in which they stand."""
    found = []
    for person in whom.people:
        for chunk in ExportChunk.objects.filter(first__lte=person, last__gte=person):
            if person in np.frombuffer(bytes(chunk.people), np.int64):
                found.append(chunk.pk)
    return ExportChunk.objects.filter(pk__in=found)


def forget_in_exports(whom: Who, now: datetime) -> None:
    """Every file that may hold them ends; others are left to make it again."""
    held = chunks_of(whom).values("of")
    for of in Export.objects.select_for_update().filter(pk__in=held).order_by("pk"):
        drop(of, "erased", now=now)
