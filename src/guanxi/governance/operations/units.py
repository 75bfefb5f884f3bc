"""Regions, stores and departments."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction

from guanxi.governance.models import Staff, Unit, Workspace
from guanxi.governance.operations.audit import record
from guanxi.kit import scope


class UnitRefused(ValueError):
    """`reason`: same_name (its neighbour is called so), or in_use (something points at it)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def add_unit(*, name: str, parent: Unit | None = None, by: Staff | None = None) -> Unit:
    """Raises UnitRefused."""
    _free_name(name, parent)
    unit = Unit.objects.create(name=name, parent=parent, path="")
    unit.path = f"{parent.path if parent else ''}{unit.pk}/"
    unit.save(update_fields=["path"])
    record(act="unit.added", by=by, subject=unit.public_id)
    return unit


@transaction.atomic
def rename_unit(*, unit: Unit, name: str, by: Staff) -> None:
    """Raises UnitRefused."""
    _free_name(name, unit.parent, but=unit)
    if Unit.objects.filter(pk=unit.pk).exclude(name=name).update(name=name):
        record(act="unit.renamed", by=by, subject=unit.public_id)


@transaction.atomic
def remove_unit(*, unit: Unit, by: Staff) -> None:
    """One without people, staff and units below it. Raises UnitRefused."""
    held = Unit.objects.select_for_update().get(pk=unit.pk)
    if any(one.related_model._default_manager.filter(**{one.field.name: held}).exists() for one in _pointing()):
        raise UnitRefused("in_use")
    record(act="unit.removed", by=by, subject=held.public_id)
    held.delete()


def _pointing() -> list[Any]:
    """Whatever may point at a unit, in the rooms above, too."""
    return [one for one in Unit._meta.get_fields(include_hidden=True) if isinstance(one, models.ManyToOneRel)]


def _free_name(name: str, parent: Unit | None, but: Unit | None = None) -> None:
    """Two units of one name beside each other could not be told apart in a list or a file."""
    Workspace.objects.select_for_update(no_key=True).get(pk=scope.current())  # two at once come one after the other
    beside = Unit.objects.filter(parent=parent, name__iexact=name)
    if any(one != but for one in beside):
        raise UnitRefused("same_name")
