"""Writes a planned chunk of people, one statement a table."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance.models import Purpose
from guanxi.kit import bulk, crypto, keys, names, rows
from guanxi.people.models import Field, Identity, IdentityKind, Level, Person, Trait
from guanxi.people.operations.assigning import tell_assigned
from guanxi.people.operations.journal import note_changes
from guanxi.people.operations.members import Joining, members_join, members_leave
from guanxi.people.operations.people_kind.planning import KnownPerson, NewIdentity, NewPerson, PeoplePlan
from guanxi.people.operations.people_kind.tagging import write_tags
from guanxi.people.operations.roles.fields import fields_alone
from guanxi.people.operations.words import rewrite_words, words_of, write_words
from guanxi.people.port import ImportContext, NewField
from guanxi.people.rules.kinds import PLAIN, SEALED

IDENTITY = Identity._meta.db_table
PERSON_COLUMNS = (
    *("id", "public_id", "name", "sort_key", "level", "owner_id", "unit_id", "country", "language", "salt"),
    *("source", "import_id", "created_at", "has_email", "has_phone"),
)
IDENTITY_COLUMNS = (
    *("id", "public_id", "person_id", "kind", "within", "lookup", "sealed", "plain", "last4", "source"),
    *("import_id", "created_at"),
)


def write_people(plan: PeoplePlan, context: ImportContext) -> None:
    """While the database writes one table, another thread seals the addresses for the next."""
    ids = rows.next_ids(Person, len(plan.new))
    salts = [crypto.new_salt() for _ in ids]
    made = list(zip(plan.new, ids, salts, strict=True))
    held = [(pk, salt, identity) for one, pk, salt in made for identity in one.identities]
    held += [(one.person, one.salt or b"", identity) for one in plan.known for identity in one.identities]
    numbered = list(zip(rows.next_ids(Identity, len(held)), held, strict=True))
    with ThreadPoolExecutor(1) as beside:
        people = [_person(*one, context) for one in made]
        identities = beside.submit(lambda: [_identity(pk, *one, context) for pk, one in numbered])
        words = beside.submit(lambda: list(words_of((pk, one.ready.name) for one, pk, _ in made)))
        lines = beside.submit(_consent_lines, plan, ids, context)
        bulk.insert(Person, PERSON_COLUMNS, people)
        _change(plan.known, context)
        bulk.insert(Identity, IDENTITY_COLUMNS, identities.result())
        write_words(words.result())
    _traits(plan, ids, context)
    _members(plan, ids, context)
    _tags(plan, ids, context)
    governance.record_consents(
        lines=lines.result(),
        source=context.source,
        now=context.now,
        by=context.staff_id,
        import_id=context.import_id,
    )
    written = [*ids, *(one.person for one in plan.known)]
    events.touch("people", written)
    events.touch("reach", written)


def _person(one: NewPerson, pk: int, salt: bytes, context: ImportContext) -> tuple[Any, ...]:
    ready, kinds = one.ready, {identity.kind.key for identity in one.identities}
    return (
        *(pk, keys.new("psn"), ready.name, names.sort_key(ready.name), Level.VISITOR.value, one.owner_id, one.unit_id),
        *(ready.country, ready.language, salt, context.source, context.import_id, ready.created_at or context.now),
        *(IdentityKind.EMAIL in kinds, IdentityKind.PHONE in kinds),
    )


def rename(people: Sequence[tuple[int, str]]) -> None:
    """Make the sort keys and words of these people follow their (id, name)."""
    bulk.update(Person, ["sort_key"], ((pk, names.sort_key(name)) for pk, name in people))
    rewrite_words(people)


def _change(known: Sequence[KnownPerson], context: ImportContext) -> None:
    by_columns: dict[tuple[str, ...], list[KnownPerson]] = {}
    for one in known:
        if one.after:
            by_columns.setdefault(tuple(sorted(one.after)), []).append(one)
    for columns, group in by_columns.items():
        bulk.update(Person, columns, ((one.person, *(one.after[name] for name in columns)) for one in group))
    changed = [(one.person, one.before, one.after) for one in known if one.after]
    if changed:
        note_changes(import_id=context.import_id, model=Person, changes=changed)
    moved = [one.person for one in known if one.after.keys() & {"owner_id", "unit_id"}]
    tell_assigned(moved, now=context.now, import_id=context.import_id)
    renamed = [(one.person, str(one.after["name"])) for one in known if "name" in one.after]
    if renamed:
        rename(renamed)


def _identity(pk: int, person: int, salt: bytes, identity: NewIdentity, context: ImportContext) -> tuple[Any, ...]:
    keeps = identity.kind.keeps
    sealed = (
        crypto.seal(
            identity.value, workspace_id=context.workspace_id, salt=salt, table=IDENTITY, column="sealed", row=pk
        )
        if keeps == SEALED
        else None
    )
    last4 = identity.value[-4:] if identity.kind.key == IdentityKind.PHONE else ""
    return (
        *(pk, keys.new("idn"), person, identity.kind.key, identity.within, identity.lookup, sealed),
        *(identity.value if keeps == PLAIN else "", last4, context.source, context.import_id, context.now),
    )


def _traits(plan: PeoplePlan, ids: Sequence[int], context: ImportContext) -> None:
    if not context.traits:
        return
    _make_fields(context)
    fields = dict(Field.objects.filter(key__in=list(context.traits)).values_list("key", "pk"))
    fresh = [(pk, key, value) for one, pk in zip(plan.new, ids, strict=True) for key, value in one.ready.traits]
    fresh += [(one.person, key, value) for one in plan.known for key, value in one.new_traits]
    bulk.insert(
        Trait,
        ["person_id", "field_id", "value", "set_at", "import_id"],
        ((person, fields[key], value, context.now, context.import_id) for person, key, value in fresh),
    )
    changed = [change for one in plan.known for change in one.changed_traits]
    if changed:
        rows_ = ((pk, value, context.now, context.import_id) for pk, _, value in changed)
        bulk.update(Trait, ["value", "set_at", "import_id"], rows_)
        changes = [(pk, before, {"value": value, "import_id": context.import_id}) for pk, before, value in changed]
        note_changes(import_id=context.import_id, model=Trait, changes=changes)


def _members(plan: PeoplePlan, ids: Sequence[int], context: ImportContext) -> None:
    said = [(one.ready, pk, one.ready.member) for one, pk in zip(plan.new, ids, strict=True)]
    said += [(one.ready, one.person, one.member) for one in plan.known]
    given: dict[str, Any] = {"now": context.now, "import_id": context.import_id, "source": context.source}
    if joining := [Joining(pk, ready.member_since or context.now) for ready, pk, member in said if member]:
        members_join(joining=joining, proof=context.source, **given)
    if leaving := [pk for _ready, pk, member in said if member is False]:
        members_leave(people=leaving, at=context.now, because=context.source, **given)


def _tags(plan: PeoplePlan, ids: Sequence[int], context: ImportContext) -> None:
    said = [(pk, one.tags) for one, pk in zip(plan.new, ids, strict=True)]
    said += [(one.person, one.tags) for one in plan.known]
    roles = [(pk, one.ready.role) for one, pk in zip(plan.new, ids, strict=True)]
    roles += [(one.person, one.role) for one in plan.known]
    write_tags(
        [(person, tags) for person, tags in said if tags],
        [(person, role) for person, role in roles if role],
        plan.words,
        context,
    )


def _make_fields(context: ImportContext) -> None:
    if _missing_fields(context):
        fields_alone()
        missing = _missing_fields(context)
        made = Field.objects.bulk_create(Field(key=new.key, label=new.label, kind=new.kind) for new in missing)
        note_changes(
            import_id=context.import_id, model=Field, changes=[(field.pk, {}, {"key": field.key}) for field in made]
        )


def _missing_fields(context: ImportContext) -> list[NewField]:
    known = set(Field.objects.filter(key__in=[new.key for new in context.new_fields]).values_list("key", flat=True))
    return [new for new in context.new_fields if new.key not in known]


def _consent_lines(plan: PeoplePlan, ids: Sequence[int], context: ImportContext) -> list[governance.ConsentLine]:
    people: list[tuple[NewPerson | KnownPerson, int]] = list(zip(plan.new, ids, strict=True))
    people += [(one, one.person) for one in plan.known]
    proof = {"file": context.filename, "sha256": context.sha256}
    if context.options.get("consent") == "statement":
        proof["text"] = context.options["consent_text"]
    return [
        governance.ConsentLine(
            channel=IdentityKind.EMAIL.value,
            address=crypto.lookup(context.workspace_id, IdentityKind.EMAIL, one.ready.email),
            purpose=Purpose.MARKETING.value,
            granted=one.consent,
            person=pk,
            proof=proof | {"row": one.ready.row_no},
        )
        for one, pk in people
        if one.consent is not None
    ]
