"""What happened between advisors and their friends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from guanxi.connections import events as facts
from guanxi.connections.models import (
    FriendFact,
    FriendFactKind,
    Friendship,
    FriendSource,
    FriendState,
    FriendWordKind,
)
from guanxi.connections.operations.book import Book, Facts, Key, Noted
from guanxi.connections.operations.checking import Parties, Refused, has_not_happened, parties
from guanxi.connections.operations.describing import Word, note_words, show_words
from guanxi.connections.queries.mirror import tie_keys
from guanxi.connections.rules import BEGINNINGS, Happening, past, standing
from guanxi.events import operations as events
from guanxi.people import operations as people
from guanxi.people.models import Level

PROOF = facts.FriendAdded.name
DESCRIBED = "described"
TELLABLE = frozenset(FriendFactKind.values) - {FriendFactKind.TAKEN, FriendFactKind.HANDED_OVER} | {DESCRIBED}
"""What a channel, a program or a file may tell. People are handed over by `hand_over_friends` alone."""
THEIRS = frozenset({"requested", "half_added", "added", "removed_by_friend", "blocked", "unblocked"})
CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class FriendTold:
    """`kind` is one of TELLABLE. `remark` and `description` are the advisor's words; None: nothing was said of them."""

    person: int
    staff: int
    account: int
    kind: str
    at: datetime
    source: str = ""
    remark: str | None = None
    description: str | None = None


def _read(told: Facts) -> Iterable[Happening]:
    return (Happening(at, kind, source, other or 0) for at, kind, source, other in told)


def _derive(told: Facts) -> Mapping[str, Any]:
    now = standing(_read(told))
    return {
        "state": now.state,
        "source": now.source or FriendSource.UNKNOWN,
        "since": now.since,
        "state_at": now.state_at,
        "first_at": now.first_at,
    }


_RANKS = {FriendState.ACTIVE: 3, FriendState.BLOCKED: 2, FriendState.PENDING: 1}
FRIENDS = Book(
    rows=Friendship,
    facts=FriendFact,
    link="friendship_id",
    key=("person_id", "staff_id", "account_id"),
    told=("at", "kind", "source", "other_id"),
    derive=_derive,
    derived=("state", "source", "since", "state_at", "first_at"),
    prefix="frd",
    rank=lambda row: _RANKS.get(row["state"], 0),
    begins=lambda fact: fact[1] in (*BEGINNINGS, FriendFactKind.REQUESTED, FriendFactKind.HALF_ADDED),
)


def note_friend_facts(
    told: Sequence[FriendTold], *, now: datetime, source: str, import_id: int | None = None
) -> list[Refused]:
    """Facts of many friendships, in any order and as often as one likes; says which were refused, and why.

    `source` is who told it: a channel, `api`, `import`. Announces what nobody had told before.
    """
    refused: list[Refused] = []
    for start in range(0, len(told), CHUNK):
        refused += _note(told[start : start + CHUNK], start, now, source, import_id)
    return refused


@transaction.atomic
def _note(told: Sequence[FriendTold], start: int, now: datetime, source: str, import_id: int | None) -> list[Refused]:
    there = parties(
        people_ids={one.person for one in told},
        staff={one.staff for one in told},
        accounts={one.account for one in told},
    )
    refused: list[Refused] = []
    by_key: dict[Key, Facts] = defaultdict(set)
    words: dict[Key, set[Word]] = defaultdict(set)
    for at, one in enumerate(told):
        if fault := _fault(one, there, now):
            refused.append(Refused(start + at, fault))
            continue
        key = (there.people[one.person], one.staff, one.account)
        if one.kind != DESCRIBED:
            by_key[key].add((one.at, str(one.kind), one.source, None))
        said = ((FriendWordKind.REMARK, one.remark), (FriendWordKind.DESCRIPTION, one.description))
        if new := {(kind.value, one.at, text) for kind, text in said if text is not None}:
            words[key] |= new
    noted = FRIENDS.note(by_key, source=source, import_id=import_id)
    note_words(words, source=source, import_id=import_id)
    show_words({*words, *(one.key for one in noted if one.before is None)})
    settle(noted, there, now=now, source=source, import_id=import_id)
    return refused


def _fault(one: FriendTold, there: Parties, now: datetime) -> str:
    if one.kind not in TELLABLE or one.source not in ("", *FriendSource.values):
        return "bad_kind"
    if has_not_happened(one.at, now):
        return "in_future"
    return there.fault(person=one.person, staff=one.staff, account=one.account)


