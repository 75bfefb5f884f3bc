"""Whose an event is, and which people its ids prove to be one. Pure: what is known comes in, what to do comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from guanxi.people.rules.kinds import DEVICE, Kind

IDS_A_CALL = 20
IDS_A_PERSON = 500
# An id that came with more people than these is a shared desk, a shop's phone, a test value.
PEOPLE_AN_ID = 5

Slot = tuple[str, str]
"""Kind and place: where a person has one id."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One id of a call: who has it, if anybody; `shared` when it leads to nobody any more."""

    key: bytes
    kind: Kind
    within: str
    holder: int | None
    shared: bool = False

    @property
    def slot(self) -> Slot | None:
        return (self.kind.key, self.within) if self.kind.single else None


@dataclass(slots=True)
class Standing:
    """What is known of a person: `single` are the ids of which a person has one; `age` is a number that rises."""

    written: bool = False
    level: int = 0
    age: int = 0
    proven: bool = False
    ids: int = 0
    single: dict[Slot, set[bytes]] = field(default_factory=dict)
    apart: set[int] = field(default_factory=set)
    """Who was decided to be somebody else."""

    def take(self, one: Seen) -> None:
        self.ids += 1
        self.proven = self.proven or one.kind.proves
        if one.slot:
            self.single.setdefault(one.slot, set()).add(one.key)

    def absorb(self, other: Standing) -> None:
        self.ids += other.ids
        self.apart |= other.apart
        self.proven = self.proven or other.proven
        for slot, ids in other.single.items():
            self.single.setdefault(slot, set()).update(ids)


@dataclass(slots=True)
class Decision:
    """`person` is whose it is (None: somebody new). `because` is the id that proves the merges."""

    person: int | None = None
    reason: str = ""
    link: list[Seen] = field(default_factory=list)
    left: list[Seen] = field(default_factory=list)
    """Ids that were not linked, because this person has no room for more."""
    merge: list[int] = field(default_factory=list)
    """Who else they are, beside `person`."""
    conflicts: list[tuple[int, tuple[Slot, ...], Seen]] = field(default_factory=list)
    """Who may be the same, which ids say that they are not, and their id that came too."""
    beside: list[Seen] = field(default_factory=list)
    """Ids of somebody else, seen with this person."""
    because: Seen | None = None


def decide(ids: Sequence[Seen], people: Mapping[int, Standing]) -> Decision:
    """Ids that prove go before those of households and devices; of those that prove, the ones a person has one of."""
    if len(ids) > IDS_A_CALL:
        return Decision(reason="too_many_ids")
    linking = [one for one in ids if not one.shared]
    if not linking:
        return Decision(reason="shared_id")
    if _contradicts_itself(linking):
        return Decision(reason="conflicting_ids")
    proofs = sorted((one for one in linking if one.kind.proves), key=lambda one: not one.kind.single)
    weak = [one for one in linking if not one.kind.proves]
    found = _by_proof(proofs, weak, people) if proofs else _by_device(weak, people)
    _link(found, linking, people)
    return found


def conflict(one: Mapping[Slot, set[bytes]], other: Mapping[Slot, set[bytes]]) -> tuple[Slot, ...]:
    """Where both have an id of which a person has one, and none in common."""
    return tuple(sorted(slot for slot in one.keys() & other.keys() if one[slot].isdisjoint(other[slot])))


def _contradicts_itself(ids: Sequence[Seen]) -> bool:
    slots: dict[Slot, list[Seen]] = {}
    for one in ids:
        if one.slot:
            slots.setdefault(one.slot, []).append(one)
    return any(
        len({one.key for one in same}) > 1 and (same[0].holder is None or len({one.holder for one in same}) > 1)
        for same in slots.values()
    )


def _by_proof(proofs: Sequence[Seen], weak: Sequence[Seen], people: Mapping[int, Standing]) -> Decision:
    found = Decision()
    claims: dict[Slot, set[bytes]] = {}
    for one in proofs:
        if one.slot and one.holder is None:
            claims.setdefault(one.slot, set()).add(one.key)
    group: list[int] = []
    for one in proofs:
        if one.holder is None or one.holder in group or any(one.holder == who for who, *_ in found.conflicts):
            continue
        theirs = people[one.holder].single
        against = conflict(claims, theirs)
        if against or _apart(one.holder, group, people):
            found.conflicts.append((one.holder, against, one))
        else:
            if group:
                found.because = found.because or one
            group.append(one.holder)
            for slot, ids in theirs.items():
                claims.setdefault(slot, set()).update(ids)
    refused = {who for who, *_ in found.conflicts}
    for one in weak:
        if one.holder is None or one.holder in group:
            continue
        alone = one.holder in refused or people[one.holder].proven or _apart(one.holder, group, people)
        if alone or one.kind.trust != DEVICE:
            found.beside.append(one)
        else:
            found.because = found.because or one
            group.append(one.holder)
    found.beside += [one for one in proofs if one.holder in refused]
    _choose(found, group, people)
    return found


def _by_device(weak: Sequence[Seen], people: Mapping[int, Standing]) -> Decision:
    """Devices bring visitors together, never two people who are proven; what a household shares brings nobody."""
    found = Decision()
    held = sorted((one for one in weak if one.holder is not None), key=lambda one: one.kind.trust != DEVICE)
    if not held:
        return found
    group: list[int] = []
    proven = False
    for one in held:
        assert one.holder is not None
        if one.holder in group:
            continue
        theirs = people[one.holder].proven
        alone = (theirs and proven) or _apart(one.holder, group, people)
        if group and (alone or one.kind.trust != DEVICE):
            found.beside.append(one)
            continue
        if group:
            found.because = found.because or one
        group.append(one.holder)
        proven = proven or theirs
    _choose(found, group, people)
    return found


def _apart(person: int, group: Sequence[int], people: Mapping[int, Standing]) -> bool:
    return any(one in people[person].apart or person in people[one].apart for one in group)


def _choose(found: Decision, group: Sequence[int], people: Mapping[int, Standing]) -> None:
    """Who stays: the one that is written, proven, highest on the ladder, oldest."""
    if group:
        found.person = max(group, key=lambda person: _standing(people[person]))
        found.merge = [person for person in group if person != found.person]


def _standing(one: Standing) -> tuple[bool, bool, int, int]:
    return one.written, one.proven, one.level, -one.age


def _link(found: Decision, ids: Sequence[Seen], people: Mapping[int, Standing]) -> None:
    new = [one for one in ids if one.holder is None]
    room = IDS_A_PERSON - sum(people[one].ids for one in (found.person, *found.merge) if one is not None)
    found.link, found.left = new[: max(room, 0)], new[max(room, 0) :]
