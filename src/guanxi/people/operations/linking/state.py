"""What is known of the people whom a batch of calls is about, and how it grows while the calls are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate

from django.db.models import F
from django.db.models.functions import Coalesce

from guanxi.kit import bulk, crypto, scope
from guanxi.people.models import Identity, Pair, PairState, Person, Sighting
from guanxi.people.operations.linking.calls import Call
from guanxi.people.operations.linking.reading import GivenId
from guanxi.people.queries import kinds
from guanxi.people.rules import rank
from guanxi.people.rules.kinds import BUILT_IN, Kind
from guanxi.people.rules.linking import PEOPLE_AN_ID, Decision, Seen, Slot, Standing, decide

# The keys travel as one byte string: as an array each would be written and read as text of its own. Those of one kind
# are one walk through the index, where a look-up of each would begin fifty thousand times at its root.
_HOLDERS = f"""
SELECT identity.lookup, identity.id, identity.person_id, identity.shared_at IS NOT NULL
FROM unnest(string_to_array(%s, ','), string_to_array(%s, ',')::int[], string_to_array(%s, ',')::int[])
     AS wanted(kind, first, last),
LATERAL (SELECT id, person_id, shared_at, lookup FROM {Identity._meta.db_table}
         WHERE workspace_id = %s AND kind = wanted.kind
           AND lookup = ANY(ARRAY(
               SELECT substr(%s::bytea, {crypto.LOOKUP_BYTES} * number + 1, {crypto.LOOKUP_BYTES})
               FROM generate_series(wanted.first, wanted.last) AS number)) OFFSET 0) identity
