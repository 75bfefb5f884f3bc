"""Ties are told by hand, by files and by channels, in any order and as often as they like; files are taken back. The
end is what the times of the rest say.

`GUANXI_HISTORIES=3000 pytest tests/connections/test_histories.py` looks longer.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi.channels.models import Account
from guanxi.connections import operations as connections
from guanxi.connections.models import (
    Follow,
    Friendship,
    GroupChat,
    GroupMembership,
    ReferralEdge,
)
from guanxi.connections.operations import FollowTold, FriendTold, GroupTold, Referral
from guanxi.connections.queries import mirrored
from guanxi.connections.queries.mirror import every_tie
from guanxi.events.models import Touched
from guanxi.governance.models import Staff, Workspace
from guanxi.people.models import Import, LevelProof, Person
from guanxi.people.operations.imports.undoing import steps_of
from guanxi.people.rules import LADDER
from tests.connections.world import advisor, messenger, some_people
from tests.factories.events import touched

MANY = int(os.environ.get("GUANXI_HISTORIES", "10"))
BY_FILE, TELLERS = "file", ("api", "wecom", "file", "kept file")
KINDS = {"friends": FriendTold, "follows": FollowTold, "groups": GroupTold, "referrals": Referral}


@dataclass(frozen=True)
class World:
    people: Sequence[Person]
    staff: Sequence[Staff]
    account: Account
    imports: dict[tuple[str, str], Import]
    now: datetime


@dataclass(frozen=True)
class Telling:
    """`what` are small numbers and words, made into what is told of a kind by `_told`."""

    kind: str
    what: tuple[Any, ...]
    by: str


moment = st.integers(0, 3)
FRIEND = ("requested", "half_added", "added", "added", "added", "removed_by_friend", "removed_by_staff", "blocked",
          "unblocked")  # fmt: skip
WORDS: dict[str, dict[str, str]] = {
    "both": {"remark": "tea", "description": "likes it green"},
    "remark": {"remark": "VIP"},
    "description": {"description": "likes it black"},
    "no remark": {"remark": ""},
}
# Few people and moments, so that what is told meets; of referrals whoever brings has the lower number: no rings.
FACTS: dict[str, st.SearchStrategy[tuple[Any, ...]]] = {
    "friends": st.one_of(
        st.tuples(
            st.just(0),
            st.sampled_from([0, 0, 0, 1]),
            st.sampled_from(FRIEND),
            moment,
            st.sampled_from(["", "", "scan"]),
        ),
        st.tuples(
            st.just(0), st.sampled_from([0, 0, 0, 1]), st.just("described"), moment, st.sampled_from(sorted(WORDS))
        ),
    ),
    "follows": st.tuples(st.just(0), st.booleans(), moment),
    "groups": st.tuples(st.just(0), st.booleans(), moment, st.sampled_from(["", "", "unknown"])),
    "referrals": st.tuples(
        st.integers(0, 2), st.integers(1, 3), moment, st.sampled_from(["card", "card", "word"])
    ).filter(lambda what: what[0] < what[1]),
}


def told_by_some(kind: str) -> st.SearchStrategy[list[Telling]]:
    """Each fact by one teller or several."""
    by = st.lists(st.sampled_from(TELLERS), min_size=1, max_size=2, unique=True)
    facts = st.lists(st.tuples(FACTS[kind], by), min_size=1, max_size=4)
    return facts.map(lambda some: [Telling(kind, what, teller) for what, tellers in some for teller in tellers])


histories = st.tuples(*map(told_by_some, KINDS)).map(lambda some: [one for told in some for one in told])


@pytest.fixture
def world(workspace: Workspace, now: datetime) -> World:
    imports = {
        (kind, by): Import.objects.create(kind=kind, filename=by, size=1, sha256=b"", created_at=now)
        for kind in KINDS
        for by in TELLERS
        if BY_FILE in by
    }
    account = messenger(now)
    there = GroupTold(account.pk, "wr", kind="created", at=now - timedelta(days=99), text="Tea")
    connections.note_group_facts([there], now=now, source="wecom")
    return World(some_people(now, 4), [advisor("Ann"), advisor("Bo")], account, imports, now)


def _told(one: Telling, world: World) -> Any:
    at = world.now - timedelta(days=9) + timedelta(days=one.what[-2] if one.kind != "follows" else one.what[-1])
    person = world.people[one.what[0]].pk
    match one.kind:
        case "friends":
            _person, staff, kind, _at, source = one.what
            if kind == "described":
                return FriendTold(person, world.staff[staff].pk, world.account.pk, kind, at, **WORDS[source])
            return FriendTold(person, world.staff[staff].pk, world.account.pk, kind, at, source)
        case "follows":
            return FollowTold(person, world.account.pk, one.what[1], at)
        case "groups":
            kind = "member_joined" if one.what[1] else "member_left"
            return GroupTold(world.account.pk, "wr", kind, at, person=person, how=one.what[3])
        case _:
            return Referral(person, world.people[one.what[1]].pk, one.what[3], at)


TELL: dict[str, Any] = {
    "friends": connections.note_friend_facts,
    "follows": connections.note_follows,
    "groups": connections.note_group_facts,
    "referrals": connections.refer,
}


def tell(some: Sequence[Telling], world: World) -> None:
    """In one call for each kind and teller, as they stand."""
    parts: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for one in some:
        parts[one.kind, one.by].append(_told(one, world))
    for (kind, by), told in parts.items():
        of = world.imports.get((kind, by))
        source = "import" if of else by
        assert TELL[kind](told, now=world.now, source=source, import_id=of.pk if of else None) == []


def undo(of: Import, now: datetime) -> None:
    for step in steps_of(of):
        after: int | None = 0
        while after is not None:
            after = step.take_back(import_id=of.pk, after=after, limit=2, now=now).after


def ends() -> dict[str, list[Any]]:
    """Everything that is derived, without the keys of its rows."""
    ties: dict[tuple[str, int | None], Any] = {}
    for model, level in ((Friendship, "friend"), (Follow, "fan")):
        for row in model._default_manager.all():
            ties[level, row.pk] = row.person_id, getattr(row, "staff_id", None)
    proofs = LevelProof.objects.values_list("person", "level", "reference", "since", "ended_at", "ended_by")
    return {
        "friends": _rows(
            Friendship, "person", "staff", "state", "source", "since", "state_at", "first_at", "remark", "description"
        ),
        "follows": _rows(Follow, "person", "first_at", "since", "until"),
        "members": _rows(GroupMembership, "person", "first_at", "since", "until", "joined_by", "left_by"),
        "groups": _rows(GroupChat, "people", "staff"),
        "referrals": _rows(ReferralEdge, "bringer", "brought", "at", "by", "is_first"),
        "proofs": sorted(((person, level, ties[level, of], *rest) for person, level, of, *rest in proofs), key=str),
        "levels": _rows(Person, "pk", "level"),
    }


def _rows(model: Any, *columns: str) -> list[Any]:
    return sorted(model.objects.values_list(*columns), key=str)


def broken() -> Iterator[str]:
    """What may never be, whatever was told so far."""
    proofs: dict[tuple[str, int | None], list[LevelProof]] = defaultdict(list)
    held: dict[int, set[str]] = defaultdict(set)
    for one in LevelProof.objects.order_by("since", "ended_at"):
        proofs[one.level, one.reference].append(one)
        if one.ended_at is None:
            held[one.person_id].add(one.level)
    stands: dict[tuple[str, int | None], bool] = {
        ("friend", one.pk): one.state == "active" for one in Friendship.objects.all()
    }
    stands |= {("fan", one.pk): one.until is None and one.since is not None for one in Follow.objects.all()}
    for key in {*stands, *proofs}:
        if sum(one.ended_at is None for one in proofs[key]) != stands.get(key, 0):
            yield f"{key}: open proofs of a tie that {'stands' if stands.get(key) else 'does not stand'}"
        for one, other in zip(proofs[key], proofs[key][1:], strict=False):
            if one.ended_at is None or one.ended_at > other.since:
                yield f"{key}: times that overlap"
    for person in Person.objects.all():
        if person.level != max(held[person.pk], key=LADDER.index, default=LADDER[0]):
            yield f"{person}: {person.level}, proven {held[person.pk]}"
    inside = GroupMembership.objects.exclude(since=None).filter(until=None).count()
    if GroupChat.objects.get().people != inside:
        yield f"a group that counts {GroupChat.objects.get().people} of {inside}"
    brought = ReferralEdge.objects.values_list("brought", flat=True).distinct()
    if sorted(brought) != sorted(ReferralEdge.objects.filter(is_first=True).values_list("brought", flat=True)):
        yield "somebody without their first bringer"


def in_the_lake() -> tuple[dict[int, Any], dict[int, str]]:
    ties = {row["tie"]: row for row in mirrored(list(every_tie())).to_pylist()}
    return ties, dict(Person.objects.values_list("pk", "level"))


def watched(act: Any, *given: Any) -> list[str]:
    """What is wrong after it, with what the lake was not told of."""
    Touched.objects.all().delete()
    before = in_the_lake()
    act(*given)
    unsaid = [
        f"the mirror {name} of {key}"
        for name, was, now in zip(("ties", "people"), before, in_the_lake(), strict=True)
        for key in {*was, *now} - touched(name)
        if was.get(key) != now.get(key)
    ]
    return [*broken(), *unsaid]


@settings(max_examples=MANY, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories, seed=st.integers(0, 10_000))
def test_in_any_order_and_with_files_taken_back_the_times_decide(
    world: World, history: list[Telling], seed: int
) -> None:
    chance = Random(seed)
    with transaction.atomic():
        tell([one for one in history if one.by != BY_FILE], world)
        expected = ends()
        transaction.set_rollback(True)
    with transaction.atomic():
        again = history + chance.sample(history, len(history) // 2)
        chance.shuffle(again)
        last = max((place for place, one in enumerate(again) if one.by == BY_FILE), default=-1)
        undone = chance.randint(last + 1, len(again))
        place = 0
        for end in sorted({undone, len(again), *(chance.randint(1, len(again)) for _ in range(4))}):
            assert watched(tell, again[place:end], world) == []
            if (place := end) == undone:
                for kind in KINDS:
                    assert watched(undo, world.imports[kind, BY_FILE], world.now) == []
        assert ends() == expected
        transaction.set_rollback(True)
