"""Stop, go on, take back."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from guanxi.console.access import StaffRequest, may
from guanxi.console.imports.steps import go_to, refused
from guanxi.console.imports.words import found
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people.models import Import


def turned(request: StaffRequest, public_id: str, turn: Callable[[Import], Import]) -> HttpResponse:
    of = found(public_id)
    try:
        of = turn(of)
    except people.ImportRefused as refusal:
        return refused(request, of, refusal)
    return go_to(request, "import_run" if of.started_at else "import_check", of)


@may(Permission.PEOPLE_IMPORT)
@require_POST
def stop(request: StaffRequest, public_id: str) -> HttpResponse:
    return turned(request, public_id, lambda of: people.cancel_import(of=of))


@may(Permission.PEOPLE_IMPORT)
@require_POST
def resume(request: StaffRequest, public_id: str) -> HttpResponse:
    return turned(request, public_id, lambda of: people.resume_import(of=of))


@may(Permission.PEOPLE_IMPORT)
@require_POST
def undo(request: StaffRequest, public_id: str) -> HttpResponse:
    return turned(request, public_id, lambda of: people.undo_import(of=of, now=request.now, by=request.staff))