"""  # noqa: S608
_SEEN = f"""
SELECT id, CASE WHEN erased_at IS NULL THEN coalesce(date_part('epoch', last_seen_at), '-infinity') END
FROM {Person._meta.db_table} WHERE id = ANY(string_to_array(%s, ',')::bigint[])
"""  # noqa: S608


@dataclass(slots=True)
class Holder:
    """`seen`: when the person was last seen, as seconds; minus infinity for never, None for one who was erased."""

    identity: int
    person: int
    shared: bool
    seen: float | None

    @property
    def erased(self) -> bool:
        return self.seen is None


def read_holders(given: Mapping[bytes, GivenId]) -> dict[bytes, Holder]:
    """Who has these ids, by two queries; ids that nobody has are missing."""
    if not given:
        return {}
    of_kind: dict[str, list[bytes]] = {}
    for key, one in given.items():
        of_kind.setdefault(one.kind.key, []).append(key)
    sizes = [len(keys) for keys in of_kind.values()]
    ends = list(accumulate(sizes))
    firsts, lasts = ([end - size for end, size in zip(ends, sizes, strict=True)], [end - 1 for end in ends])
    keys = b"".join([b"".join(sorted(keys)) for keys in of_kind.values()])
    bounds = [",".join(map(str, bound)) for bound in (firsts, lasts)]
    rows = bulk.asked(_HOLDERS, [",".join(of_kind), *bounds, scope.current(), keys])
    if not rows:
        return {}
    people = sorted({person for _key, _row, person, _shared in rows})
    seen = dict(bulk.asked(_SEEN, [",".join(map(str, people))]))
    return {key: Holder(row, who, shared, seen[who]) for key, row, who, shared in rows if who in seen}


@dataclass(frozen=True, slots=True)
class MergeAsked:
    """Two people who are in the database are one; `because` is the id that says so."""

    keep: int
    drop: int
    because: Seen
    call: Call


@dataclass(frozen=True, slots=True)
class Doubt:
    """Where two people each have their own, and the id of one that came with the other all the same."""

    slots: tuple[Slot, ...]
    because: Seen
    call: Call


class Met(dict[int, Standing]):
    """What is known of people. Who came with one id that nobody knew gets a Standing when somebody asks for it."""

    def __init__(self) -> None:
        super().__init__()
        self.fresh: dict[int, GivenId] = {}

    def __missing__(self, person: int) -> Standing:
        one = self.fresh[person]
        self[person] = found = Standing(age=-person)
        found.take(Seen(one.key, one.kind, one.within, None))
        return found


@dataclass
class Linking:
    """People who are not written yet have numbers below zero."""

    known: dict[bytes, Holder]
    people: Met = field(default_factory=Met)
    into: dict[int, int] = field(default_factory=dict)
    new_people: dict[int, Call] = field(default_factory=dict)
    links: dict[bytes, int] = field(default_factory=dict)
    merges: list[MergeAsked] = field(default_factory=list)
    conflicts: dict[tuple[int, int], Doubt] = field(default_factory=dict)
    sightings: dict[bytes, set[int]] = field(default_factory=dict)
    new_sightings: dict[tuple[bytes, int], datetime] = field(default_factory=dict)
    shared: set[bytes] = field(default_factory=set)
    rows: dict[bytes, int] = field(default_factory=dict)
    """The rows of ids that were new."""

    def whose(self, person: int) -> int:
        while person in self.into:
            person = self.into[person]
        return person

    def holder(self, key: bytes) -> int | None:
        if key in self.links:
            return self.whose(self.links[key])
        known = self.known.get(key)
        return self.whose(known.person) if known else None

    def appear(self, call: Call, one: GivenId) -> int:
        """Somebody new, with one id that nobody has."""
        person = -1 - len(self.new_people)
        self.new_people[person] = call
        self.people.fresh[person] = one
        self.links[one.key] = person
        return person

    def take(self, call: Call, given: Iterable[GivenId]) -> tuple[int | None, Decision]:
        """Decide one call, and remember what follows."""
        ids = [self._seen(one) for one in given]
        found = decide(ids, self.people)
        if found.reason:
            return None, found
        person = found.person
        if person is None:
            person = -1 - len(self.new_people)
            self.new_people[person] = call
            self.people[person] = Standing(age=-person)
        for one in found.link:
            self.links[one.key] = person
            self.people[person].take(one)
        for other in found.merge:
            self._merge(person, other, found, call)
        for other, slots, because in found.conflicts:
            self.conflicts.setdefault((min(person, other), max(person, other)), Doubt(slots, because, call))
        for one in found.beside:
            self._sight(one, person, call.at)
        return person, found

    def _seen(self, one: GivenId) -> Seen:
        return Seen(one.key, one.kind, one.within, self.holder(one.key), self.is_shared(one.key))

    def is_shared(self, key: bytes) -> bool:
        known = self.known.get(key)
        return key in self.shared or bool(known and known.shared)

    def _merge(self, keep: int, drop: int, found: Decision, call: Call) -> None:
        self.into[drop] = keep
        self.people[keep].absorb(self.people[drop])
        if drop > 0 and found.because is not None:
            self.merges.append(MergeAsked(keep, drop, found.because, call))

    def _sight(self, one: Seen, person: int, at: datetime) -> None:
        seen = self.sightings.setdefault(one.key, set())
        if person in seen:
            return
        seen.add(person)
        self.new_sightings[one.key, person] = at
        if len({self.whose(who) for who in seen}) >= PEOPLE_AN_ID:
            self.shared.add(one.key)


def read_state(known: dict[bytes, Holder], keys: Iterable[bytes]) -> Linking:
    """Everything about the people who hold these ids, by four queries."""
    state = Linking(known)
    held = {key: known[key] for key in keys if key in known}
    people = {one.person for one in held.values()}
    if not people:
        return state
    levels = Person.objects.extra(**bulk.any_number("id", people)).values_list("pk", "level")
    state.people.update({pk: Standing(written=True, level=rank(level), age=pk) for pk, level in levels})
    all_kinds = kinds()
    rows = Identity.objects.extra(**bulk.any_number("person_id", people))
    for person, kind, within, lookup in rows.values_list("person_id", "kind", "within", "lookup"):
        of = all_kinds.get(kind) or Kind(kind, BUILT_IN["cookie"].trust)
        state.people[person].take(Seen(bytes(lookup), of, within, person))
    for one, other in _decided_apart(people):
        state.people[one].apart.add(other)
    by_row = {one.identity: key for key, one in held.items()}
    sightings = Sighting.objects.extra(**bulk.any_number("identity_id", by_row))
    for identity, person in sightings.values_list("identity_id", "person_id"):
        state.sightings.setdefault(by_row[identity], set()).add(person)
    return state


def _decided_apart(people: set[int]) -> Iterator[tuple[int, int]]:
    """Both ways; whoever became somebody else meanwhile is followed."""
    pairs = Pair.objects.filter(state=PairState.DISTINCT).annotate(
        one=Coalesce("first__merged_into", F("first")), other=Coalesce("second__merged_into", F("second"))
    )
    for one, other in pairs.values_list("one", "other"):
        if one in people:
            yield one, other
        if other in people:
            yield other, one