def settle(noted: Sequence[Noted], there: Parties, *, now: datetime, source: str, import_id: int | None = None) -> None:
    """What follows from changed friendships: levels, the moment a person was seen, the lake, and who is told."""
    people.prove_times(
        level=Level.FRIEND,
        proof=PROOF,
        reasons=reasons((one for one in noted if one.new), there),
        now=now,
        source=source,
        import_id=import_id,
    )
    _seen(noted, import_id)
    events.touch("ties", tie_keys(Friendship, [one.pk for one in noted if one.changed]))
    announce(noted, there, now=now, source=source, import_id=import_id)


def announce(
    noted: Sequence[Noted], there: Parties, *, now: datetime, source: str, import_id: int | None = None
) -> None:
    announced = [one for one in noted if one.new]
    public = dict(Friendship.objects.filter(pk__in=[one.pk for one in announced]).values_list("pk", "public_id"))
    happened = [found for one in announced for found in _happened(one, there, public[one.pk], import_id)]
    events.announce_many(happened, received_at=now, source=source)


def reasons(noted: Iterable[Noted], there: Parties) -> list[people.Reason]:
    """An active friendship proves the level; the proof ends with it."""
    return [people.Reason(one.key[0], one.pk, there.staff[one.key[1]].name, times_of(one.told)) for one in noted]


def prove_friends_again(people_ids: Sequence[int], now: datetime) -> None:
    """These people were one: each has the proofs of their own ties, also of what was told in the meantime."""
    noted = FRIENDS.of(people_ids)
    there = parties(staff={one.key[1] for one in noted})
    people.prove_times(
        level=Level.FRIEND,
        proof=PROOF,
        reasons=reasons(noted, there),
        now=now,
        undoing=True,
        among=people_ids,
    )


def times_of(told: Facts) -> Sequence[people.Stretch]:
    """When the friendship was active, the time that stands last."""
    happened = list(_read(told))
    now = standing(happened)
    return [
        *(people.Stretch(one.since, one.until, _ENDED[FriendState(one.state)]) for one in past(happened)),
        *([people.Stretch(now.since, again=now.state_at)] if now.state == FriendState.ACTIVE else []),
    ]


_ENDED = {
    FriendState.PENDING: "friend.withdrawn",
    FriendState.DELETED_BY_THEM: facts.FriendRemovedByFriend.name,
    FriendState.DELETED_BY_US: facts.FriendRemovedByStaff.name,
    FriendState.BLOCKED: facts.FriendBlocked.name,
    FriendState.HANDED_OVER: facts.FriendHandedOver.name,
}


def _seen(noted: Iterable[Noted], import_id: int | None) -> None:
    moments: dict[int, datetime] = {}
    for one in noted:
        for at, kind, *_rest in one.new:
            if kind in THEIRS and at > moments.get(one.key[0], datetime.min.replace(tzinfo=at.tzinfo)):
                moments[one.key[0]] = at
    if moments:
        people.saw(moments, import_id=import_id)


_TELLS_SOURCE: Mapping[str, Any] = {
    FriendFactKind.REQUESTED: facts.FriendRequested,
    FriendFactKind.HALF_ADDED: facts.FriendHalfAdded,
    FriendFactKind.ADDED: facts.FriendAdded,
}
_TELLS: Mapping[str, Any] = {
    FriendFactKind.REMOVED_BY_FRIEND: facts.FriendRemovedByFriend,
    FriendFactKind.REMOVED_BY_STAFF: facts.FriendRemovedByStaff,
    FriendFactKind.BLOCKED: facts.FriendBlocked,
    FriendFactKind.UNBLOCKED: facts.FriendUnblocked,
}


def _happened(one: Noted, there: Parties, public_id: str, import_id: int | None) -> list[events.Happened]:
    person, staff, account = one.key
    where = there.accounts[account]
    common = {"person": person, "account": where.public_id, "friendship": public_id, "channel": where.kind}
    found = []
    for at, kind, source, other in sorted(one.new, key=str):
        advisor = there.staff[staff].public_id
        if kind in _TELLS_SOURCE:
            fact = _TELLS_SOURCE[kind](**common, advisor=advisor, source=source, import_id=import_id)
        elif kind in _TELLS:
            fact = _TELLS[kind](**common, advisor=advisor, import_id=import_id)
        elif kind == FriendFactKind.TAKEN:
            giver = there.staff[other].public_id if other in there.staff else ""
            fact = facts.FriendHandedOver(**common, advisor=advisor, giver=giver, why=source)
        else:
            continue
        found.append(events.Happened(fact, at))
    return found
