"""Imports in words: what a column probably is, why a row stayed out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from guanxi.kit import tables
from guanxi.people.models import (
    Field,
    IdentityKind,
    Import,
    ImportReject,
    ImportState,
)
from guanxi.people.models.linking import KIND_LABELS
from guanxi.people.port import MESSAGES, Text
from guanxi.people.queries.exported import OWN_ID, READ, TOLD, every_language, is_export
from guanxi.people.queries.kinds import kind_labels, kinds
from guanxi.people.registry import UnknownKind, import_kind
from guanxi.people.rules import guess_columns, guess_kind
from guanxi.people.rules.kinds import CALLED, COLUMN, Kind

REFUSALS: Mapping[str, Text] = {
    "already_running": _("Rows of this file are on their way in already; start a new import to read it differently."),
    "no_columns": _("Choose first which column is what."),
    "not_checked": _("Check the file first."),
    "nothing_runs": _("Nothing is running that could be stopped."),
    "not_stopped": _("Only an import that was stopped or that failed can go on."),
    "too_late_or_nothing": _("Only an import that has stopped can be undone, within seven days."),
}


_IN_BRACKETS = re.compile(r" [(].{1,64}[)]$")
BEFORE_REJECTED = (_("Row"), _("Reason"))


class _Filling(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def reason_text(kind: str, reason: str, detail: Mapping[str, Any], columns: Mapping[str, str] | None = None) -> str:
    """A reason or objection in words, in the current language; `columns` (of the mapping) name what becomes a trait."""
    try:
        known = import_kind(kind)
    except UnknownKind:
        return reason
    message = known.messages.get(reason) or MESSAGES.get(reason) or tables.MESSAGES.get(reason)
    if message is None:
        return reason
    labels = {target: column for column, target in (columns or {}).items()}
    labels |= {one.key: str(one.label) for one in known.fields}
    shown = {name: labels.get(value, value) if name in ("field", "other") else value for name, value in detail.items()}
    return _translated(message) % _Filling(shown)


def row_reason(of: Import, reason: str, detail: Mapping[str, Any]) -> str:
    return reason_text(of.kind, reason, detail, of.mapping.get("columns"))


def _translated(message: Text) -> str:
    from django.utils.translation import gettext

    return gettext(message) if isinstance(message, str) else str(message)


def suggested_columns(of: Import) -> dict[str, str]:
    """Column → what it probably is, for every column of the file: a field, a known trait, or a new one."""
    kind = import_kind(of.kind)
    known = {one.key: (one.key, str(one.label), *one.synonyms) for one in kind.fields}
    if kind.takes_traits:
        known |= {f"trait:{one.key}": (one.key, one.label) for one in Field.objects.order_by("pk")}
        known |= {f"{COLUMN}{key}": (key, label, *CALLED.get(key, ())) for key, label in other_kinds().items()}
    exported = kind.takes_traits and is_export(of)
    guessed = _of_export(of, known) if exported else guess_columns(of.sheet["header"], known)
    sample = list(zip(*of.sheet["sample"], strict=True)) or [()] * len(of.sheet["header"])
    ours = len(BEFORE_REJECTED) if brings_back(of) else 0
    return {
        column: ""
        if place < ours
        else guessed.get(column, "")
        if exported
        else guessed.get(column) or (f"new:{guess_kind(sample[place])}" if kind.takes_traits else "")
        for place, column in enumerate(of.sheet["header"])
    }


def _of_export(of: Import, known: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """The columns of a file that was exported here, in any language. Where several places gave ids of a kind, the first
    column has them; who gave them stands in brackets."""
    left = {name for label in (OWN_ID, *TOLD.values()) for name in every_language(label)}
    labels = {key: (*names, *_labels(key)) for key, names in known.items()}
    header = [column for column in of.sheet["header"] if column not in left]
    whole = guess_columns(header, labels)
    short = {column: _IN_BRACKETS.sub("", column) for column in header if column not in whole}
    rest = {key: names for key, names in labels.items() if key not in whole.values()}
    found = guess_columns(list(short.values()), rest)
    for column, name in short.items():
        if target := found.pop(name, ""):
            whole[column] = target
    return whole


def _labels(key: str) -> list[str]:
    label = READ.get(key) or KIND_LABELS.get(key.removeprefix(COLUMN))
    return list(every_language(label)) if label else []


def other_kinds() -> dict[str, str]:
    """The kinds of ids that have no field of their own, as they are called here."""
    return {key: str(label) for key, label in kind_labels().items() if key not in IdentityKind.values}


def id_columns() -> dict[str, Kind]:
    """What a column may be read as, beside fields and traits → the kind."""
    return {f"{COLUMN}{key}": kind for key, kind in kinds().items() if key not in IdentityKind.values}


def likely_answers(of: Import) -> dict[str, str]:
    """What the questions of its kind are answered before anybody does: by a column chosen for it, where one is."""
    kind, columns = import_kind(of.kind), of.mapping.get("columns", {})
    answers = {one.key: one.default for one in kind.options}
    by_column = {
        one.key: "column"
        for one in kind.options
        if one.key in columns.values() and "column" in {choice.value for choice in one.choices}
    }
    return answers if kind.objections(columns, answers | by_column) else answers | by_column


def brings_back(of: Import) -> bool:
    """Whether this is a file of rejected rows, as it was downloaded in any language, corrected and brought back."""
    first = tuple(of.sheet["header"][: len(BEFORE_REJECTED)])
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            if first == tuple(map(str, BEFORE_REJECTED)):
                return True
    return False


def rejected_rows(of: Import, phase: str = "run") -> tuple[list[str], Iterator[list[str]]]:
    """Header and rows of the file of rejected rows: row number, reason in words, then the cells as they were."""
    ours, own = len(BEFORE_REJECTED) if brings_back(of) else 0, of.sheet["header"]
    found = ImportReject.objects.filter(of=of, phase=phase).order_by("row_no", "pk").iterator(chunk_size=2_000)
    rows = (_as_cells(of, row, ours if len(row.cells) == len(own) else 0) for row in found)
    return [*map(str, BEFORE_REJECTED), *own[ours:]], rows


def _as_cells(of: Import, row: ImportReject, ours: int) -> list[str]:
    return [str(row.row_no), row_reason(of, row.reason, row.detail), *row.cells[ours:]]


def rejects_phase(of: Import) -> str:
    """Where the rejected rows of this import stand: those of the run once it has begun, before that of the check."""
    return "run" if of.started_at else "check"


def imports_at_work() -> dict[str, int]:
    states = {state.value: 0 for state in (ImportState.CHECKING, ImportState.RUNNING, ImportState.UNDOING)}
    return states | dict(Import.objects.filter(state__in=states).values_list("state").annotate(Count("pk")))
