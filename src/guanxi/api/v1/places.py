"""Whose person, and of which unit: within what the maker of the key may see, as on the pages of the console."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from guanxi.api.problems import invalid
from guanxi.api.v1 import shapes
from guanxi.governance import queries as governance
from guanxi.governance.models import Staff, Unit
from guanxi.governance.queries import DataScope, data_scope
from guanxi.people.models import Person


def chosen(staff: Staff, owner: str | None, unit: str | None) -> tuple[Staff | None, Unit | None]:
    """For a new person. Advisors keep their own; managers keep theirs in their unit or below."""
    if data_scope(staff.role) == DataScope.OWN:
        _only_own(staff, owner, unit)
        return staff, staff.unit
    owners, units = _choices(staff)
    place = shapes.chosen(units, unit, "unit")
    if place is None and data_scope(staff.role) == DataScope.UNIT:
        place = staff.unit
    return shapes.chosen(owners, owner, "owner"), place


def changed(staff: Staff, person: Person, given: Mapping[str, Any]) -> tuple[Staff | None, Unit | None]:
    """For a person who is here: what `given` does not name stays."""
    owners, units = _choices(staff)
    owner = shapes.chosen(owners, given["owner"], "owner") if "owner" in given else person.owner
    unit = shapes.chosen(units, given["unit"], "unit") if "unit" in given else person.unit
    match data_scope(staff.role):
        case DataScope.OWN if (owner, unit) != (person.owner, person.unit):
            raise invalid("owner", "This key keeps the people of its maker and gives none away.", "not_yours")
        case DataScope.UNIT if unit is None and staff.unit is not None:
            raise invalid("unit", "Choose your unit or one below it.", "missing")
    return owner, unit


def _only_own(staff: Staff, owner: str | None, unit: str | None) -> None:
    if owner not in (None, staff.public_id):
        raise invalid("owner", "This key adds people for its maker only.", "not_yours")
    if unit is not None and (staff.unit is None or unit != staff.unit.public_id):
        raise invalid("unit", "This key adds people to the unit of its maker only.", "not_yours")


def _choices(staff: Staff) -> tuple[QuerySet[Staff], QuerySet[Unit]]:
    owners, units = Staff.objects.filter(is_active=True), Unit.objects.all()
    if data_scope(staff.role) == DataScope.UNIT and staff.unit is not None:
        below = governance.unit_and_below(staff.unit)
        return owners.filter(unit_id__in=below), units.filter(pk__in=below)
    return owners, units
