"""People: who they are, what they agreed to, what happened to them, what staff wrote down."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import invalid
from guanxi.api.v1 import places
from guanxi.api.v1.shapes import (
    Amount,
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
    chosen,
    must_match,
    named,
    newest,
    one,
    page,
    tagged,
)
from guanxi.channels.models import Message
from guanxi.commerce import queries as commerce
from guanxi.events.queries import TimelineEntry
from guanxi.governance import operations as governance
from guanxi.governance.models import Purpose, Staff, SuppressionReason, Unit
from guanxi.governance.queries import Permission
from guanxi.kit import keys
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Field as Kept
from guanxi.people.models import Identity, IdentityKind, Level, Note, Person
from guanxi.people.operations import IdentityChange, PersonEdit
from guanxi.people.queries import Card, Wanted, canonical

router = Router(tags=["People"])
VIEW, EDIT = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT
Levels = Literal["visitor", "interactor", "fan", "friend", "customer"]
Kinds = Literal["email", "phone", "customer_number"]
assert set(Levels.__args__) == set(Level.values)  # type: ignore[attr-defined]
assert set(Kinds.__args__) == set(IdentityKind.values)  # type: ignore[attr-defined]
ADDRESSES = (IdentityKind.EMAIL, IdentityKind.PHONE)


class IdentityOut(Out):
    """`value` is masked (`•••• 2210`, `e•••@example.test`) unless it is a customer number."""

    id: str
    kind: Kinds
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


class PeopleAsked(Listed):
    """The filters of the list of people in the console."""

    search: str = Field("", max_length=100, description="A name, or a whole e-mail address, phone or customer number.")
    level: Levels | None = Field(None, description="Where they stand now.")
    owner: str | None = Field(None, max_length=40, description="The id of a member of staff.")
    unit: str | None = Field(None, max_length=40, description="The id of a unit; those below it are not counted.")
    sort: Literal["name", "newest"] = "name"


Traits = dict[Line, str | Number | Flag | None]


class NewPerson(In):
    """A name, an address or a number is needed: by one of them they are found again."""

    name: Line = Field("", max_length=120)
    email: Line | None = Field(None, max_length=254)
    phone: Line | None = Field(None, max_length=60, description="Without a country code, of `country`.")
    customer_number: Line | None = Field(None, max_length=120)
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


class NewIdentity(In):
    kind: Kinds
    value: Line = Field(min_length=1, max_length=254)


def found(request: ApiRequest, public_id: str) -> Person:
    """Raises the problem that there is nobody, or nobody whom the maker of the key sees."""
    return one(queries.visible(request.staff).select_related("owner", "unit"), public_id)


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
                kind=each.kind,  # type: ignore[arg-type]
                value=each.shown,
                verified=each.verified,
                suppressed=each.suppressed or None,
            )
            for each in card.identities
        ],
        traits={trait.key: trait.value for trait in card.traits},
        created_at=person.created_at,
    )


def packed(cursor: str) -> str:
    """The mark of a page holds a name, which has no place in the log of an address."""
    return base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=") if cursor else ""


def unpacked(after: str) -> str:
    if not after:
        return ""
    try:
        found = base64.b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        raise bad_cursor() from None
    if not found or "\x00" in found:
        raise bad_cursor()
    return found


@router.get("/people", **op(VIEW, Page[PersonOut], refusals=("bad_cursor",)))
def list_people(request: ApiRequest, asked: Query[PeopleAsked]) -> Page[PersonOut]:
    """List people

    Those whom the maker of the key sees, by name or the newest first, with the filters and the search of the console.
    """
    owner = chosen(Staff.objects.all(), asked.owner, "owner")
    unit = chosen(Unit.objects.all(), asked.unit, "unit")
    wanted = Wanted(
        search=asked.search,
        level=asked.level or "",
        owner=owner.pk if owner else None,
        unit=unit.pk if unit else None,
        sort=asked.sort,
    )
    part = queries.people_page(request.staff, wanted, after=unpacked(asked.after), size=asked.limit)
    return page([shown(card) for card in queries.cards([each.pk for each in part.people])], packed(part.after))


@router.post("/people", **op(EDIT, PersonOut, status=201, thing=True, refusals=("identity_taken",)))
def create_person(request: ApiRequest, body: NewPerson) -> PersonOut:
    """Add a person

    Nothing is assumed about consent: without it nobody gets marketing.
    """
    identities = {str(kind): value for kind in IdentityKind if (value := getattr(body, str(kind)))}
    if not body.name.strip() and not identities:
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
    )
    return tagged(request, shown(queries.card(made)))


def _traits(given: Mapping[str, Any]) -> dict[str, str]:
    """As text, the way fields are typed. Raises the problem for a field that is not there or of another kind."""
    kinds = dict(Kept.objects.filter(key__in=given).values_list("key", "kind"))
    said = {}
    for key, value in given.items():
        if key not in kinds:
            raise invalid(f"traits.{key}", "There is no field with this key. Add it first.", "unknown_field")
        said[key] = "" if value is None else _text(value)
        if len(said[key]) > 200:
            raise invalid(f"traits.{key}", "At most 200 characters fit.", "too_long")
        try:
            if said[key].strip():
                canonical(said[key].strip(), kinds[key])
        except ValueError:
            raise invalid(f"traits.{key}", f"This is not a {kinds[key]}.", "wrong_kind") from None
    return said


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
    people.edit_person(person=person, version=queries.version(person), edit=edit, now=request.now)
    return tagged(request, shown(queries.card(person)))


@router.post(
    "/people/{person_id}/identities", **op(EDIT, PersonOut, status=201, thing=True, refusals=("identity_taken",))
)
def add_identity(request: ApiRequest, person_id: str, body: NewIdentity) -> PersonOut:
    """Add an address or a number

    What was agreed to for another address of this person does not hold for the new one.
    """
    return _changed(request, locked(request, person_id), {"value": IdentityChange(body.kind, body.value)})


@router.delete("/people/{person_id}/identities/{identity_id}", **op(EDIT, PersonOut, thing=True))
def remove_identity(request: ApiRequest, person_id: str, identity_id: str) -> PersonOut:
    """Take an address or a number away

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
    )
    return tagged(request, shown(queries.card(person)))


