"""Values of a role for those who have it already: only when somebody asks, who saw how many."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit import bulk
from guanxi.people.models import GivenDefault, RoleRules, Trait
from guanxi.people.operations.roles.setting import RoleRefused
from guanxi.people.operations.tagging.defaults import defaults_of, tell, write
from guanxi.people.operations.tagging.putting import held
from guanxi.people.queries.roles import EARLIER, EMPTY, to_fill
from guanxi.people.rules.roles import FILLED_AT_ONCE

ASKED = "asked"


@transaction.atomic
def fill_defaults(*, role: str, version: int, by: Staff | None, now: datetime, most: int = FILLED_AT_ONCE) -> int:
    """Those who have the role get its values where their field is empty, and where it still says an earlier value of
    the role as it came. Up to `most` values at once; how many. Raises RoleRefused: changed."""
    row = RoleRules.objects.select_for_update().filter(role=role).first()
    if (row.version if row else 0) != version:
        raise RoleRefused("changed")
    fields = {one.field_id: one for one in defaults_of(role)}
    there = set(held({person for person, _field, _state in to_fill(role, most)}))
    # Somebody may have been edited, or have lost the role, until they were held.
    found = [one for one in to_fill(role, most) if one[0] in there]
    new = [(person, field) for person, field, state in found if state == EMPTY]
    old = [(person, field) for person, field, state in found if state == EARLIER]
    write(role, [(person, field, fields[field].value, None) for person, field in new], now)
    for field in {field for _person, field in old}:
        people = [person for person, which in old if which == field]
        _change(role, field, fields[field].value, people, now)
    given: dict[int, list[str]] = {}
    for person, field in (*new, *old):
        given.setdefault(person, []).append(fields[field].field.key)
    tell(role, given, ASKED, now)
    if given:
        detail = {"of": role, "people": len(given)}
        governance.record(act="role.filled", by=by, detail=detail, now=now)
    return len(new) + len(old)


def _change(role: str, field: int, value: str, people: list[int], now: datetime) -> None:
    mine = bulk.any_number("person_id", people)
    Trait.objects.filter(field=field, set_at=None).extra(**mine).update(value=value)
    GivenDefault.objects.filter(role=role, field=field).extra(**mine).update(value=value, at=now)
    events.touch("people", people)
