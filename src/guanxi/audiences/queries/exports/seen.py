"""Which files a member of staff may look at, and what may be done with one."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec
from django.db.models import QuerySet
from django.utils.timezone import localtime

from guanxi.audiences.models import Export, ExportState
from guanxi.audiences.rules.exporting import Shape
from guanxi.governance.models import Staff
from guanxi.governance.queries import DataScope, Permission, data_scope, may
from guanxi.kit import cells


def exports_of(staff: Staff) -> QuerySet[Export]:
    """Who sees everyone sees every export; others see their own."""
    found: QuerySet[Export] = Export.objects.select_related("by", "by__unit", "audience")
    return found if data_scope(staff.role) == DataScope.ALL else found.filter(by=staff)


def shape_of(of: Export) -> Shape:
    return msgspec.convert(of.shape, Shape)


def is_ready(of: Export, now: datetime) -> bool:
    return of.state == ExportState.DONE and of.salt is not None and of.expires_at is not None and now < of.expires_at


def may_read(of: Export, staff: Staff, now: datetime) -> bool:
    """Values in clear only go to who may look at them."""
    clear = bool(of.shape.get("clear"))
    return is_ready(of, now) and (not clear or may(staff.role, Permission.PEOPLE_REVEAL))


def may_resume(of: Export) -> bool:
    return of.state in (ExportState.STOPPED, ExportState.FAILED) and of.salt is not None


def file_name(of: Export) -> str:
    """people-2026-11-26.csv, or the name of the audience and the platform."""
    shape = shape_of(of)
    name = re.sub(r"[\s/\\:]+", "-", cells.file_name(of.name or "people", 60)).strip("-.")
    platform = f"-{shape.preset}" if shape.hashed else ""
    return f"{name}{platform}-{localtime(of.created_at):%Y-%m-%d}.{shape.suffix}"


def waiting() -> QuerySet[Export]:
    return Export.objects.filter(state=ExportState.RUNNING).order_by("pk")
