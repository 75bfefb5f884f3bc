"""What a chunk of people will change: a constant number of queries, whatever its size."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from guanxi.governance.models import Consent, Purpose, Staff, Unit
from guanxi.kit import bulk, crypto
from guanxi.people.models import Field, Identity, IdentityKind, Membership, Person, Tag, Trait
from guanxi.people.operations.people_kind.reading import ReadyPerson
from guanxi.people.operations.people_kind.tagging import (
    Name,
    Unfit,
    Words,
    carried,
    rejected,
    role_says,
    role_tags,
    words_of,
)
from guanxi.people.port import ImportContext, Plan, Rejected
from guanxi.people.rules import ConsentState, consent_to_write
from guanxi.people.rules.kinds import Kind, looked_up_as

COLUMNS = ("name", "owner_id", "unit_id", "country", "language")


@dataclass(frozen=True, slots=True)
class NewIdentity:
    kind: Kind
    value: str
    within: str
    lookup: bytes

    @property
    def key(self) -> tuple[str, bytes]:
        return self.kind.key, self.lookup


@dataclass(frozen=True, slots=True)
class NewPerson:
    ready: ReadyPerson
    owner_id: int | None
    unit_id: int | None
    identities: tuple[NewIdentity, ...]
    consent: bool | None
    tags: tuple[Tag | Name, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownPerson:
    person: int
    salt: bytes | None
    ready: ReadyPerson
    before: dict[str, Any]
    after: dict[str, Any]
    identities: tuple[NewIdentity, ...]
    consent: bool | None
    member: bool | None
    """What they become of it, or None."""
    new_traits: tuple[tuple[str, str], ...]
    changed_traits: tuple[tuple[int, dict[str, Any], str], ...]
    """(trait id, its columns before, new value)"""
    tags: tuple[Tag | Name, ...] = ()
    """Those that they do not carry yet."""
    role: str = ""
    """What is news of it."""

    @property
    def changes(self) -> bool:
        return (
            bool(self.after or self.identities or self.new_traits or self.changed_traits or self.tags or self.role)
            or self.consent is not None
            or self.member is not None
        )


@dataclass
class PeoplePlan(Plan):
    new: list[NewPerson] = field(default_factory=list)
    known: list[KnownPerson] = field(default_factory=list)
    words: dict[Name, Name] = field(default_factory=dict)
    """Tags to make: folded → as they are written."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    ready: ReadyPerson
    owner: tuple[int, int | None] | None
    unit_id: int | None
    identities: tuple[NewIdentity, ...]
    tags: tuple[Tag | Name, ...] = ()

    @property
    def known_by(self) -> list[NewIdentity]:
        """What says who they are: ids that prove, and only without any of those what a household or a device shares."""
        proofs = [one for one in self.identities if one.kind.proves]
        return proofs or list(self.identities)

    def without(self, held: Container[tuple[str, bytes]]) -> _Candidate:
        """What somebody else of the household has stays theirs."""
        mine = tuple(one for one in self.identities if one.kind.proves or one.key not in held)
        return self if len(mine) == len(self.identities) else replace(self, identities=mine)


def plan_people(rows: Sequence[ReadyPerson], context: ImportContext) -> PeoplePlan:
    plan = PeoplePlan()
    words = words_of(rows, context)
    candidates = [found for row in rows if (found := _candidate(row, words, context, plan)) is not None]
    plan.words = words.made
    owners = _holders(candidates)
    consents = _consents(candidates)
    matched: list[tuple[_Candidate, int]] = []
    seen: set[int] = context.memo.setdefault("people_seen", set())
    given: set[tuple[str, bytes]] = set()
    for one in candidates:
        holders = {owners[identity.key] for identity in one.known_by if identity.key in owners}
        one = one.without(given)
        given.update(identity.key for identity in one.identities if identity.key not in owners)
        if not one.identities:
            plan.rejected.append(Rejected(one.ready.row_no, "same_row_in_file", {}))
        elif len(holders) > 1:
            plan.rejected.append(Rejected(one.ready.row_no, "two_people", {}))
        elif not holders:
            plan.new.append(_new(one.without(owners), consents))
        elif (person := holders.pop()) in seen:
            plan.rejected.append(Rejected(one.ready.row_no, "same_row_in_file", {}))
        else:
            seen.add(person)
            matched.append((one, person))
    plan.created = len(plan.new)
    if context.options.get("on_match") == "skip":
        plan.unchanged = len(matched)
    else:
        _compare(matched, owners, consents, context, plan)
    return plan


