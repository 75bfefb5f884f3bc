"""What comes with a role: values for fields that are empty, once, and gone again with a role that is taken back.

Nobody said such a value, so it has no `set_at`: whatever anybody says, or said of the person elsewhere, beats it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection

from guanxi.events import operations as events
from guanxi.kit import bulk, scope
from guanxi.people.events import DefaultsGiven
from guanxi.people.models import GivenDefault, RoleField, Trait


def defaults_of(role: str) -> list[RoleField]:
    rows = RoleField.objects.filter(role=role).exclude(value="").select_related("field")
    return list(rows.order_by("position", "pk"))


def give_defaults(
    role: str, came: Mapping[int, int | None], *, how: str, now: datetime, import_id: int | None = None
) -> dict[int, list[str]]:
    """Person → the row of a tag by which the role came. Their fields that are empty, and were not filled with this role
    before, get its values; the answer says which, by person. The people are held by the caller."""
    found: dict[int, list[str]] = {}
    wanted = defaults_of(role) if came else []
    if not wanted:
        return found
    fields = [one.field_id for one in wanted]
    known = Trait.objects.filter(field__in=fields).extra(**bulk.any_number("person_id", came))
    given = GivenDefault.objects.filter(role=role, field__in=fields).extra(**bulk.any_number("person_id", came))
    full = {*known.values_list("person_id", "field_id"), *given.values_list("person_id", "field_id")}
    new = [(person, one) for person in came for one in wanted if (person, one.field_id) not in full]
    for person, one in new:
        found.setdefault(person, []).append(one.field.key)
    write(role, [(person, one.field_id, one.value, came[person]) for person, one in new], now, import_id)
    tell(role, found, how, now, import_id)
    return found


def write(
    role: str, rows: Sequence[tuple[int, int, str, int | None]], now: datetime, import_id: int | None = None
) -> None:
    """Person, field, value and the row of the tag."""
    if not rows:
        return
    traits = ((person, field, value, import_id) for person, field, value, _tag in rows)
    bulk.insert(Trait, ["person_id", "field_id", "value", "import_id"], traits, or_ignore=True)
    bulk.insert(
        GivenDefault,
        ["person_id", "role", "field_id", "value", "tag", "at"],
        ((person, role, field, value, tag, now) for person, field, value, tag in rows),
        or_ignore=True,
    )
    events.touch("people", {person for person, *_rest in rows})


def tell(role: str, given: Mapping[int, Iterable[str]], how: str, now: datetime, import_id: int | None = None) -> None:
    facts = [DefaultsGiven(person, role, ",".join(keys), how, import_id) for person, keys in given.items()]
    events.announce_many([events.Happened(fact, now) for fact in facts], received_at=now)


_TAKEN_BACK = f"""
WITH gone AS (
    DELETE FROM {GivenDefault._meta.db_table} given
    WHERE given.workspace_id = %s AND given.tag = ANY(%s) RETURNING person_id, field_id, value
)
DELETE FROM {Trait._meta.db_table} trait USING gone
WHERE trait.workspace_id = %s AND trait.person_id = gone.person_id AND trait.field_id = gone.field_id
  AND trait.value = gone.value AND trait.set_at IS NULL
"""  # noqa: S608


def take_back_defaults(tags: Sequence[int]) -> None:
    """The role that came by these rows was a mistake: what it brought goes, too, where it stands as it came."""
    if not tags:
        return
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN_BACK, [scope.current(), list(tags), scope.current()])
