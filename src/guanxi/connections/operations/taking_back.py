"""Taking an import of ties back: its facts go, and a tie is what the others say; one that nobody else told of goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guanxi.connections.models import (
    Follow,
    FollowFact,
    FriendFact,
    Friendship,
    FriendState,
    GroupChat,
    GroupFact,
    GroupMembership,
    MemberFact,
    ReferralEdge,
)
from guanxi.connections.operations.book import Book, Noted
from guanxi.connections.operations.checking import parties
from guanxi.connections.operations.follows import FOLLOWS
from guanxi.connections.operations.follows import PROOF as FOLLOWED
from guanxi.connections.operations.friends import FRIENDS
from guanxi.connections.operations.friends import PROOF as FRIEND
from guanxi.connections.operations.groups import GROUPS, PEOPLE_IN_GROUPS, is_in, members_of, recount
from guanxi.connections.operations.referring import elect_again
from guanxi.connections.queries.mirror import tie_keys
from guanxi.events import operations as events
from guanxi.kit import bulk
from guanxi.people import operations as people
from guanxi.people.models import Level
from guanxi.people.port import TakenBack


def _take_back(
    book: Book,
    model: type[Friendship] | type[Follow],
    facts: type[Any],
    stand: Callable[[Sequence[Noted], datetime], None],
    *,
    import_id: int,
    after: int,
    limit: int,
    now: datetime,
) -> TakenBack:
    found = facts.objects.filter(import_id=import_id, pk__gt=after).order_by("pk")
    told = list(found.values_list("pk", book.link)[:limit])
    if not told:
        return TakenBack(None)
    rows = sorted({row for _pk, row in told})
    facts.objects.filter(pk__in=[pk for pk, _row in told]).delete()
    left = book.again(rows)
    going = sorted(set(rows) - {one.pk for one in left})
    events.touch("ties", tie_keys(model, rows))
    gone = list(model._default_manager.filter(pk__in=going).values_list("person_id", "pk"))
    removed, _ = model._default_manager.filter(pk__in=going).delete()
    proof = FRIEND if model is Friendship else FOLLOWED
    references: list[tuple[int, int | None]] = [(person, pk) for person, pk in gone]
    people.end_proof(proof=proof, references=references, because="import.undone", now=now, source="import")
    stand(left, now)
    return TakenBack(told[-1][0], removed=len(going) if removed else 0, restored=sum(one.changed for one in left))


def _stand_as_friends(left: Sequence[Noted], now: datetime) -> None:
    """Their levels by what is left; proofs of the import were taken back before."""
    names = {pk: one.name for pk, one in parties(staff={one.key[1] for one in left}).staff.items()}
    active = [one for one in left if one.after["state"] == FriendState.ACTIVE]
    people.prove_level(
        level=Level.FRIEND,
        proof=FRIEND,
        proofs=[people.Proof(one.key[0], one.after["since"], one.pk, names[one.key[1]]) for one in active],
        now=now,
        source="import",
    )
    ended: list[tuple[int, int | None]] = [(one.key[0], one.pk) for one in left if one not in active]
    people.end_proof(proof=FRIEND, references=ended, because="import.undone", now=now, source="import")


def _stand_as_fans(left: Sequence[Noted], now: datetime) -> None:
    names = {pk: one.name for pk, one in parties(accounts={one.key[1] for one in left}).accounts.items()}
    following = [one for one in left if one.after["until"] is None and one.after["since"] is not None]
    people.prove_level(
        level=Level.FAN,
        proof=FOLLOWED,
        proofs=[people.Proof(one.key[0], one.after["since"], one.pk, names[one.key[1]]) for one in following],
        now=now,
        source="import",
    )
    ended: list[tuple[int, int | None]] = [(one.key[0], one.pk) for one in left if one not in following]
    people.end_proof(proof=FOLLOWED, references=ended, because="import.undone", now=now, source="import")


@dataclass(frozen=True)
class TakeBackFriends:
    key: str = "friends"

    def take_back(self, *, import_id: int, after: int, limit: int, now: datetime) -> TakenBack:
        return _take_back(
            FRIENDS, Friendship, FriendFact, _stand_as_friends,
            import_id=import_id, after=after, limit=limit, now=now,
        )  # fmt: skip


@dataclass(frozen=True)
class TakeBackFollows:
    key: str = "follows"

    def take_back(self, *, import_id: int, after: int, limit: int, now: datetime) -> TakenBack:
        return _take_back(
            FOLLOWS, Follow, FollowFact, _stand_as_fans,
            import_id=import_id, after=after, limit=limit, now=now,
        )  # fmt: skip


@dataclass(frozen=True)
class TakeBackMembers:
    key: str = "members"

    def take_back(self, *, import_id: int, after: int, limit: int, now: datetime) -> TakenBack:
        found = MemberFact.objects.filter(import_id=import_id, pk__gt=after).order_by("pk")
        told = list(found.values_list("pk", "membership")[:limit])
        if not told:
            return TakenBack(None)
        rows = sorted({row for _pk, row in told})
        before = _places(rows)
        MemberFact.objects.filter(pk__in=[pk for pk, _row in told]).delete()
        left = PEOPLE_IN_GROUPS.again(rows)
        going = sorted(set(rows) - {one.pk for one in left})
        events.touch("ties", tie_keys(GroupMembership, rows))
        GroupMembership.objects.filter(pk__in=going).delete()
        grew: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        after_it = _places([one.pk for one in left])
        for pk, (group, staff, was_in) in before.items():
            grew[group][staff] += (after_it[pk][2] if pk in after_it else 0) - was_in
        recount(grew)
        return TakenBack(told[-1][0], removed=len(going), restored=sum(one.changed for one in left))


def _places(memberships: Sequence[int]) -> dict[int, tuple[int, int, int]]:
    """Membership → group, whether it is of staff, whether it stands."""
    rows = GroupMembership.objects.filter(pk__in=memberships).values("pk", "group_id", "staff_id", "since", "until")
    return {row["pk"]: (row["group_id"], int(row["staff_id"] is not None), is_in(row)) for row in rows}


@dataclass(frozen=True)
class TakeBackGroups:
    """What the file said of whole groups."""

    key: str = "groups"

    def take_back(self, *, import_id: int, after: int, limit: int, now: datetime) -> TakenBack:
        found = GroupFact.objects.filter(import_id=import_id, pk__gt=after).order_by("pk")
        told = list(found.values_list("pk", "group")[:limit])
        if not told:
            return TakenBack(None)
        groups = sorted({group for _pk, group in told})
        GroupFact.objects.filter(pk__in=[pk for pk, _group in told]).delete()
        left = GROUPS.again(groups)
        nothing = GROUPS.derive(set())
        bare = sorted(set(groups) - {one.pk for one in left})
        bulk.update(GroupChat, list(nothing), ((pk, *nothing.values()) for pk in bare))
        events.touch("ties", members_of(groups))
        return TakenBack(told[-1][0], restored=len(groups))


@dataclass(frozen=True)
class TakeBackReferrals:
    key: str = "referrals"

    def take_back(self, *, import_id: int, after: int, limit: int, now: datetime) -> TakenBack:
        found = ReferralEdge.objects.filter(import_id=import_id, pk__gt=after).order_by("pk")
        made = list(found.values_list("pk", "brought", "is_first")[:limit])
        if not made:
            return TakenBack(None)
        ids = [pk for pk, *_ in made]
        events.touch("ties", tie_keys(ReferralEdge, ids))
        ReferralEdge.objects.filter(pk__in=ids).delete()
        elect_again(brought for _pk, brought, first in made if first)
        return TakenBack(ids[-1], removed=len(ids))
