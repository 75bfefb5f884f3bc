"""Where an uploaded file lies, and its staged form."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from django.conf import settings

from guanxi.kit import scope, tables
from guanxi.people.models import Import
from guanxi.people.registry import import_kind

PIECE = 1024 * 1024
UPLOAD = "upload"


class Listens(Protocol):
    """Hears how far a long step is, and says when to stop."""

    def rows(self, done: int) -> None: ...

    def stopping(self) -> bool: ...


@dataclass(frozen=True)
class Staged:
    path: Path
    keep_together: str | None
    """The column whose equal values come in one chunk."""


def folder(public_id: str) -> Path:
    return Path(settings.FILES) / str(scope.current()) / "imports" / public_id


def store(file: IO[bytes], into: Path) -> tuple[int, bytes]:
    """Copy an upload; gives its size and SHA-256. Raises TableError and leaves nothing when it is too large."""
    into.mkdir(parents=True)
    digest, size = hashlib.sha256(), 0
    with (into / UPLOAD).open("wb") as target:
        while piece := file.read(PIECE):
            size += len(piece)
            if size > settings.IMPORT_MAX_BYTES:
                break
            digest.update(piece)
            target.write(piece)
    if size > settings.IMPORT_MAX_BYTES:
        forget(into)
        raise tables.TableError("too_large", limit_mb=settings.IMPORT_MAX_BYTES // (1024 * 1024))
    return size, digest.digest()


def forget(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)


def staged(of: Import, *, told: Listens) -> Staged:
    """The file as Parquet of text, made once for the sheet and the column that rows are kept together by.

    Raises TableError, or Stopped when `told` says so.
    """
    column = _together(of)
    mark = hashlib.sha256(f"{of.sheet['sheet']}\x00{column}".encode()).hexdigest()[:12]
    home = folder(of.public_id)
    path = home / f"staged-{mark}.parquet"
    if not (path.exists() and tables.rejects_path(path).exists()):
        tables.stage(
            home / UPLOAD,
            of.filename,
            path,
            sort_by=column,
            sheet=of.sheet["sheet"],
            max_bytes=settings.IMPORT_MAX_BYTES,
            progress=told.rows,
            should_stop=told.stopping,
        )
    return Staged(path, column)


def _together(of: Import) -> str | None:
    field = import_kind(of.kind).keep_together
    return next((column for column, target in of.mapping["columns"].items() if field and target == field), None)
