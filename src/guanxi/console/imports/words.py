"""What the pages of an import say: its state, where it goes on, and why a row or a file stays out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.console.access import StaffRequest
from guanxi.kit import tables
from guanxi.people import queries as people
from guanxi.people.models import Import, ImportReject, ImportState
from guanxi.people.operations.imports.states import UNDO_FOR, WORKING, may_change, may_undo
from guanxi.people.port import ImportKind, Objection
from guanxi.people.registry import UnknownKind, import_kind

TONES = {
    ImportState.CHECKING: "info",
    ImportState.CHECKED: "acc",
    ImportState.RUNNING: "info",
    ImportState.CANCELLED: "warn",
    ImportState.DONE: "ok",
    ImportState.FAILED: "danger",
    ImportState.UNDOING: "info",
}
STEPS: list[tuple[Any, str]] = [
    (gettext_lazy("File"), ""),
    (gettext_lazy("Columns"), "import_columns"),
    (gettext_lazy("Check"), "import_check"),
    (gettext_lazy("Duplicates and consent"), "import_options"),
    (gettext_lazy("Run"), "import_run"),
]
EXAMPLES = 3


def found(public_id: str) -> Import:
    of = Import.objects.filter(public_id=public_id).select_related("by").first()
    if of is None:
        raise Http404
    return of


def kind_of(of: Import) -> ImportKind:
    try:
        return import_kind(of.kind)
    except UnknownKind:
        raise Http404 from None


def place_of(of: Import) -> str:
    """The name of the page where this import goes on."""
    if of.started_at:
        return "import"
    return "import_check" if of.mapping else "import_columns"


def stepper(request: StaffRequest, of: Import | None) -> list[dict[str, Any]]:
    """The five steps; those behind can be gone back to until rows come in."""
    open_ = of if of is not None and may_change(of) else None
    return [
        {
            "label": label,
            "url": reverse(route, args=[request.workspace.slug, open_.public_id]) if open_ and route else "",
        }
        for label, route in STEPS
    ]


def page_of(request: StaffRequest, of: Import, current: int, **more: Any) -> dict[str, Any]:
    """What every page of one import shows."""
    return {
        "of": of,
        "kind": kind_of(of),
        "tone": TONES.get(ImportState(of.state), ""),
        "working": of.state in WORKING,
        "steps": stepper(request, of),
        "current": current,
        **more,
    }


@dataclass(frozen=True)
class Reason:
    """Why rows stay out, with the first of them in words."""

    code: str
    rows: int
    examples: list[tuple[int, str]]


def outcome(request: StaffRequest, of: Import) -> dict[str, Any]:
    """The figures of the check, or of the run once it has begun."""
    if of.state in WORKING:
        return {}
    figures: Mapping[str, Any] = of.check_report
    if of.started_at:
        figures = {name: getattr(of, name) for name in ("created", "updated", "unchanged", "rejected")}
    return {
        "figures": figures,
        "coming": figures.get("created", 0) + figures.get("updated", 0),
        "reasons": reasons(of) if figures.get("rejected") else [],
        "problem": problem_text(of),
        "may_undo": may_undo(of, request.now),
        "undo_until": (of.finished_at or of.started_at) + UNDO_FOR if of.started_at else None,
        "kept": [
            (people.reason_text(of.kind, code, {}), rows) for code, rows in of.undo_report.get("kept", {}).items()
        ],
    }


def reasons(of: Import) -> list[Reason]:
    held = ImportReject.objects.filter(of=of, phase=people.rejects_phase(of))
    counts = held.values_list("reason").annotate(rows=Count("pk")).order_by("-rows", "reason")
    return [
        Reason(code, rows, [(row.row_no, people.row_reason(of, code, row.detail)) for row in first_of(held, code)])
        for code, rows in counts
    ]


def first_of(held: Any, code: str) -> Iterable[ImportReject]:
    rows: Iterable[ImportReject] = held.filter(reason=code).order_by("row_no", "pk")[:EXAMPLES]
    return rows


def problem_text(of: Import) -> str:
    return people.reason_text(of.kind, of.problem["code"], of.problem.get("params", {})) if of.problem else ""


def objections_text(of: Import, objections: Sequence[Objection]) -> list[str]:
    return [people.reason_text(of.kind, objection.code, objection.detail) for objection in objections]


def table_text(error: tables.TableError) -> str:
    return _(tables.MESSAGES[error.code]) % dict(error.params)
