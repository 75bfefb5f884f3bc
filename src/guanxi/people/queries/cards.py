"""One person, or a few, with everything that a page shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from guanxi.events import queries as events
from guanxi.governance.models import Consent, ConsentEntry, Suppression
from guanxi.kit import addresses, bulk, crypto, scope
from guanxi.people.models import (
    Identity,
    IdentityKind,
    LevelProof,
    Person,
    PersonTag,
    Trait,
)
from guanxi.people.models.linking import KIND_LABELS
from guanxi.people.queries.kinds import id_key, kinds_and_labels
from guanxi.people.queries.same import same
from guanxi.people.rules import typed
from guanxi.people.rules.kinds import BUILT_IN, Kind

IDENTITY_TABLE = Identity._meta.db_table


@dataclass(frozen=True)
class KnownIdentity:
    """`shown` is masked (•••• 2210, e•••@example.test) unless it is a customer number; of what is only kept as a hash
    it is the beginning of the hash (#3f9a1c08)."""

    id: int
    public_id: str
    kind: str
    label: str
    shown: str
    verified: bool
    suppressed: str
    """The reason for which this address gets nothing, or ''."""
    trust: str
    within: str
    shared: bool
    """Too many people came with it; it leads to nobody any more."""
    source: str
    since: datetime


@dataclass(frozen=True)
class KnownTrait:
    key: str
    label: str
    kind: str
    value: str | int | float | bool


@dataclass(frozen=True)
class KnownProof:
    level: str
    proof: str
    label: str
    reference: int | None
    since: datetime
    ended_at: datetime | None
    ended_by: str


@dataclass(frozen=True)
class KnownConsent:
    identity_id: int
    channel: str
    purpose: str
    granted: bool
    at: datetime
    source: str
    proof: Mapping[str, Any]


@dataclass(frozen=True)
class Card:
    person: Person
    identities: list[KnownIdentity] = field(default_factory=list)
    traits: list[KnownTrait] = field(default_factory=list)
    proofs: list[KnownProof] = field(default_factory=list)
    consents: list[KnownConsent] = field(default_factory=list)

    @property
    def level_proof(self) -> KnownProof | None:
        """The oldest open proof of the level where the person stands."""
        standing = [p for p in self.proofs if p.ended_at is None and p.level == self.person.level]
        return min(standing, key=lambda proof: proof.since, default=None)


def card(person: Person) -> Card:
    return cards([person.pk])[0]


def cards(people: Sequence[int]) -> list[Card]:
    """Everything that a page shows of these people, in their order; the number of queries does not depend on theirs."""
    found = {p.pk: Card(p) for p in Person.objects.filter(pk__in=people).select_related("owner", "unit")}
    held = list(Identity.objects.filter(person_id__in=found).order_by("kind", "pk"))
    stopped = _suppressed(held)
    own = any(one.kind not in BUILT_IN for one in held)
    all_kinds, labels = kinds_and_labels() if own else (BUILT_IN, KIND_LABELS)
    for identity in held:
        one = found[identity.person_id]
        reason = stopped.get((identity.kind, bytes(identity.lookup)), "")
        one.identities.append(_known_identity(identity, one.person, reason, labels, all_kinds))
    for trait in Trait.objects.filter(person_id__in=found).select_related("field").order_by("field__label", "pk"):
        value = typed(trait.value, trait.field.kind)
        known = KnownTrait(trait.field.key, trait.field.label, trait.field.kind, value)
        found[trait.person_id].traits.append(known)
    for proof in LevelProof.objects.filter(person_id__in=found).order_by("-since", "-pk"):
        found[proof.person_id].proofs.append(
            KnownProof(
                *(proof.level, proof.proof, proof.label, proof.reference, proof.since, proof.ended_at, proof.ended_by)
            )
        )
    for identity, consent in _consents(held):
        found[identity.person_id].consents.append(consent)
    return [found[pk] for pk in people if pk in found]


def reaches_of(people: Sequence[Person], kinds: Iterable[str]) -> dict[tuple[int, str], str]:
    """(person, kind) → their first address of it, masked."""
    by_id = {one.pk: one for one in people}
    held = Identity.objects.filter(person_id__in=by_id, kind__in=kinds).order_by("-pk")
    return {(one.person_id, one.kind): masked(one, by_id[one.person_id]) for one in held}


def values_of(people: Sequence[int], keys: Iterable[str]) -> dict[tuple[int, str], str | int | float | bool]:
    """(person, key of a field) → what is kept in it."""
    rows = Trait.objects.filter(person_id__in=people, field__key__in=keys)
    found = rows.values_list("person_id", "field__key", "value", "field__kind")
    return {(person, key): typed(value, kind) for person, key, value, kind in found}


def version(person: Person) -> str:
    """Changes with anything that staff edit, whoever changes it."""
    held = Identity.objects.filter(person=person).order_by("pk").values_list("pk", "kind", "lookup")
    traits = Trait.objects.filter(person=person).order_by("field").values_list("field", "value")
    said = [
        *(person.name, person.country, person.language, person.owner_id, person.unit_id),
        [(pk, kind, bytes(lookup).hex()) for pk, kind, lookup in held],
        list(traits),
        list(PersonTag.objects.filter(person=person, slot=0).values_list("tag")),
    ]
    return sha256(msgspec.json.encode(said)).hexdigest()[:32]


def identity_key(kind: str, value: str, within: str = "") -> tuple[str, bytes]:
    """What an identity is known by; `value` is normalised."""
    return kind, id_key(kind, value, within)


def _known_identity(
    identity: Identity, person: Person, suppressed: str, labels: Mapping[str, Any], known: Mapping[str, Kind]
) -> KnownIdentity:
    return KnownIdentity(
        id=identity.pk,
        public_id=identity.public_id,
        kind=identity.kind,
        label=str(labels.get(identity.kind, identity.kind)),
        shown=masked(identity, person),
        verified=identity.verified_at is not None,
        suppressed=suppressed,
        trust=known[identity.kind].trust if identity.kind in known else "",
        within=identity.within,
        shared=identity.shared_at is not None,
        source=identity.source,
        since=identity.created_at,
    )


def shown_ids(ids: Iterable[int]) -> dict[int, str]:
    """Ids as a card shows them, by key; those that are gone are left out."""
    found = Identity.objects.filter(pk__in=set(ids)).select_related("person")
    return {one.pk: masked(one, one.person) for one in found}


def masked(identity: Identity, person: Person) -> str:
    if identity.kind == IdentityKind.PHONE:
        return addresses.mask_phone(identity.last4)
    if identity.sealed is None:
        return identity.plain or f"#{bytes(identity.lookup).hex()[:8]}"
    if person.salt is None:
        return ""
    value = unsealed(identity, person)
    return addresses.mask_email(value) if identity.kind == IdentityKind.EMAIL else addresses.mask(value)


def unsealed(identity: Identity, person: Person) -> str:
    return crypto.unseal(
        bytes(identity.sealed or b""),
        workspace_id=scope.current(),
        salt=bytes(person.salt or b""),
        table=IDENTITY_TABLE,
        column="sealed",
        row=identity.pk,
    )


def _suppressed(held: Sequence[Identity]) -> dict[tuple[str, bytes], str]:
    found = Suppression.objects.extra(**bulk.any_of("address", [bytes(one.lookup) for one in held]))
    rows = found.values_list("channel", "address", "reason")
    return {(channel, bytes(address)): reason for channel, address, reason in rows}


def _consents(held: Sequence[Identity]) -> Iterator[tuple[Identity, KnownConsent]]:
    """What the ledger says now of these addresses, with the line that says it."""
    wanted = [bytes(one.lookup) for one in held]
    states = list(Consent.objects.extra(**bulk.any_of("address", wanted)).order_by("channel", "purpose"))
    lines = ConsentEntry.objects.extra(**bulk.any_of("address", wanted)).order_by("at", "pk")
    said = {(line.channel, bytes(line.address), line.purpose, line.granted, line.at): line for line in lines}
    by_address = {(one.kind, bytes(one.lookup)): one for one in held}
    for state in states:
        identity = by_address.get((state.channel, bytes(state.address)))
        line = said.get((state.channel, bytes(state.address), state.purpose, state.granted, state.at))
        if identity is not None:
            source, proof = (line.source, line.proof) if line else ("", {})
            yield (
                identity,
                KnownConsent(identity.pk, state.channel, state.purpose, state.granted, state.at, source, proof),
            )


def timeline(
    person: Person,
    *,
    limit: int = 50,
    before: tuple[datetime, bytes] | None = None,
    names: tuple[str, ...] = (),
    hidden: tuple[str, ...] = (),
) -> list[events.TimelineEntry]:
    """What happened to this person, newest first; those merged into them included. `names`: only these facts; one that
    ends with a dot means all that begin with it."""
    return events.timeline(same(person), limit=limit, before=before, names=names, hidden=hidden)
