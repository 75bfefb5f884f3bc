"""Ask for a file, stop, go on, remove it: verbs that only set the state; the worker's lane does the rest."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction

from guanxi.audiences import queries
from guanxi.audiences.models import Audience, Export, ExportState
from guanxi.audiences.operations.exports.files import drop
from guanxi.audiences.queries import exports
from guanxi.audiences.rules.exporting import FORMATS, PRESETS, Shape
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission, may
from guanxi.people.queries import Wanted

WAITING_AT_MOST = 20


class ExportRefused(ValueError):
    """`reason`: not_allowed, no_reason, no_columns, unknown_column, column_twice, unknown_format, unknown_preset,
    unknown_device, no_ids, unknown_language, no_reveal, too_many, not_running, not_stopped or not_there."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def start_export(
    *, of: Audience | Wanted, shape: Shape, by: Staff, now: datetime, why: str = "", reason: str = ""
) -> Export:
    """Everyone in an audience, or everyone who fits a filter, whom `by` sees. Raises ExportRefused and RuleError."""
    if not may(by.role, Permission.EXPORTS_MAKE):
        raise ExportRefused("not_allowed")
    if not (why or reason.strip()):
        raise ExportRefused("no_reason")
    check(shape, by)
    if Export.objects.filter(state=ExportState.RUNNING).count() >= WAITING_AT_MOST:
        raise ExportRefused("too_many")
    audience = of if isinstance(of, Audience) else None
    made: Export = Export.objects.create(
        audience=audience,
        name=audience.name if audience else "",
        chosen=meant(of),
        shape=msgspec.to_builtins(shape),
        by=by,
        created_at=now,
    )
    detail = {"format": shape.preset or shape.as_, "clear": shape.clear, "agreed": shape.only_agreed, "why": why}
    governance.record(
        act="export.started", by=by, subject=made.public_id, reason=reason.strip(), detail=detail, now=now
    )
    return made


def meant(of: Audience | Wanted) -> dict[str, Any]:
    """Raises RuleError."""
    if isinstance(of, Audience):
        rule = queries.people_rule(of)
        queries.parse_rule(rule, queries.catalogue())
        return {"rule": queries.settled(rule)}
    return {"filter": msgspec.to_builtins(of)}


def check(shape: Shape, by: Staff) -> None:
    """Raises ExportRefused."""
    if shape.as_ not in FORMATS:
        raise ExportRefused("unknown_format")
    if shape.clear and not may(by.role, Permission.PEOPLE_REVEAL):
        raise ExportRefused("no_reveal")
    if shape.hashed:
        _check_hashed(shape)
        return
    if shape.language not in dict(settings.LANGUAGES):
        raise ExportRefused("unknown_language")
    if not shape.columns:
        raise ExportRefused("no_columns")
    if set(shape.columns) - exports.columns().keys():
        raise ExportRefused("unknown_column")
    if len(set(shape.columns)) < len(shape.columns):
        raise ExportRefused("column_twice")


def _check_hashed(shape: Shape) -> None:
    preset = PRESETS.get(shape.preset)
    if preset is None:
        raise ExportRefused("unknown_preset")
    if preset.for_devices and shape.device not in dict(exports.devices()):
        raise ExportRefused("unknown_device")
    if not shape.hashes():
        raise ExportRefused("no_ids")


@transaction.atomic
def stop_export(*, of: Export, by: Staff, now: datetime) -> Export:
    """After the people who are being written now. Raises ExportRefused."""
    of = _locked(of)
    if of.state != ExportState.RUNNING:
        raise ExportRefused("not_running")
    of.state, of.finished_at = ExportState.STOPPED, now
    of.save(update_fields=["state", "finished_at"])
    governance.record(act="export.stopped", by=by, subject=of.public_id, now=now)
    return of


@transaction.atomic
def resume_export(*, of: Export, by: Staff, now: datetime) -> Export:
    """Where it stopped. Raises ExportRefused."""
    of = _locked(of)
    if not exports.may_resume(of):
        raise ExportRefused("not_stopped")
    of.state, of.problem, of.attempts, of.finished_at = ExportState.RUNNING, "", 0, None
    of.save(update_fields=["state", "problem", "attempts", "finished_at"])
    governance.record(act="export.resumed", by=by, subject=of.public_id, now=now)
    return of


@transaction.atomic
def remove_export(*, of: Export, by: Staff, now: datetime) -> Export:
    """The file goes, at once and for good; that it was made stays. Raises ExportRefused."""
    of = _locked(of)
    if of.salt is None:
        raise ExportRefused("not_there")
    drop(of, "removed", now=now)
    governance.record(act="export.removed", by=by, subject=of.public_id, now=now)
    return of


def _locked(of: Export) -> Export:
    found: Export = Export.objects.select_for_update().select_related(None).get(pk=of.pk)
    return found
