"""A person edited by staff, field by field, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff, Unit
from guanxi.kit import names
from guanxi.people import queries
from guanxi.people.models import Identity, NameWord, Person
from guanxi.people.operations.assigning import tell_assigned
from guanxi.people.operations.creating import hold_identities, keep_traits, normalised
from guanxi.people.operations.words import hold_words

BY_STAFF = "staff"


class PersonChanged(Exception):
    """Somebody else changed the person in between."""


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """`old` is the id of the identity that goes, `value` what comes, given by `within`; each may be missing."""

    kind: str
    value: str = ""
    old: int | None = None
    within: str = ""


@dataclass(frozen=True, slots=True)
class PersonEdit:
    """What a person is to be. `identities`: only those that change, by names of the caller's own; `traits`: value by
    key, "" takes the trait away, a missing key leaves it."""

    name: str
    country: str
    language: str
    owner: Staff | None
    unit: Unit | None
    identities: Mapping[str, IdentityChange] = field(default_factory=dict)
    traits: Mapping[str, str] = field(default_factory=dict)


@transaction.atomic
def edit_person(
    *, person: Person, version: str, edit: PersonEdit, now: datetime, dial_country: str = "", by: Staff | None = None
) -> None:
    """`version` is `queries.version` of what the editor saw.

    Raises PersonChanged, BadAddress, BadId, BadCell, OnlyOne, or IdentityTaken with the caller's name of the change. An
    address that is changed is a new one: what was agreed to for the old one does not hold for it.
    """
    held: Person = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if queries.version(held) != version:
        raise PersonChanged
    _rename(held, edit.name)
    _change_identities(held, edit.identities, dial_country, now)
    keep_traits(held, edit.traits, now)
    Person.objects.filter(pk=held.pk).update(
        country=edit.country, language=edit.language, owner=edit.owner, unit=edit.unit
    )
    events.touch("people", [held.pk])
    events.touch("reach", [held.pk])
    _note_place(held, edit, by, now)


def _rename(person: Person, name: str) -> None:
    if person.name == name:
        return
    Person.objects.filter(pk=person.pk).update(name=name, sort_key=names.sort_key(name))
    NameWord.objects.filter(person=person).delete()
    hold_words(person.pk, name)


def _change_identities(person: Person, changes: Mapping[str, IdentityChange], dial_country: str, now: datetime) -> None:
    """Out with the old, in with the new; an address that is typed again stays the row that it was."""
    typed = {
        place: (change.kind, change.value, change.within) if change.within else (change.kind, change.value)
        for place, change in changes.items()
        if change.value
    }
    wanted = normalised(typed, dial_country)
    held = {row.pk: row for row in Identity.objects.filter(person=person)}
    mine = {pk: (row.kind, bytes(row.lookup)) for pk, row in held.items()}
    lookups = {queries.identity_key(*given) for given in wanted.values()}
    going = [change.old for change in changes.values() if change.old in mine and mine[change.old] not in lookups]
    Identity.objects.filter(person=person, pk__in=going).delete()
    new = {place: given for place, given in wanted.items() if queries.identity_key(*given) not in mine.values()}
    instead = {(held[pk].kind, held[pk].within) for pk in going}
    hold_identities(person, new, source=BY_STAFF, now=now, instead=instead)


def _note_place(before: Person, edit: PersonEdit, by: Staff | None, now: datetime) -> None:
    """Whose somebody is decides who sees them, so a change of it stays in the audit log."""
    after = (edit.owner.pk if edit.owner else None, edit.unit.pk if edit.unit else None)
    if after != (before.owner_id, before.unit_id):
        detail = {
            "owner": edit.owner.public_id if edit.owner else "",
            "unit": edit.unit.public_id if edit.unit else "",
        }
        governance.record(act="person.reassigned", by=by, subject=before.public_id, detail=detail, now=now)
        tell_assigned([before.pk], now=now)
