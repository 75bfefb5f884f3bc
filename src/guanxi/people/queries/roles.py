"""What belongs to the roles of people, and whom a value for all of a role would reach."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

import msgspec
from django.db import connection

from guanxi.kit import scope
from guanxi.people.models import Field, GivenDefault, Person, PersonTag, Role, RoleField, RoleRules, Tag, Trait
from guanxi.people.rules.roles import FILLED_AT_ONCE, PRIORITIES, USUAL

__all__ = [
    "FILLED_AT_ONCE",
    "PRIORITIES",
    "USUAL",
    "FieldOfRole",
    "KnownRules",
    "WouldGet",
    "all_role_rules",
    "field_version",
    "fields_of_roles",
    "labels_by_role",
    "priorities",
    "role_rules",
    "shown_fields",
    "to_fill",
    "would_get",
]
EMPTY, EARLIER = "empty", "earlier"


@dataclass(frozen=True)
class FieldOfRole:
    field: Field
    value: str


@dataclass(frozen=True)
class KnownRules:
    """`row` is None as long as nobody settled anything."""

    role: Role
    priority: int
    version: int
    fields: list[FieldOfRole]
    row: RoleRules | None


def role_rules(role: str) -> KnownRules:
    return _known(Role(role), RoleRules.objects.filter(role=role).select_related("by"), _fields([role]))


def all_role_rules() -> list[KnownRules]:
    """Those who go first, first."""
    rows, fields = list(RoleRules.objects.select_related("by")), _fields(Role.values)
    found = [_known(role, [row for row in rows if row.role == role], fields) for role in Role]
    return sorted(found, key=lambda one: (one.priority, USUAL[one.role]))


def _fields(roles: Sequence[str]) -> list[RoleField]:
    rows = RoleField.objects.filter(role__in=roles).select_related("field")
    return list(rows.order_by("position", "pk"))


def _known(role: Role, rows: Iterable[RoleRules], fields: Sequence[RoleField]) -> KnownRules:
    row = next(iter(rows), None)
    mine = [FieldOfRole(one.field, one.value) for one in fields if one.role == role]
    return KnownRules(role, row.priority if row else USUAL[role], row.version if row else 0, mine, row)


def priorities() -> dict[str, int]:
    """Role → its place in lists of work; those that go first by themselves, first."""
    return {**USUAL, **dict(RoleRules.objects.values_list("role", "priority"))}


def fields_of_roles() -> dict[int, list[str]]:
    """Field → the roles to which it belongs; one that belongs to none is everybody's and missing."""
    found: dict[int, list[str]] = {}
    for field, role in RoleField.objects.order_by("pk").values_list("field_id", "role"):
        found.setdefault(field, []).append(role)
    return found


def labels_by_role() -> dict[str, dict[str, str]]:
    """Role → the keys of its fields, in their order, and how they are called."""
    found: dict[str, dict[str, str]] = {}
    for one in _fields(Role.values):
        found.setdefault(one.role, {})[one.field.key] = one.field.label
    return found


def shown_fields(role: str, fields: Sequence[Field]) -> tuple[list[Field], list[Field]]:
    """Of these fields those of this role, in the role's order, and those of everybody, as they come."""
    by_role = fields_of_roles()
    order = dict(RoleField.objects.filter(role=role).values_list("field_id", "position"))
    mine = sorted((one for one in fields if one.pk in order), key=lambda one: order[one.pk])
    return mine, [one for one in fields if one.pk not in by_role]


def field_version(field: Field) -> str:
    return sha256(msgspec.json.encode([field.label, field.choices])).hexdigest()[:16]


_STATES = f"""
SELECT trait.id IS NULL AND given.id IS NULL AS is_empty, carried.person_id, of.field_id,
       trait.set_at IS NULL AND trait.value = given.value AND trait.value <> of.value AS is_earlier,
       trait.value = of.value AS is_same
FROM {RoleField._meta.db_table} of
JOIN {Tag._meta.db_table} tag ON tag.workspace_id = of.workspace_id AND tag.role = of.role
JOIN {PersonTag._meta.db_table} carried ON carried.workspace_id = of.workspace_id AND carried.tag_id = tag.id
JOIN {Person._meta.db_table} person ON person.id = carried.person_id AND person.merged_into_id IS NULL
     AND person.erased_at IS NULL
LEFT JOIN {Trait._meta.db_table} trait ON trait.person_id = carried.person_id AND trait.field_id = of.field_id
LEFT JOIN {GivenDefault._meta.db_table} given ON given.person_id = carried.person_id AND given.field_id = of.field_id
     AND given.role = of.role
WHERE of.workspace_id = %s AND of.role = %s AND of.value <> ''
"""  # noqa: S608
_COUNTED = f"""
SELECT field_id, count(*) FILTER (WHERE is_empty), count(*) FILTER (WHERE is_earlier), count(*) FILTER (WHERE is_same),
       count(*)
FROM ({_STATES}) found GROUP BY field_id
"""  # noqa: S608
_TO_FILL = f"""
SELECT person_id, field_id, CASE WHEN is_empty THEN '{EMPTY}' ELSE '{EARLIER}' END FROM ({_STATES}) found
WHERE is_empty OR is_earlier ORDER BY person_id, field_id LIMIT %s
"""  # noqa: S608


@dataclass(frozen=True)
class WouldGet:
    """Of those who have the role: whose field is empty, says an earlier value of the role as it came, says this
    already, or something of its own (or was emptied by hand), which stays."""

    field: Field
    value: str
    empty: int
    earlier: int
    same: int
    own: int


def would_get(role: str) -> list[WouldGet]:
    """For each field of the role that has a value, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, [scope.current(), role])
        counts = {field: figures for field, *figures in cursor.fetchall()}
    found = []
    for one in role_rules(role).fields:
        if one.value:
            empty, earlier, same, whole = counts.get(one.field.pk, (0, 0, 0, 0))
            found.append(WouldGet(one.field, one.value, empty, earlier, same, whole - empty - earlier - same))
    return found


def to_fill(role: str, most: int) -> list[tuple[int, int, str]]:
    """Person, field, and whether it is empty or says an earlier value."""
    with connection.cursor() as cursor:
        cursor.execute(_TO_FILL, [scope.current(), role, most])
        return [(person, field, state) for person, field, state in cursor.fetchall()]