def _candidate(row: ReadyPerson, words: Words, context: ImportContext, plan: PeoplePlan) -> _Candidate | None:
    owner, unit = None, None
    try:
        tags = words.of_row(row.tags, context)
    except Unfit as unfit:
        plan.rejected.append(rejected(row, unfit))
        return None
    if row.owner:
        owner = _staff(context).get(row.owner)
        if owner is None:
            plan.rejected.append(Rejected(row.row_no, "unknown_owner", {"value": row.owner}))
            return None
    if row.unit:
        unit = _units(context).get(row.unit)
        if unit is None:
            plan.rejected.append(Rejected(row.row_no, "unknown_unit", {"value": row.unit}))
            return None
    identities = tuple(
        NewIdentity(
            *(one.kind, one.value, one.within),
            crypto.lookup(context.workspace_id, one.kind.key, looked_up_as(one.value, one.within)),
        )
        for one in row.ids
    )
    return _Candidate(row, owner, unit, identities, tags)


def _staff(context: ImportContext) -> dict[str, tuple[int, int | None]]:
    """By e-mail and by name (a name that two share finds nobody)."""
    if "staff" not in context.memo:
        rows = list(Staff.objects.filter(is_active=True).values_list("pk", "unit_id", "name", "user__email"))
        names = [name.casefold() for _, _, name, _ in rows]
        found = {name.casefold(): (pk, unit) for pk, unit, name, _ in rows if names.count(name.casefold()) == 1}
        context.memo["staff"] = found | {email.casefold(): (pk, unit) for pk, unit, _, email in rows}
    return context.memo["staff"]  # type: ignore[no-any-return]


def _units(context: ImportContext) -> dict[str, int]:
    if "units" not in context.memo:
        rows = list(Unit.objects.values_list("pk", "name"))
        names = [name.casefold() for _, name in rows]
        context.memo["units"] = {name.casefold(): pk for pk, name in rows if names.count(name.casefold()) == 1}
    return context.memo["units"]  # type: ignore[no-any-return]


def _holders(candidates: Iterable[_Candidate]) -> dict[tuple[str, bytes], int]:
    """(kind, lookup) → the person who has this identity."""
    wanted: dict[str, list[bytes]] = {}
    for one in candidates:
        for identity in one.identities:
            wanted.setdefault(identity.kind.key, []).append(identity.lookup)
    return {
        (kind, bytes(lookup)): person
        for kind, lookups in wanted.items()
        for lookup, person in Identity.objects.filter(kind=kind)
        .extra(**bulk.any_of("lookup", lookups))
        .values_list("lookup", "person_id")
    }


def _consents(candidates: Iterable[_Candidate]) -> dict[bytes, ConsentState]:
    emails = [_email_lookup(one) for one in candidates if one.ready.consent is not None and one.ready.email]
    if not emails:
        return {}
    found = Consent.objects.filter(channel=IdentityKind.EMAIL, purpose=Purpose.MARKETING)
    rows = found.extra(**bulk.any_of("address", emails)).values_list("address", "granted")
    return {bytes(address): ConsentState(granted) for address, granted in rows}


def _email_lookup(one: _Candidate) -> bytes:
    return next(identity.lookup for identity in one.identities if identity.kind.key == IdentityKind.EMAIL)


