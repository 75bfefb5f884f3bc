"""What goes, and what stands in the way, when a field is deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from guanxi.people.models import Bulk, BulkAct, BulkState, Field, Import, ImportState, Role, RoleField, SavedView, Trait
from guanxi.people.registry import FieldUse, uses_of

AT_WORK = (ImportState.CHECKING, ImportState.RUNNING, ImportState.UNDOING)


@dataclass(frozen=True)
class Losses:
    """`people` have a value; `roles` begin with one, or with nothing; `shown` views have it as a column, `asked` are
    filtered by it and go, too. As long as there are `uses`, it stays."""

    people: int
    roles: list[tuple[Role, str]]
    shown: int
    asked: int
    uses: list[FieldUse]


def field_losses(field: Field) -> Losses:
    views = list(SavedView.objects.all())
    roles = RoleField.objects.filter(field=field).order_by("pk").values_list("role", "value")
    return Losses(
        people=Trait.objects.filter(field=field, person__merged_into=None, person__erased_at=None).count(),
        roles=[(Role(role), value) for role, value in roles],
        shown=sum(shows(one.asked, field) and not asks(one.asked, field) for one in views),
        asked=sum(asks(one.asked, field) for one in views),
        uses=[*_at_work(field), *uses_of(field)],
    )


def asks(asked: Mapping[str, str], field: Field) -> bool:
    return any(asked.get(f"{form}:{field.key}") for form in ("trait", "least", "most"))


def shows(asked: Mapping[str, str], field: Field) -> bool:
    return f"trait:{field.key}" in asked.get("columns", "").split(",")


def _at_work(field: Field) -> list[FieldUse]:
    imports = Import.objects.filter(state__in=AT_WORK, mapping__traits__has_key=field.key).order_by("pk")
    bulks = Bulk.objects.filter(
        act=BulkAct.TRAIT, state__in=(BulkState.RUNNING, BulkState.UNDOING), value__field=field.pk
    ).order_by("pk")
    return [
        *(FieldUse("import", one.public_id, one.filename) for one in imports),
        *(FieldUse("bulk", one.public_id) for one in bulks),
    ]
