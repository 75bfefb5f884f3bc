"""A person added by staff or by another room, and what a person holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from guanxi.events import operations as events
from guanxi.governance.models import Staff, Unit
from guanxi.kit import addresses, cells, crypto, names, rows, scope
from guanxi.people.models import Field, Identity, IdentityKind, NameWord, Person, Trait
from guanxi.people.rules import canonical


class IdentityTaken(Exception):
    """Somebody else has this address or number: `place` is the caller's name for it, `person` whose it is."""

    def __init__(self, place: str, person: int) -> None:
        super().__init__(place)
        self.place, self.person = place, person


@transaction.atomic
def create_person(
    *,
    now: datetime,
    name: str = "",
    identities: Mapping[str, str] | None = None,
    country: str = "",
    language: str = "",
    owner: Staff | None = None,
    unit: Unit | None = None,
    source: str = "",
    dial_country: str = "",
    traits: Mapping[str, str] | None = None,
) -> Person:
    """`identities` are values by kind; `dial_country` reads phones without a country code; `traits` are texts by key.

    Raises BadAddress, BadCell, or IdentityTaken with the kind when somebody has one of the identities.
    """
    person: Person = Person.objects.create(
        name=name,
        sort_key=names.sort_key(name),
        owner=owner,
        unit=unit or (owner.unit if owner else None),
        country=country,
        language=language,
        source=source,
        created_at=now,
    )
    NameWord.objects.bulk_create(NameWord(word=word, person=person) for word in sorted(names.words(name)))
    given = {kind: (kind, normalised(kind, value, dial_country)) for kind, value in (identities or {}).items()}
    hold_identities(person, given, source=source, now=now)
    keep_traits(person, traits or {}, now)
    events.touch("people", [person.pk])
    return person


def hold_identities(person: Person, given: Mapping[str, tuple[str, str]], *, source: str, now: datetime) -> None:
    """Give the person these (kind, normalised value) pairs. Raises IdentityTaken."""
    once: dict[tuple[str, str], str] = {}
    for place, pair in given.items():
        once.setdefault(pair, place)
    ids = rows.next_ids(Identity, len(once))
    new = [_identity(pk, person, kind, value, source, now) for pk, (kind, value) in zip(ids, once, strict=True)]
    try:
        with transaction.atomic():
            Identity.objects.bulk_create(new)
    except IntegrityError:
        for one, place in zip(new, once.values(), strict=True):
            if other := Identity.objects.filter(kind=one.kind, lookup=one.lookup).first():
                raise IdentityTaken(place, other.person_id) from None
        raise


def keep_traits(person: Person, traits: Mapping[str, str], now: datetime) -> None:
    """ "" takes a trait away; a value that stays keeps its import. Raises BadCell."""
    known = dict(Trait.objects.filter(person=person).values_list("field_id", "value"))
    for one in Field.objects.filter(key__in=traits).order_by("pk"):
        text = traits[one.key].strip()
        value = canonical(text, one.kind) if text else ""
        if value == known.get(one.pk, ""):
            continue
        if value:
            Trait.objects.update_or_create(
                person=person, field=one, defaults={"value": value, "set_at": now, "import_id": None}
            )
        else:
            Trait.objects.filter(person=person, field=one).delete()


def normalised(kind: str, value: str, dial_country: str) -> str:
    match kind:
        case IdentityKind.EMAIL:
            return addresses.email(value)
        case IdentityKind.PHONE:
            return addresses.phone(value, dial_country)
        case _:
            return cells.plain(value)


def _identity(pk: int, person: Person, kind: str, value: str, source: str, now: datetime) -> Identity:
    personal = kind != IdentityKind.CUSTOMER_NUMBER
    place = {"table": Identity._meta.db_table, "column": "sealed"}
    return Identity(
        pk=pk,
        person=person,
        kind=kind,
        lookup=crypto.lookup(scope.current(), kind, value),
        sealed=crypto.seal(value, workspace_id=scope.current(), salt=bytes(person.salt or b""), row=pk, **place)
        if personal
        else None,
        plain="" if personal else value,
        last4=value[-4:] if kind == IdentityKind.PHONE else "",
        source=source,
        created_at=now,
    )
