"""Who follows an account, and who no longer does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from guanxi.connections.events import FriendFollowed, FriendUnfollowed
from guanxi.connections.models import Follow, FollowFact
from guanxi.connections.operations.book import Book, Facts, Key, Noted, stands
from guanxi.connections.operations.checking import Parties, Refused, has_not_happened, parties
from guanxi.connections.operations.friends import CHUNK
from guanxi.connections.queries.mirror import tie_keys
from guanxi.connections.rules import Turn, over, span
from guanxi.events import operations as events
from guanxi.people import operations as people
from guanxi.people.models import Level

PROOF = FriendFollowed.name


@dataclass(frozen=True, slots=True)
class FollowTold:
    """A person began to follow an account, or no longer does."""

    person: int
    account: int
    begins: bool
    at: datetime


def _derive(told: Facts) -> Mapping[str, Any]:
    now = span(Turn(at, begins) for at, begins in told)
    return {"first_at": now.first_at, "since": now.since, "until": now.until}


FOLLOWS = Book(
    rows=Follow,
    facts=FollowFact,
    link="follow_id",
    key=("person_id", "account_id"),
    told=("at", "begins"),
    derive=_derive,
    derived=("first_at", "since", "until"),
    prefix="flw",
    rank=stands,
    begins=lambda fact: bool(fact[1]),
)


def note_follows(
    told: Sequence[FollowTold], *, now: datetime, source: str, import_id: int | None = None
) -> list[Refused]:
    """Many follows and their ends, in any order and as often as one likes; says which were refused, and why."""
    refused: list[Refused] = []
    for start in range(0, len(told), CHUNK):
        refused += _note(told[start : start + CHUNK], start, now, source, import_id)
    return refused


@transaction.atomic
def _note(told: Sequence[FollowTold], start: int, now: datetime, source: str, import_id: int | None) -> list[Refused]:
    there = parties(people_ids={one.person for one in told}, accounts={one.account for one in told})
    refused: list[Refused] = []
    by_key: dict[Key, Facts] = defaultdict(set)
    for at, one in enumerate(told):
        late = "in_future" if has_not_happened(one.at, now) else ""
        if fault := late or there.fault(person=one.person, account=one.account):
            refused.append(Refused(start + at, fault))
        else:
            by_key[there.people[one.person], one.account].add((one.at, one.begins))
    noted = FOLLOWS.note(by_key, source=source, import_id=import_id)
    settle_follows(noted, there, now=now, source=source, import_id=import_id)
    return refused


def settle_follows(
    noted: Sequence[Noted], there: Parties, *, now: datetime, source: str, import_id: int | None = None
) -> None:
    """What follows from changed follows: the level, the moment a person was seen, the lake, and who is told."""
    people.prove_times(
        level=Level.FAN,
        proof=PROOF,
        reasons=reasons((one for one in noted if one.new), there),
        now=now,
        source=source,
        import_id=import_id,
    )
    moments: dict[int, datetime] = {}
    for one in noted:
        for at, _begins in one.new:
            moments[one.key[0]] = max(at, moments.get(one.key[0], at))
    if moments:
        people.saw(moments, import_id=import_id)
    events.touch("ties", tie_keys(Follow, [one.pk for one in noted if one.changed]))
    announce_follows(noted, there, now=now, source=source, import_id=import_id)


def announce_follows(
    noted: Sequence[Noted], there: Parties, *, now: datetime, source: str, import_id: int | None = None
) -> None:
    happened = [found for one in noted for found in _happened(one, there, import_id)]
    events.announce_many(happened, received_at=now, source=source)


def reasons(noted: Iterable[Noted], there: Parties) -> list[people.Reason]:
    return [people.Reason(one.key[0], one.pk, there.accounts[one.key[1]].name, times_of(one.told)) for one in noted]


def prove_follows_again(people_ids: Sequence[int], now: datetime) -> None:
    """These people were one: each has the proofs of their own ties, also of what was told in the meantime."""
    noted = FOLLOWS.of(people_ids)
    there = parties(accounts={one.key[1] for one in noted})
    people.prove_times(
        level=Level.FAN,
        proof=PROOF,
        reasons=reasons(noted, there),
        now=now,
        undoing=True,
        among=people_ids,
    )


def times_of(told: Facts) -> Sequence[people.Stretch]:
    """When they followed, the time that stands last."""
    turns = [Turn(at, begins) for at, begins in told]
    now = span(turns)
    return [
        *(people.Stretch(since, until, FriendUnfollowed.name) for since, until in over(turns)),
        *([people.Stretch(now.since)] if now.until is None and now.since else []),
    ]


def _happened(one: Noted, there: Parties, import_id: int | None) -> list[events.Happened]:
    person, account = one.key
    where = there.accounts[account]
    return [
        events.Happened(
            (FriendFollowed if begins else FriendUnfollowed)(person, where.public_id, where.kind, import_id), at
        )
        for at, begins in sorted(one.new)
    ]
