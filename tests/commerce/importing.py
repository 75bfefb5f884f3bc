"""Imports in one call, as a user does them: columns by their names, check, run."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from guanxi.people import operations as people
from guanxi.people.models import Import, ImportReject
from guanxi.people.registry import import_kind
from guanxi.people.rules import guess_columns


def bring(kind: str, text: str, now: datetime, *, options: Mapping[str, str] | None = None) -> Import:
    """Import a small CSV; the columns are read by their names."""
    of = people.start_import(file=io.BytesIO(text.encode()), filename=f"{kind}.csv", kind=kind, by=None, now=now)
    names = {field.key: (field.key, *field.synonyms) for field in import_kind(kind).fields}
    of = people.choose_columns(of=of, columns=guess_columns(of.sheet["header"], names))
    of = people.choose_options(of=of, options=options or {})
    return settle(of, now)


def settle(of: Import, now: datetime) -> Import:
    people.check_import(of=of)
    people.work_import(import_id=of.pk, now=now)
    of.refresh_from_db()
    people.run_import(of=of, now=now)
    people.work_import(import_id=of.pk, now=now)
    of.refresh_from_db()
    assert of.state == "done", of.problem
    return of


def undo(of: Import, now: datetime) -> dict[str, Any]:
    people.undo_import(of=of, now=now)
    people.work_import(import_id=of.pk, now=now)
    of.refresh_from_db()
    assert of.state == "undone", of.problem
    return {key: of.undo_report[key] for key in ("removed", "kept")}


def counts(of: Import) -> tuple[int, int, int, int]:
    return of.created, of.updated, of.unchanged, of.rejected


def rejects(of: Import) -> list[tuple[int, str]]:
    found = ImportReject.objects.filter(of=of, phase="run").order_by("row_no")
    return list(found.values_list("row_no", "reason"))