class ConsentOut(Out):
    """What the ledger says now of an address."""

    identity: str
    channel: str
    purpose: str
    granted: bool
    at: At
    source: str


class ConsentList(Out):
    data: list[ConsentOut]


class NewConsent(In):
    identity: Id("idn") = Field(description="The e-mail address or phone that it is about.")  # type: ignore[valid-type]
    purpose: Literal["marketing", "transactional"] = "marketing"
    granted: Flag
    text: Line = Field(min_length=1, max_length=300, description="How they said so; it is kept as proof.")


@router.get("/people/{person_id}/consents", **op(VIEW, ConsentList))
def list_consents(request: ApiRequest, person_id: str) -> ConsentList:
    """What a person agreed to

    By address and purpose. What is not here was never asked, and counts as no.
    """
    card = queries.card(found(request, person_id))
    ids = {each.id: each.public_id for each in card.identities}
    said = [
        ConsentOut(
            identity=ids[each.identity_id],
            channel=each.channel,
            purpose=each.purpose,
            granted=each.granted,
            at=each.at,
            source=each.source,
        )
        for each in card.consents
    ]
    return ConsentList(data=said)


@router.post("/people/{person_id}/consents", **op(EDIT, ConsentList, status=201))
def record_consent(request: ApiRequest, person_id: str, body: NewConsent) -> ConsentList:
    """Note what a person said

    A line in the ledger with its proof; the newest line of an address and purpose holds.
    """
    person = locked(request, person_id)
    held = chosen(Identity.objects.filter(person=person, kind__in=ADDRESSES), body.identity, "identity")
    assert held is not None
    write = governance.give_consent if body.granted else governance.withdraw_consent
    write(
        channel=held.kind,
        address=bytes(held.lookup),
        purpose=Purpose(body.purpose),
        source="api",
        now=request.now,
        person=person.pk,
        proof={"text": body.text, "key": request.key.public_id},
        by=request.staff.pk,
    )
    return list_consents(request, person_id)


class Stop(In):
    identity: Id("idn") = Field(description="The address that shall get nothing.")  # type: ignore[valid-type]
    detail: Line = Field("", max_length=300)


@router.post("/people/{person_id}/suppress", **op(Permission.CHANNELS_MANAGE, PersonOut, thing=True))
def suppress_person(request: ApiRequest, person_id: str, body: Stop) -> PersonOut:
    """Put an address of a person on the suppression list

    It gets nothing from now on, whatever it agreed to.
    """
    person = found(request, person_id)
    held = chosen(Identity.objects.filter(person=person, kind__in=ADDRESSES), body.identity, "identity")
    assert held is not None
    governance.suppress(
        channel=held.kind,
        address=bytes(held.lookup),
        reason=SuppressionReason.MANUAL,
        now=request.now,
        detail=body.detail,
    )
    return tagged(request, shown(queries.card(person)))


class Happening(Out):
    """`name` is what happened (`order.paid`), `about` what the fact says of it; more names come with time."""

    id: str
    at: At
    name: str
    channel: str | None
    amount: Amount | None
    order: str | None = Field(description="The number of the order.")
    message: str | None = Field(description="The id of the message.")
    about: dict[str, str | int | float | bool | None]


class Happened(In):
    limit: int = Field(50, ge=1, le=200)
    after: str = Field("", max_length=400)
    name: Line = Field("", max_length=40, description="Only facts of this name, such as order.paid.")


