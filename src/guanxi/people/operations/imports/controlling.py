"""Check, run, stop, go on, take back: the verbs that only set the state and ring; a worker does the rest."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit import leases
from guanxi.kit.apart import apart
from guanxi.people import tasks
from guanxi.people.models import Import, ImportChange, ImportReject, ImportState
from guanxi.people.operations.imports import files
from guanxi.people.operations.imports.choosing import ChoiceRefused
from guanxi.people.operations.imports.states import UNDO_FOR, WORKING, ImportRefused, locked, may_change, may_undo
from guanxi.people.operations.imports.working import tell_starter
from guanxi.people.queries.imports import likely_answers
from guanxi.people.registry import import_kind


@transaction.atomic
def check_import(*, of: Import) -> Import:
    """Rehearse the whole file; writes nothing but the report. Raises ImportRefused or ChoiceRefused."""
    of = locked(of)
    if not may_change(of):
        raise ImportRefused("already_running")
    if not of.mapping:
        raise ImportRefused("no_columns")
    kind = import_kind(of.kind)
    options = of.options or likely_answers(of)
    if objections := kind.objections(of.mapping["columns"], options):
        raise ChoiceRefused(objections)
    of.options, of.problem, of.check_report = options, {}, {}
    of.total_rows, of.done_rows = None, 0
    return _ring(of, ImportState.CHECKING)


@transaction.atomic
def run_import(*, of: Import, now: datetime, by: Staff | None = None) -> Import:
    """Let the checked rows in. Raises ImportRefused unless it was checked with these columns and options."""
    of = locked(of)
    if of.state != ImportState.CHECKED:
        raise ImportRefused("not_checked")
    of.started_at, of.done_rows = now, 0
    _ring(of, ImportState.RUNNING)
    governance.record(act="import.run", by=by, subject=of.public_id, detail={"kind": of.kind}, now=now)
    return of


@transaction.atomic
def cancel_import(*, of: Import) -> Import:
    """Stop after the chunk that is being written; what came in stays. Raises ImportRefused when nothing runs."""
    of = locked(of)
    if of.state not in (ImportState.CHECKING, ImportState.RUNNING):
        raise ImportRefused("nothing_runs")
    of.stop_asked = True
    return _ring(of, ImportState(of.state))


@transaction.atomic
def resume_import(*, of: Import) -> Import:
    """Go on behind the last chunk that came in. Raises ImportRefused unless it was stopped or failed."""
    of = locked(of)
    if of.state not in (ImportState.CANCELLED, ImportState.FAILED) or not of.mapping or not of.sheet["sample"]:
        raise ImportRefused("not_stopped")
    if of.undo_report:
        return _ring(of, ImportState.UNDOING)
    return _ring(of, ImportState.RUNNING if of.started_at else ImportState.CHECKING)


@transaction.atomic
def undo_import(*, of: Import, now: datetime, by: Staff | None = None) -> Import:
    """Take back what the import did, within seven days. Raises ImportRefused."""
    of = locked(of)
    if not may_undo(of, now):
        raise ImportRefused("too_late_or_nothing")
    of.undo_report = {"done": [], "after": 0, "removed": 0, "restored": 0, "kept": {}}
    _ring(of, ImportState.UNDOING)
    governance.record(act="import.undone", by=by, subject=of.public_id, detail={"kind": of.kind}, now=now)
    return of


@transaction.atomic
def fail_import(*, import_id: int, now: datetime) -> None:
    """What should not have happened did: say so, and let staff go on or undo."""
    of = Import.objects.select_for_update().get(pk=import_id)
    of.state, of.problem, of.stop_asked, of.lease_until = ImportState.FAILED, {"code": "unexpected"}, False, None
    of.finished_at = now if of.started_at else None
    of.save(update_fields=["state", "problem", "stop_asked", "lease_until", "finished_at"])
    tell_starter(of, now)


def sweep(*, now: datetime) -> int:
    """Ring again for imports whose worker has gone, and forget what undo needed once it is over; how many were rung."""
    waiting = Import.objects.filter(leases.free(), state__in=WORKING)
    rung = [tasks.ring(pk) for pk in waiting.values_list("pk", flat=True)]
    forget_old(now)
    return sum(rung)


def forget_old(now: datetime) -> None:
    """Seven days on, addresses in clear (files, samples, rejected cells) and the journal have served their purpose."""
    old = now - UNDO_FOR
    resting = Import.objects.exclude(state__in=WORKING)
    for of in resting.filter(started_at=None, created_at__lt=old):
        with apart("old import", of.pk):
            files.forget(files.folder(of.public_id))
            of.delete()
    for of in resting.filter(finished_at__lt=old).exclude(sheet__sample=[]):
        with apart("old import", of.pk):
            _empty(of)


def _empty(of: Import) -> None:
    """The file first: while it lies there, the row says so, and the next sweep tries again."""
    files.forget(files.folder(of.public_id))
    with transaction.atomic():
        ImportReject.objects.filter(of=of).delete()
        ImportChange.objects.filter(of=of).delete()
        of.sheet["sample"] = []
        of.save(update_fields=["sheet"])


def _ring(of: Import, state: ImportState) -> Import:
    of.state, of.problem = state, {}
    of.save()
    tasks.ring(of.pk)
    return of
