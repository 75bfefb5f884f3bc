"""Files and journals of imports hold cells in clear for seven days: which of them are about a person."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from guanxi.kit import personal, tables
from guanxi.kit.personal import Who
from guanxi.people.models import Identity, Import, ImportChange, ImportReject, LevelProof, Person, Trait
from guanxi.people.operations.imports import files
from guanxi.people.operations.imports.states import WORKING
from guanxi.people.operations.journal import TAGS_OF_PEOPLE
from guanxi.people.queries.who import tells_of

ROWS = 8_000
BROUGHT: tuple[tuple[type[Any], str], ...] = (
    (Person, "pk"),
    (Identity, "person"),
    (Trait, "person"),
    (LevelProof, "person"),
)


def imports_of(whom: Who) -> Iterator[Mapping[str, Any]]:
    """The files that brought them or something about them, and their own rows where such a file still lies here."""
    ids = {
        pk
        for model, path in BROUGHT
        for pk in model.objects.filter(**{f"{path}__in": whom.people}).values_list("import_id", flat=True)
    }
    for of in Import.objects.order_by("pk"):
        rows = [row for row in of.sheet.get("sample", []) if tells_of(whom, row)]
        if of.pk in ids or rows:
            yield {
                "public_id": of.public_id,
                "kind": of.kind,
                "filename": of.filename,
                "created_at": of.created_at,
                "sheet": rows,
            }


def rejects_of(whom: Who) -> Iterator[Mapping[str, Any]]:
    for reject in ImportReject.objects.select_related("of").order_by("pk").iterator(ROWS):
        if tells_of(whom, _cells(reject)):
            yield {
                "import": reject.of.public_id,
                "row_no": reject.row_no,
                "reason": reject.reason,
                "detail": reject.detail,
                "cells": reject.cells,
            }


def changes_of(whom: Who) -> Iterator[Mapping[str, Any]]:
    for change in _changes(whom).select_related("of").order_by("pk"):
        yield {
            "import": change.of.public_id,
            "table": change.table,
            "before": _without_ids(change.before),
            "after": _without_ids(change.after),
        }


def forget_changes(whom: Who, now: datetime) -> None:
    _changes(whom).delete()


def forget_rejects(whom: Who, now: datetime) -> None:
    """Where in doubt, by the name too: a cleared cell of a namesake is the smaller harm."""
    mine = [
        reject.pk
        for reject in ImportReject.objects.order_by("pk").iterator(ROWS)
        if tells_of(whom, _cells(reject), by_name=True)
    ]
    ImportReject.objects.filter(pk__in=mine).update(cells=[], detail={})


def forget_uploads(whom: Who, now: datetime) -> None:
    """A file that has not come in, or not whole, and tells of them, goes: it would bring them back."""
    for of in Import.objects.exclude(state__in=WORKING).order_by("pk"):
        told = tells_of(whom, _sample_cells(of), by_name=True)
        home = files.folder(of.public_id)
        if home.exists() and (told or _file_tells(of, home, whom)):
            _close(of, home)
        elif told or of.check_report.get("examples"):
            of.sheet["sample"] = [row for row in of.sheet["sample"] if not tells_of(whom, row, by_name=True)]
            of.check_report.pop("examples", None)
            of.save(update_fields=["sheet", "check_report"])


def uploads_at_work(whom: Who) -> bool:
    return Import.objects.filter(state__in=WORKING).exists()


@transaction.atomic
def _close(of: Import, home: Path) -> None:
    if of.started_at is None:
        of.delete()
    else:
        of.sheet["sample"] = []
        of.check_report.pop("examples", None)
        of.save(update_fields=["sheet", "check_report"])
    transaction.on_commit(lambda: files.forget(home))


def _file_tells(of: Import, home: Path, whom: Who) -> bool:
    upload = home / files.UPLOAD
    if not upload.exists():
        return True  # what is left of a file that is gone serves nobody
    with tempfile.TemporaryDirectory(dir=home) as beside:
        staged = Path(beside) / "staged.parquet"
        try:
            tables.stage(
                upload, of.filename, staged, sheet=of.sheet["sheet"], max_bytes=settings.IMPORT_MAX_BYTES, sort_by=None
            )
        except tables.TableError:
            return True
        for bounds in tables.chunks(staged, ROWS):
            columns = tables.read_chunk(staged, bounds.offset, bounds.limit)
            columns.pop("row_no")
            if any(tells_of(whom, cells, by_name=True) for cells in columns.values()):
                return True
        return any(tells_of(whom, [row.raw], by_name=True) for row in tables.read_rejects(staged))


def _cells(reject: ImportReject) -> list[object]:
    return [*reject.cells, *reject.detail.values()]


def _sample_cells(of: Import) -> list[object]:
    return [cell for row in of.sheet.get("sample", []) for cell in row]


def _changes(whom: Who) -> QuerySet[ImportChange]:
    """By the rows that they have now, in any table of any room."""
    mine = Q(table=TAGS_OF_PEOPLE, row__in=list(whom.people))
    for table in personal.tables():
        if isinstance(table.found, str):
            mine |= Q(table=table.model._meta.db_table, row__in=list(table.rows(whom).values_list("pk", flat=True)))
    return ImportChange.objects.filter(mine)


def _without_ids(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if not name.endswith("_id")}