@router.get("/people/{person_id}/timeline", **op(VIEW, Page[Happening], refusals=("bad_cursor",)))
def list_timeline(request: ApiRequest, person_id: str, asked: Query[Happened]) -> Page[Happening]:
    """What happened to a person

    The newest first; those who were merged into this person included.
    """
    person = found(request, person_id)
    names = (asked.name,) if asked.name else ()
    entries = queries.timeline(person, limit=asked.limit + 1, before=_before(asked.after), names=names)
    part, more = entries[: asked.limit], len(entries) > asked.limit
    return page(_happenings(part), _mark(part[-1]) if more else "")


def _happenings(entries: Sequence[TimelineEntry]) -> list[Happening]:
    orders = commerce.labels(sorted({each.order_id for each in entries if each.order_id is not None}))
    sent = [each.message_id for each in entries if each.message_id is not None]
    messages = dict(Message.objects.filter(pk__in=sent).values_list("pk", "public_id"))
    return [
        Happening(
            id=_event(each),
            at=each.at,
            name=each.name,
            channel=each.channel,
            amount=Amount(amount_minor=each.amount_minor, currency=each.currency)
            if each.amount_minor is not None and each.currency
            else None,
            order=orders[each.order_id].number if each.order_id in orders else None,
            message=messages.get(each.message_id or 0),
            about={name: value for name, value in each.props.items() if not _inside(name, value)},
        )
        for each in entries
    ]


def _inside(name: str, value: object) -> bool:
    """Numbers of our own rows, and what is no plain value."""
    return name.endswith("_id") or not isinstance(value, str | int | float | bool | None)


def _event(entry: TimelineEntry) -> str:
    number = int.from_bytes(entry.event_id, "big")
    return "evt_" + "".join(keys.ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def _mark(entry: TimelineEntry) -> str:
    return packed(f"{entry.at.astimezone(UTC).isoformat()}~{entry.event_id.hex()}")


def _before(after: str) -> tuple[datetime, bytes] | None:
    if not after:
        return None
    at, _tilde, event = unpacked(after).partition("~")
    try:
        moment = datetime.fromisoformat(at)
        edge = bytes.fromhex(event)
    except ValueError:
        raise bad_cursor() from None
    if moment.tzinfo is None or len(edge) != 16:
        raise bad_cursor()
    return moment, edge


class NoteOut(Out):
    id: str
    text: str
    by: str
    at: At


class NewNote(In):
    text: str = Field(min_length=1, max_length=4_000)


@router.get("/people/{person_id}/notes", **op(VIEW, Page[NoteOut], refusals=("bad_cursor",)))
def list_notes(request: ApiRequest, person_id: str, asked: Query[Listed]) -> Page[NoteOut]:
    """Notes on a person

    The newest first.
    """
    person = found(request, person_id)
    at, _tilde, key = unpacked(asked.after).partition("~")
    try:
        before = (datetime.fromisoformat(at), key) if asked.after else None
    except ValueError:
        raise bad_cursor() from None
    if before and (before[0].tzinfo is None or not keys.PATTERN.match(key)):
        raise bad_cursor()
    notes = queries.notes(person, limit=asked.limit + 1, before=before)
    part, more = notes[: asked.limit], len(notes) > asked.limit
    said = [NoteOut(id=each.public_id, text=each.text, by=each.by, at=each.at) for each in part]
    return page(said, packed(f"{part[-1].at.astimezone(UTC).isoformat()}~{part[-1].public_id}") if more else "")


@router.post("/people/{person_id}/notes", **op(EDIT, NoteOut, status=201))
def add_note(request: ApiRequest, person_id: str, body: NewNote) -> NoteOut:
    """Write a note on a person

    In the name of who made the key.
    """
    person = found(request, person_id)
    note = people.add_note(person=person, by=request.staff, text=body.text, now=request.now)
    return NoteOut(id=note.public_id, text=body.text.replace("\r\n", "\n").strip(), by=note.by.name, at=note.at)


@router.delete("/people/{person_id}/notes/{note_id}", **op(EDIT, None, status=204, refusals=("conflict",)))
def remove_note(request: ApiRequest, person_id: str, note_id: str) -> None:
    """Delete a note

    Only a key of who wrote it may.
    """
    note = one(Note.objects.filter(person=found(request, person_id)), note_id)
    people.remove_note(note=note, by=request.staff)


class FieldOut(Out):
    id: str
    key: str
    label: str
    kind: Literal["text", "number", "date", "yes_no"]


def field_out(row: Kept) -> FieldOut:
    return FieldOut(id=row.public_id, key=row.key, label=row.label, kind=row.kind)  # type: ignore[arg-type]


@router.get("/fields", **op(VIEW, Page[FieldOut], refusals=("bad_cursor",)))
def list_fields(request: ApiRequest, asked: Query[Listed]) -> Page[FieldOut]:
    """List fields

    The traits that this workspace keeps of people, the newest first.
    """
    rows, after = newest(Kept.objects.all(), asked)
    return page([field_out(row) for row in rows], after)
