"""Writes what a batch of calls says, one statement a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError
from psycopg.errors import UniqueViolation

from guanxi.events import operations as events
from guanxi.kit import bulk, cells, crypto, keys, names, rows, scope
from guanxi.people.events import IdentityLinked, PersonCreated
from guanxi.people.models import (
    Field,
    Identity,
    Level,
    MergeRule,
    Pair,
    PairOrigin,
    PairState,
    Person,
    Sighting,
    Trait,
)
from guanxi.people.operations.linking.calls import NOT_SEEN, Answer, Call
from guanxi.people.operations.linking.naming import NAME_LIMIT, fill_names
from guanxi.people.operations.linking.reading import GivenId
from guanxi.people.operations.linking.state import Doubt, Linking, MergeAsked
from guanxi.people.operations.linking.visitors import NewId, write_hashed, write_visitors
from guanxi.people.operations.merging import ToMerge, merge_many
from guanxi.people.operations.words import words_of, write_words
from guanxi.people.rules import canonical
from guanxi.people.rules.kinds import HASHED, PLAIN, SEALED

IDENTITY = Identity._meta.db_table
PERSON_COLUMNS = ("id", "public_id", "name", "sort_key", "level", "country", "language", "salt", "source", "created_at")
IDENTITY_COLUMNS = (
    *("id", "public_id", "person_id", "kind", "within", "lookup", "sealed", "plain", "last4", "source", "created_at"),
)
TRAIT_LIMIT = 200


class Raced(Exception):
    """Somebody else gave one of the ids to a person meanwhile."""


def write_linking(
    state: Linking,
    given: Mapping[bytes, GivenId],
    calls: Sequence[Call],
    answers: Sequence[Answer],
    *,
    source: str,
    now: datetime,
) -> None:
    """Also puts the people into the answers under the ids that they got."""
    made = _people(state, source)

    def written(person: int) -> int:
        kept = state.whose(person)
        return made[kept][0] if kept < 0 else kept

    _identities(state, given, written, made, source, now)
    if state.merges:
        merge_many([_to_merge(one, state, source) for one in state.merges], now=now)
    for answer in answers:
        if answer.person is not None and (answer.person < 0 or state.into):
            before, answer.person = answer.person, written(answer.person)
            if answer.person != before:
                answer.seen = NOT_SEEN
    _sightings(state, written, now)
    _pairs(state, written, source, now)
    changed = _say(calls, answers) | fill_names(calls, answers)
    if touched := sorted({pk for pk, _ in made.values()} | changed):
        events.touch("people", touched)
        events.touch("reach", touched)


def _people(state: Linking, source: str) -> dict[int, tuple[int, bytes]]:
    """Number in the batch → id and salt of those who stay."""
    into = state.into
    staying = [number for number in state.new_people if number not in into] if into else list(state.new_people)
    if not staying:
        return {}
    salts = crypto.new_salts(len(staying))
    made = dict(zip(staying, zip(rows.next_ids(Person, len(staying)), salts, strict=True), strict=True))
    public_ids = dict(zip(staying, keys.new_many("psn", len(staying)), strict=True))
    said = {number: one.name and cells.line(one.name, NAME_LIMIT) for number, one in state.new_people.items()}
    named = {number: name for number in staying if (name := said[number])}
    nameless = [number for number in staying if number not in named] if named else staying
    write_visitors(
        [made[number] for number in nameless],
        [public_ids[number] for number in nameless],
        [state.new_people[number].at for number in nameless],
        source=source,
    )
    if named:
        bulk.insert(
            Person,
            PERSON_COLUMNS,
            (
                (
                    *(made[number][0], public_ids[number], name, names.sort_key(name), Level.VISITOR.value, "", ""),
                    *(made[number][1], source, state.new_people[number].at),
                )
                for number, name in named.items()
            ),
        )
        write_words(words_of((made[number][0], name) for number, name in named.items()))
    return made


def _salts(state: Linking, made: Mapping[int, tuple[int, bytes]]) -> dict[int, bytes]:
    """The part of the key of everybody who gets an id."""
    salts = dict(made.values())
    known = {person for number in state.links.values() if (person := state.whose(number)) > 0}
    if known:
        found = Person.objects.extra(**bulk.any_number("id", known)).values_list("pk", "salt")
        salts |= {pk: bytes(salt) for pk, salt in found if salt is not None}
    return salts


def _identities(
    state: Linking,
    given: Mapping[bytes, GivenId],
    written: Any,
    made: Mapping[int, tuple[int, bytes]],
    source: str,
    now: datetime,
) -> None:
    if not state.links:
        return
    ids = rows.next_ids(Identity, len(state.links))
    public_ids = keys.new_many("idn", len(ids))
    people = [made[number][0] if number in made else written(number) for number in state.links.values()]
    hashed = [(*row, given[row[3]]) for row in zip(ids, public_ids, people, state.links, strict=True)]
    rest = [row for row in hashed if row[-1].kind.keeps != HASHED]
    if rest:
        hashed = [row for row in hashed if row[-1].kind.keeps == HASHED]
    try:
        write_hashed(hashed, source=source, now=now)
        if rest:
            salts = _salts(state, made)
            bulk.insert(Identity, IDENTITY_COLUMNS, (_identity(row, salts, source, now) for row in rest))
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            raise Raced from error
        raise
    state.rows = dict(zip(state.links, ids, strict=True))
    facts = [
        events.Happened(IdentityLinked(person, given[key].kind.key), now)
        for person, (key, number) in zip(people, state.links.items(), strict=True)
        if number > 0
    ]
    appeared = [events.Happened(PersonCreated(pk), state.new_people[number].at) for number, (pk, _salt) in made.items()]
    events.announce_many(appeared + facts, received_at=now, source=source)


def _identity(row: NewId, salts: Mapping[int, bytes], source: str, now: datetime) -> tuple[Any, ...]:
    pk, public_id, person, key, one = row
    keeps = one.kind.keeps
    place: dict[str, Any] = {"table": IDENTITY, "column": "sealed", "row": pk}
    sealed = (
        crypto.seal(one.value, workspace_id=scope.current(), salt=salts[person], **place) if keeps == SEALED else None
    )
    last4 = one.value[-4:] if one.kind.key == "phone" else ""
    plain = one.value if keeps == PLAIN else ""
    return pk, public_id, person, one.kind.key, one.within, key, sealed, plain, last4, source, now


def _to_merge(one: MergeAsked, state: Linking, source: str) -> ToMerge:
    because, call = one.because, one.call
    return ToMerge(
        keep=one.keep,
        drop=one.drop,
        rule=MergeRule.PROOF if because.kind.proves else MergeRule.DEVICE,
        at=call.at,
        kind=because.kind.key,
        identity=_row_of(because.key, state),
        source=source,
        event=call.event[:60],
        sender=call.sender,
        said=call.said[:60],
    )


def _row_of(key: bytes, state: Linking) -> int | None:
    known = state.known.get(key)
    return known.identity if known else state.rows.get(key)


def _evidence(one: Doubt, state: Linking, source: str) -> dict[str, Any]:
    because, call = one.because, one.call
    came = {"kind": because.kind.key, "identity": _row_of(because.key, state), "source": source}
    said = {"event": call.event[:60], "sender": call.sender, "said": call.said[:60], "at": call.at.isoformat()}
    return {"conflict": sorted({kind for kind, _ in one.slots}), "because": came | said}


def _sightings(state: Linking, written: Any, now: datetime) -> None:
    """Who was seen with an id of somebody else; an id that too many people came with leads to nobody from now on."""
    row_of = {**{key: one.identity for key, one in state.known.items()}, **state.rows}
    seen = {(row_of[key], written(person)): at for (key, person), at in state.new_sightings.items()}
    if seen:
        rows_ = ((identity, person, at) for (identity, person), at in seen.items())
        bulk.insert(Sighting, ["identity_id", "person_id", "at"], rows_, or_ignore=True)
    if state.shared:
        Identity.objects.filter(pk__in=[row_of[key] for key in state.shared]).update(shared_at=now)


def _pairs(state: Linking, written: Any, source: str, now: datetime) -> None:
    """What somebody decided about a pair stays decided."""
    pairs: dict[tuple[int, int], dict[str, Any]] = {}
    for (one, other), doubt in state.conflicts.items():
        two = sorted((written(one), written(other)))
        if two[0] != two[1]:
            pairs.setdefault((two[0], two[1]), _evidence(doubt, state, source))
    if not pairs:
        return
    origin, is_open = PairOrigin.CONFLICT.value, PairState.OPEN.value
    bulk.insert(
        Pair,
        ["public_id", "first_id", "second_id", "origin", "evidence", "weight", "state", "found_at"],
        (
            (keys.new("dup"), first, second, origin, evidence, 0, is_open, now)
            for (first, second), evidence in pairs.items()
        ),
        or_ignore=True,
    )


def _say(calls: Sequence[Call], answers: Sequence[Answer]) -> set[int]:
    """What the calls say of people: the newest word of each field. Gives the people who changed."""
    said: dict[tuple[int, str], tuple[datetime, str]] = {}
    for call, answer in zip(calls, answers, strict=True):
        if answer.person is None:
            continue
        for key, text in call.traits.items():
            old = said.get((answer.person, key))
            if old is None or call.at >= old[0]:
                said[answer.person, key] = (call.at, text)
    if not said:
        return set()
    fields = {one.key: one for one in Field.objects.filter(key__in={key for _, key in said})}
    for call, answer in zip(calls, answers, strict=True):
        bad = {key: reason for key, text in call.traits.items() if (reason := _problem(fields.get(key), text))}
        if answer.person is not None and bad:
            answer.left_out += tuple((f"trait:{key}", reason) for key, reason in bad.items())
    good = {
        (person, fields[key].pk): (at, canonical(text.strip(), fields[key].kind, fields[key].choices))
        for (person, key), (at, text) in said.items()
        if not _problem(fields.get(key), text)
    }
    return _keep(good)


def _problem(of: Field | None, text: str) -> str:
    if of is None:
        return "unknown_field"
    value = text.strip()
    if len(value) > TRAIT_LIMIT:
        return "too_long"
    if not value:
        return "empty"
    if cells.has_control(value):
        return "control_character"
    try:
        canonical(value, of.kind, of.choices)
    except cells.BadCell:
        return f"not_{of.kind}"
    return ""


def _keep(said: Mapping[tuple[int, int], tuple[datetime, str]]) -> set[int]:
    if not said:
        return set()
    held = Trait.objects.extra(**bulk.any_number("person_id", {person for person, _ in said})).select_for_update()
    known = {(one.person_id, one.field_id): one for one in held.order_by("pk")}
    fresh = [(*place, value, at) for place, (at, value) in said.items() if place not in known]
    changed = [
        (known[place].pk, value, at, None)
        for place, (at, value) in said.items()
        if place in known and _newer(known[place], at) and known[place].value != value
    ]
    if fresh:
        bulk.insert(Trait, ["person_id", "field_id", "value", "set_at"], fresh, or_ignore=True)
    if changed:
        bulk.update(Trait, ["value", "set_at", "import_id"], changed)
    places = {pk: person for (person, _), one in known.items() for pk in [one.pk]}
    return {row[0] for row in fresh} | {places[row[0]] for row in changed}


def _newer(known: Trait, at: datetime) -> bool:
    return known.set_at is None or known.set_at <= at
