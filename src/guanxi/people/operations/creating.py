"""A person added by staff or by another room, and what a person holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from guanxi.events import operations as events
from guanxi.governance.models import Staff, Unit
from guanxi.kit import addresses, bulk, crypto, names, rows, scope
from guanxi.people import queries
from guanxi.people.models import Field, Identity, IdentityKind, Person, Trait, TraitKind
from guanxi.people.operations.words import hold_words
from guanxi.people.rules import canonical
from guanxi.people.rules.kinds import BUILT_IN, PLAIN, SEALED, BadId, Kind, read_id, read_place
from guanxi.people.rules.linking import IDS_A_PERSON, Slot

Given = tuple[str, ...]
"""Kind, value, and the corp, app or shop that gave it, if its kind has one."""


class IdentityTaken(Exception):
    """Somebody else has this address or number: `place` is the caller's name for it, `person` whose it is."""

    def __init__(self, place: str, person: int) -> None:
        super().__init__(place)
        self.place, self.person = place, person


class OnlyOne(Exception):
    """A person has one id of this kind, of one corp, app or shop: `place` is the caller's name for what came beside it,
    `shown` the one that is there, as a card shows it, or "" where two came at once."""

    def __init__(self, place: str, kind: str, shown: str) -> None:
        super().__init__(place)
        self.place, self.kind, self.shown = place, kind, shown


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
    ids: Mapping[str, Given] | None = None,
) -> Person:
    """`identities` are values by kind, `ids` those of any kind by names of the caller's own; `dial_country` reads
    phones without a country code; `traits` are texts by key.

    Raises BadAddress, BadId, BadCell, OnlyOne, or IdentityTaken with the kind or name when somebody has one of them.
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
    hold_words(person.pk, name)
    named: dict[str, Given] = {kind: (kind, value) for kind, value in (identities or {}).items()}
    hold_identities(person, normalised(named | dict(ids or {}), dial_country), source=source, now=now)
    keep_traits(person, traits or {}, now)
    events.touch("people", [person.pk])
    events.touch("reach", [person.pk])
    return person


def hold_identities(
    person: Person, given: Mapping[str, Given], *, source: str, now: datetime, instead: Collection[Slot] = ()
) -> None:
    """Give the person these; they are normalised. `instead`: where an id of theirs just went. Raises IdentityTaken,
    BadId, OnlyOne."""
    once: dict[Given, str] = {}
    for place, one in given.items():
        once.setdefault(one, place)
    if once and Identity.objects.filter(person=person).count() + len(once) > IDS_A_PERSON:
        raise BadId("too_many_ids")
    kinds = kinds_of(kind for kind, *_value in once)
    _only_one(person, once, kinds, instead)
    pks = rows.next_ids(Identity, len(once))
    new = [
        _identity(pk, person, kinds[one[0]], *one[1:], source=source, now=now)
        for pk, one in zip(pks, once, strict=True)
    ]
    try:
        with transaction.atomic():
            Identity.objects.bulk_create(new)
    except IntegrityError:
        for row, place in zip(new, once.values(), strict=True):
            if other := Identity.objects.filter(kind=row.kind, lookup=row.lookup).first():
                raise IdentityTaken(place, other.person_id) from None
        raise


def _only_one(person: Person, once: Mapping[Given, str], kinds: Mapping[str, Kind], instead: Collection[Slot]) -> None:
    """Whoever has two since a merge may change each of them."""
    taken: dict[Slot, str] = {}
    single = [one for one in once if kinds[one[0]].single]
    if single:
        held = Identity.objects.filter(person=person, kind__in={one[0] for one in single}).order_by("pk")
        taken = {(one.kind, one.within): queries.masked(one, person) for one in held}
    for one in single:
        slot = (one[0], one[2] if len(one) > 2 else "")
        if slot in taken and slot not in instead:
            raise OnlyOne(once[one], one[0], taken[slot])
        taken.setdefault(slot, "")


def kinds_of(keys: Iterable[str]) -> Mapping[str, Kind]:
    """Kinds by key; a workspace's own are asked for only when one of them is meant."""
    return BUILT_IN if all(key in BUILT_IN for key in keys) else queries.kinds()


def keep_traits(person: Person, traits: Mapping[str, str], now: datetime) -> None:
    """ "" takes a trait away; a value that stays keeps its import. Raises BadCell."""
    known = dict(Trait.objects.filter(person=person).values_list("field_id", "value"))
    for one in Field.objects.filter(key__in=traits).order_by("pk"):
        text = traits[one.key].strip()
        value = canonical(text, one.kind, one.choices) if text and text != known.get(one.pk) else text
        if value == known.get(one.pk, ""):
            continue
        if value:
            Trait.objects.update_or_create(
                person=person, field=one, defaults={"value": value, "set_at": now, "import_id": None}
            )
        else:
            Trait.objects.filter(person=person, field=one).delete()


@transaction.atomic
def keep_number(*, key: str, label: str, values: Mapping[int, int | None], now: datetime) -> None:
    """A number that a room above counts, as a trait by id of person; None takes it away. A field that the workspace
    made under this key for something else stays what it is."""
    field, _made = Field.objects.get_or_create(key=key, defaults={"label": label, "kind": TraitKind.NUMBER})
    if field.kind != TraitKind.NUMBER:
        return
    Trait.objects.filter(field=field, person__in=[pk for pk, value in values.items() if value is None]).delete()
    bulk.insert(
        Trait,
        ["person_id", "field_id", "value", "set_at"],
        ((pk, field.pk, str(value), now) for pk, value in values.items() if value is not None),
        on_conflict="(person_id, field_id) DO UPDATE SET value = EXCLUDED.value, set_at = EXCLUDED.set_at, "
        "import_id = NULL",
    )
    events.touch("people", list(values))


def has_number(*, key: str, persons: Iterable[int]) -> bool:
    return Trait.objects.filter(field__key=key, person__in=list(persons)).exists()


def normalised(given: Mapping[str, Given], dial_country: str) -> dict[str, Given]:
    """Raises BadAddress for what is no e-mail address or phone, BadId for the others."""
    kinds = kinds_of(kind for kind, *_value in given.values())
    return {place: _normalised(kinds, one, dial_country) for place, one in given.items()}


def _normalised(kinds: Mapping[str, Kind], given: Given, dial_country: str) -> Given:
    kind = kinds.get(given[0])
    if kind is None:
        raise BadId("unknown_kind")
    match kind.key:
        case IdentityKind.EMAIL:
            return kind.key, addresses.email(given[1])
        case IdentityKind.PHONE:
            return kind.key, addresses.phone(given[1], dial_country)
        case _:
            within = read_place(kind, given[2] if len(given) > 2 else "")
            value = read_id(kind.key, given[1], dial_country)
            return (kind.key, value, within) if within else (kind.key, value)


def _identity(
    pk: int, person: Person, kind: Kind, value: str, within: str = "", *, source: str, now: datetime
) -> Identity:
    place = {"table": Identity._meta.db_table, "column": "sealed"}
    return Identity(
        pk=pk,
        person=person,
        kind=kind.key,
        within=within,
        lookup=queries.id_key(kind.key, value, within),
        sealed=crypto.seal(value, workspace_id=scope.current(), salt=bytes(person.salt or b""), row=pk, **place)
        if kind.keeps == SEALED
        else None,
        plain=value if kind.keeps == PLAIN else "",
        last4=value[-4:] if kind.key == IdentityKind.PHONE else "",
        source=source,
        created_at=now,
    )