def _consent(one: _Candidate, consents: Mapping[bytes, ConsentState]) -> bool | None:
    return consent_to_write(one.ready.consent, consents.get(_email_lookup(one))) if one.ready.email else None


def _new(one: _Candidate, consents: Mapping[bytes, ConsentState]) -> NewPerson:
    owner_id, owner_unit = one.owner or (None, None)
    unit = one.unit_id if one.unit_id is not None else owner_unit
    return NewPerson(one.ready, owner_id, unit, one.identities, _consent(one, consents), one.tags)


def _members(matched: Sequence[tuple[_Candidate, int]]) -> set[int]:
    """Those of them who are members, where the file says anything of it."""
    said = [person for one, person in matched if one.ready.member is not None]
    if not said:
        return set()
    return set(Membership.objects.filter(person__in=said, ended_at=None).values_list("person", flat=True))


def _compare(
    matched: Sequence[tuple[_Candidate, int]],
    holders: Mapping[tuple[str, bytes], int],
    consents: Mapping[bytes, ConsentState],
    context: ImportContext,
    plan: PeoplePlan,
) -> None:
    ids = [person for _, person in matched]
    people = {row["pk"]: row for row in Person.objects.filter(pk__in=ids).values("pk", "salt", *COLUMNS)}
    traits = _traits(ids, context)
    members = _members(matched)
    roles = role_tags() if any(one.ready.role for one, _person in matched) else {}
    there = carried(ids, [*_tags_of(matched), *roles.values()])
    for one, person in matched:
        wanted = _wanted(one)
        before = {name: people[person][name] for name, value in wanted.items() if people[person][name] != value}
        salt = people[person]["salt"]
        known = KnownPerson(
            person=person,
            salt=None if salt is None else bytes(salt),
            ready=one.ready,
            before=before,
            after={name: wanted[name] for name in before},
            identities=tuple(i for i in one.identities if i.key not in holders),
            consent=_consent(one, consents),
            member=None if one.ready.member in (None, person in members) else one.ready.member,
            new_traits=tuple((key, value) for key, value in one.ready.traits if (person, key) not in traits),
            changed_traits=tuple(
                (old[0], {"value": old[1], "import_id": old[2]}, value)
                for key, value in one.ready.traits
                if (old := traits.get((person, key))) is not None and old[1] != value
            ),
            tags=tuple(tag for tag in one.tags if not isinstance(tag, Tag) or tag.pk not in there.get(person, ())),
            role=one.ready.role if one.ready.role and role_says(one.ready.role, there.get(person, ()), roles) else "",
        )
        if known.salt is None and known.identities:
            plan.rejected.append(Rejected(one.ready.row_no, "erased", {}))
        elif known.changes:
            plan.known.append(known)
            plan.updated += 1
        else:
            plan.unchanged += 1


def _tags_of(matched: Sequence[tuple[_Candidate, int]]) -> list[Tag]:
    return [tag for one, _person in matched for tag in one.tags if isinstance(tag, Tag)]


def _wanted(one: _Candidate) -> dict[str, Any]:
    """The columns that the row fills; empty cells change nothing."""
    given: dict[str, Any] = {
        "name": one.ready.name,
        "owner_id": one.owner[0] if one.owner else None,
        "unit_id": one.unit_id,
        "country": one.ready.country,
        "language": one.ready.language,
    }
    return {name: value for name, value in given.items() if value not in ("", None)}


def _traits(ids: Sequence[int], context: ImportContext) -> dict[tuple[int, str], tuple[int, str, int | None]]:
    """(person, key) → (trait id, value, import_id)"""
    if not context.traits or not ids:
        return {}
    fields = dict(Field.objects.filter(key__in=list(context.traits)).values_list("pk", "key"))
    rows = Trait.objects.filter(person_id__in=ids, field_id__in=list(fields))
    return {
        (person, fields[field_id]): (pk, value, import_id)
        for pk, person, field_id, value, import_id in rows.values_list(
            "pk", "person_id", "field_id", "value", "import_id"
        )
    }
