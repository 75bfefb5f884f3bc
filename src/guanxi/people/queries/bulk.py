"""Changes of many people: whom one may give people to, and which changes one may look at."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from guanxi.governance import queries as governance
from guanxi.governance.models import Staff, Unit
from guanxi.governance.queries import DataScope, data_scope
from guanxi.people.models import Bulk, BulkState, Import, ImportState

UNDO_FOR = timedelta(days=7)
BULK_WORKING = (BulkState.RUNNING, BulkState.UNDOING)


def owners_for(staff: Staff) -> QuerySet[Staff]:
    """To whom `staff` may give people: a manager of a unit, to those who work in it and below."""
    owners: QuerySet[Staff] = Staff.objects.filter(is_active=True).order_by("name", "pk")
    below = _below(staff)
    return owners if below is None else owners.filter(unit_id__in=below)


def units_for(staff: Staff) -> QuerySet[Unit]:
    units: QuerySet[Unit] = Unit.objects.order_by("path")
    below = _below(staff)
    return units if below is None else units.filter(pk__in=below)


def bound_to_unit(staff: Staff) -> bool:
    """A manager of a unit lets nobody go out of it."""
    return _below(staff) is not None


def _below(staff: Staff) -> list[int] | None:
    if data_scope(staff.role) != DataScope.UNIT or staff.unit is None:
        return None
    return governance.unit_and_below(staff.unit)


def bulks_of(staff: Staff) -> QuerySet[Bulk]:
    """Who sees everyone sees every change; others see their own."""
    found: QuerySet[Bulk] = Bulk.objects.select_related("by", "by__unit")
    return found if data_scope(staff.role) == DataScope.ALL else found.filter(by=staff)


def may_undo_bulk(of: Bulk, now: datetime) -> bool:
    settled = of.state in (BulkState.DONE, BulkState.STOPPED, BulkState.FAILED) and of.undone_at is None
    return bool(settled and of.changed and of.finished_at and now < of.finished_at + UNDO_FOR)


def at_work_for(staff: Staff) -> bool:
    """Whether an import or a change of many that `staff` started is being worked at."""
    imports = Import.objects.filter(
        by=staff, state__in=(ImportState.CHECKING, ImportState.RUNNING, ImportState.UNDOING)
    )
    mine = Bulk.objects.filter(by=staff, state__in=BULK_WORKING)
    return bool(imports.values_list("pk").union(mine.values_list("pk"), all=True)[:1])
