"""A file arrives."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import IO, Any

from django.conf import settings
from django.db import DatabaseError, transaction

from guanxi.governance.models import Staff
from guanxi.kit import cells, keys, tables
from guanxi.people.models import Import, ImportState
from guanxi.people.operations.imports import files
from guanxi.people.operations.imports.states import ImportRefused, locked, may_change
from guanxi.people.registry import import_kind


def start_import(*, file: IO[bytes], filename: str, kind: str, by: Staff | None, now: datetime) -> Import:
    """Keep the file and look at it. Raises UnknownKind, or TableError when it is no table, and then keeps nothing."""
    import_kind(kind)
    public_id = keys.new("imp")
    home = files.folder(public_id)
    size, sha256 = files.store(file, home)
    name = cells.file_name(filename, 200)
    try:
        sheet = tables.inspect(home / files.UPLOAD, name, max_bytes=settings.IMPORT_MAX_BYTES)
        made: Import = Import.objects.create(
            public_id=public_id,
            kind=kind,
            filename=name,
            size=size,
            sha256=sha256,
            sheet=_as_json(sheet),
            by=by,
            created_at=now,
        )
    except (tables.TableError, DatabaseError):
        files.forget(home)
        raise
    return made


@transaction.atomic
def choose_sheet(*, of: Import, sheet: str) -> Import:
    """Read another sheet of the workbook; columns must be chosen anew. Raises TableError."""
    of = locked(of)
    if not may_change(of):
        raise ImportRefused("already_running")
    found = tables.inspect(
        files.folder(of.public_id) / files.UPLOAD, of.filename, sheet=sheet, max_bytes=settings.IMPORT_MAX_BYTES
    )
    of.sheet, of.mapping, of.check_report, of.state = _as_json(found), {}, {}, ImportState.UPLOADED
    of.save(update_fields=["sheet", "mapping", "check_report", "state"])
    return of


def _as_json(sheet: tables.Sheet) -> dict[str, Any]:
    found = asdict(sheet)
    found["warnings"] = [{"code": notice.code, "params": dict(notice.params)} for notice in sheet.warnings]
    return found
