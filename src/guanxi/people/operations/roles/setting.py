"""What belongs to a role is settled: nobody's values change by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit import cells
from guanxi.people.models import Field, Role, RoleField, RoleRules
from guanxi.people.queries.roles import role_rules
from guanxi.people.rules import canonical
from guanxi.people.rules.roles import FIELDS_A_ROLE, PRIORITIES, USUAL


class RoleRefused(ValueError):
    """`reason`: changed (somebody saved meanwhile), priority, unknown_field, twice, too_many, bad_value, or
    nobody_is_given (a value for consumers, which everybody is from the start). `place` is the number of the field in
    what was sent."""

    def __init__(self, reason: str, place: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.place = reason, place


@dataclass(frozen=True, slots=True)
class WantedField:
    """A field by its key in the database, and what the role begins with in it, as somebody writes it."""

    field: int
    value: str = ""


@transaction.atomic
def set_role_rules(
    *, role: str, priority: int, fields: Sequence[WantedField], version: int, by: Staff | None, now: datetime
) -> bool:
    """Whether anything is other than before; `fields` are all that belong to it, in their order. Raises RoleRefused."""
    role = Role(role)
    if priority not in PRIORITIES:
        raise RoleRefused("priority")
    wanted = _checked(role, fields)
    RoleRules.objects.get_or_create(role=role, defaults={"priority": USUAL[role], "changed_at": now})
    row = RoleRules.objects.select_for_update().get(role=role)
    if row.version != version:
        raise RoleRefused("changed")
    before = role_rules(role)
    moved: dict[str, str] = {}
    if before.priority != priority:
        moved["priority"] = f"{before.priority} → {priority}"
    labels_before = [one.field.label for one in before.fields]
    labels = [field.label for field, _value in wanted]
    if labels_before != labels:
        moved["fields"] = ", ".join(labels)
    known = {one.field.pk: one.value for one in before.fields}
    if begun := [field.label for field, value in wanted if value != known.get(field.pk, "")]:
        moved["defaults"] = ", ".join(begun)
    if not moved:
        return False
    RoleField.objects.filter(role=role).delete()
    RoleField.objects.bulk_create(
        RoleField(role=role, field=field, position=place, value=value) for place, (field, value) in enumerate(wanted, 1)
    )
    row.priority, row.version, row.changed_at, row.by = priority, version + 1, now, by
    row.save()
    governance.record(act="role.settled", by=by, detail={"of": role, **moved}, now=now)
    return True


def _checked(role: str, fields: Sequence[WantedField]) -> list[tuple[Field, str]]:
    if len(fields) > FIELDS_A_ROLE:
        raise RoleRefused("too_many")
    there = Field.objects.in_bulk([one.field for one in fields])
    found: dict[int, tuple[Field, str]] = {}
    for place, one in enumerate(fields):
        if one.field not in there:
            raise RoleRefused("unknown_field", place)
        if one.field in found:
            raise RoleRefused("twice", place)
        found[one.field] = (there[one.field], _value(role, there[one.field], one.value, place))
    return list(found.values())


def _value(role: str, field: Field, text: str, place: int) -> str:
    text = text.strip()
    if not text:
        return ""
    if role == Role.CONSUMER:
        raise RoleRefused("nobody_is_given", place)
    if len(text) > 200 or cells.has_control(text):
        raise RoleRefused("bad_value", place)
    try:
        return canonical(text, field.kind, field.choices)
    except cells.BadCell:
        raise RoleRefused("bad_value", place) from None
