"""People: who they are, and by what they are found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import Merged, invalid, not_found
from guanxi.api.v1 import places
from guanxi.api.v1.fitting import Fitting, Levels, Sorts, wanted
from guanxi.api.v1.shapes import (
    At,
    Flag,
    Id,
    In,
    Line,
    Listed,
    Named,
    Number,
    Out,
    Page,
    bad_cursor,
    cursor,
    must_match,
    named,
    one,
    packed,
    page,
    tagged,
    unpacked,
)
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Field as Kept
from guanxi.people.models import Identity, IdentityKind, Person, TraitKind
from guanxi.people.operations import IdentityChange, PersonEdit
from guanxi.people.queries import Card, canonical

router = Router(tags=["People"])
VIEW, EDIT = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT


class IdentityOut(Out):
    """`value` is masked (`•••• 2210`, `e•••@example.test`) unless it is a customer number; of what is only kept as a
    hash it is the beginning of the hash. `within` is the corp, app or shop that gave the id."""

    id: str
    kind: str
    within: str | None
    value: str
    verified: bool
    suppressed: str | None = Field(description="Why this address gets nothing, or null.")


class PersonOut(Out):
    id: str
    name: str
    level: Levels
    owner: Named | None
    unit: Named | None
    country: str
    language: str
    identities: list[IdentityOut]
    traits: dict[str, str | int | float | bool] = Field(description="By the key of the field; numbers are numbers.")
    created_at: At


class PeopleAsked(Fitting, Listed):
    """The filters of the list of people in the console."""

    sort: Sorts = Field(
        "name",
        description="`seen`: seen last first; `unseen`: the other way round; `close`: closest to the brand first.",
    )


Traits = dict[Line, str | Number | Flag | None]


class NewIdentity(In):
    """An id of any kind that this workspace knows: `email`, `phone`, `plate`, `unionid` …, or one of its own."""

    kind: Line = Field(min_length=1, max_length=20)
    value: Line = Field(min_length=1, max_length=254)
    within: Line = Field("", max_length=64, description="The corp, app or shop that gave it, if its kind has one.")


class NewPerson(In):
    """A name, an address or a number is needed: by one of them they are found again."""

    name: Line = Field("", max_length=120)
    email: Line | None = Field(None, max_length=254)
    phone: Line | None = Field(None, max_length=60, description="Without a country code, of `country`.")
    customer_number: Line | None = Field(None, max_length=120)
    identities: list[NewIdentity] = Field([], max_length=20, description="Ids of any other kind.")
    country: str = Field("", pattern="^([A-Z]{2})?$", description="ISO 3166, such as CN.")
    language: str = Field("", pattern="^([a-z]{2,3}(-[a-z]{4})?)?$", description="Such as zh-hans.")
    owner: Id("stf") | None = None  # type: ignore[valid-type]
    unit: Id("unt") | None = None  # type: ignore[valid-type]
    traits: Traits = Field({}, max_length=200, description="By the key of the field; null takes one away.")


class PersonChange(In):
    """What is left out stays as it is."""

    name: Line | None = Field(None, max_length=120)
    country: str | None = Field(None, pattern="^([A-Z]{2})?$")
    language: str | None = Field(None, pattern="^([a-z]{2,3}(-[a-z]{4})?)?$")
    owner: Id("stf") | None = None  # type: ignore[valid-type]
    unit: Id("unt") | None = None  # type: ignore[valid-type]
    traits: Traits = Field({}, max_length=200)


def person_before(asked: Listed) -> int:
    """Whose page the one before ended with. Raises the problem that it is nobody."""
    person = Person.objects.filter(public_id=cursor(asked.after, "psn")).first()
    if person is None:
        raise bad_cursor()
    return person.pk


def found(request: ApiRequest, public_id: str) -> Person:
    """Raises the problem that there is nobody, or nobody whom the maker of the key sees, or that they became somebody
    else."""
    seen = queries.visible(request.staff).select_related("owner", "unit")
    person = seen.filter(public_id=public_id).first()
    if person is not None:
        return person
    kept = queries.whom(public_id)
    if kept is None or not seen.filter(public_id=kept).exists():
        raise not_found()
    reads = request.method in ("GET", "HEAD")
    to = request.get_full_path().replace(public_id, kept) if reads else ""
    raise Merged("merged", f"They are {kept} now. Get them, and send it again.", merged_into=kept, to=to)


def locked(request: ApiRequest, public_id: str) -> Person:
    person = found(request, public_id)
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    return person


def shown(card: Card) -> PersonOut:
    person = card.person
    return PersonOut(
        id=person.public_id,
        name=person.name,
        level=person.level,  # type: ignore[arg-type]
        owner=named(person.owner),
        unit=named(person.unit),
        country=person.country,
        language=person.language,
        identities=[
            IdentityOut(
                id=each.public_id,
                kind=each.kind,
                within=each.within or None,
                value=each.shown,
                verified=each.verified,
                suppressed=each.suppressed or None,
            )
            for each in card.identities
        ],
        traits={trait.key: trait.value for trait in card.traits},
        created_at=person.created_at,
    )


@router.get("/people", **op(VIEW, Page[PersonOut], refusals=("bad_cursor",)))
def list_people(request: ApiRequest, asked: Query[PeopleAsked]) -> Page[PersonOut]:
    """List people

    Those whom the maker of the key sees, with the filters, orders and the search of the console.
    """
    part = queries.people_page(
        request.staff, wanted(asked, request.staff, sort=asked.sort), after=unpacked(asked.after), size=asked.limit
    )
    return page([shown(card) for card in queries.cards([each.pk for each in part.people])], packed(part.after))


@router.post("/people", **op(EDIT, PersonOut, status=201, thing=True, refusals=("identity_taken",)))
def create_person(request: ApiRequest, body: NewPerson) -> PersonOut:
    """Add a person

    Nothing is assumed about consent: without it nobody gets marketing.
    """
    identities = {str(kind): value for kind in IdentityKind if (value := getattr(body, str(kind)))}
    ids = {f"identities.{place}": (one.kind, one.value, one.within) for place, one in enumerate(body.identities)}
    if not body.name.strip() and not identities and not ids:
        raise invalid("name", "Give a name, an address or a number: by what should they be found?", "missing")
    owner, unit = places.chosen(request.staff, body.owner, body.unit)
    made = people.create_person(
        now=request.now,
        name=" ".join(body.name.split()),
        identities=identities,
        country=body.country,
        language=body.language,
        owner=owner,
        unit=unit,
        source="api",
        dial_country=body.country or request.workspace.country,
        traits=_traits(body.traits),
        ids=ids,
    )
    return tagged(request, shown(queries.card(made)))


def _traits(given: Mapping[str, Any]) -> dict[str, str]:
    """As text, the way fields are typed. Raises the problem for a field that is not there or of another kind."""
    kinds = {one.key: one for one in Kept.objects.filter(key__in=given)}
    said = {}
    for key, value in given.items():
        if key not in kinds:
            raise invalid(f"traits.{key}", "There is no field with this key. Add it first.", "unknown_field")
        said[key] = "" if value is None else _text(value)
        if len(said[key]) > 200:
            raise invalid(f"traits.{key}", "At most 200 characters fit.", "too_long")
        try:
            if said[key].strip():
                canonical(said[key].strip(), kinds[key].kind, kinds[key].choices)
        except ValueError:
            raise invalid(f"traits.{key}", _not_of(kinds[key]), "wrong_kind") from None
    return said


def _not_of(field: Kept) -> str:
    if field.kind == TraitKind.CHOICE:
        return f"It is one of: {', '.join(field.choices)}."
    return f"This is not a {field.kind}."


def _text(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


@router.get("/people/{person_id}", **op(VIEW, PersonOut, thing=True))
def get_person(request: ApiRequest, person_id: str) -> PersonOut:
    """Get a person

    Addresses are masked.
    """
    return tagged(request, shown(queries.card(found(request, person_id))))


@router.patch("/people/{person_id}", **op(EDIT, PersonOut, thing=True, refusals=("changed_meanwhile",)))
def update_person(request: ApiRequest, person_id: str, body: PersonChange) -> PersonOut:
    """Change a person

    What is left out stays; null takes owner or unit away. With `If-Match`, only the version that you know is changed.
    """
    person = locked(request, person_id)
    must_match(request, shown(queries.card(person)))
    given = body.model_dump(exclude_unset=True)
    owner, unit = places.changed(request.staff, person, given)
    edit = PersonEdit(
        name=person.name if body.name is None else " ".join(body.name.split()),
        country=person.country if body.country is None else body.country,
        language=person.language if body.language is None else body.language,
        owner=owner,
        unit=unit,
        traits=_traits(body.traits),
    )
    people.edit_person(person=person, version=queries.version(person), edit=edit, now=request.now, by=request.staff)
    return tagged(request, shown(queries.card(person)))


@router.post(
    "/people/{person_id}/identities", **op(EDIT, PersonOut, status=201, thing=True, refusals=("identity_taken",))
)
def add_identity(request: ApiRequest, person_id: str, body: NewIdentity) -> PersonOut:
    """Add an id of any kind

    What was agreed to for another address of this person does not hold for the new one. Where a person has one id of a
    kind, a second is refused with `only_one`.
    """
    return _changed(
        request, locked(request, person_id), {"value": IdentityChange(body.kind, body.value, within=body.within)}
    )


@router.delete("/people/{person_id}/identities/{identity_id}", **op(EDIT, PersonOut, thing=True))
def remove_identity(request: ApiRequest, person_id: str, identity_id: str) -> PersonOut:
    """Take an id away

    What its owner agreed to or refused is kept in the ledger.
    """
    person = locked(request, person_id)
    old = one(Identity.objects.filter(person=person), identity_id)
    return _changed(request, person, {"value": IdentityChange(old.kind, old=old.pk)})


def _changed(request: ApiRequest, person: Person, identities: Mapping[str, IdentityChange]) -> PersonOut:
    edit = PersonEdit(
        name=person.name,
        country=person.country,
        language=person.language,
        owner=person.owner,
        unit=person.unit,
        identities=identities,
    )
    people.edit_person(
        person=person,
        version=queries.version(person),
        edit=edit,
        now=request.now,
        dial_country=person.country or request.workspace.country,
        by=request.staff,
    )
    return tagged(request, shown(queries.card(person)))
