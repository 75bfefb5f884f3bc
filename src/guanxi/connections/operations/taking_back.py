"""Taking an import of ties back: its facts go, and a tie is what the others say; one that nobody else told of goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guanxi.connections.models import (
    Follow,
    FollowFact,
    FriendFact,
    Friendship,
    FriendWord,
    GroupChat,
    GroupFact,
    GroupMembership,
    MemberFact,
    ReferralFact,
)
from guanxi.connections.operations import follows, friends
from guanxi.connections.operations.book import Book, Noted
from guanxi.connections.operations.checking import Parties, parties
from guanxi.connections.operations.describing import show_words
from guanxi.connections.operations.follows import FOLLOWS
from guanxi.connections.operations.follows import PROOF as FOLLOWED
from guanxi.connections.operations.friends import FRIENDS
from guanxi.connections.operations.friends import PROOF as FRIEND
from guanxi.connections.operations.groups import GROUPS, PEOPLE_IN_GROUPS, announce_members, is_in, members_of, recount
from guanxi.connections.operations.referring import take_back_claims
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
    stand: Callable[[Sequence[Noted], Sequence[people.Reason], datetime], Parties],
    announce: Callable[..., None],
    *,
    import_id: int,
    after: int,
    limit: int,
    now: datetime,
) -> TakenBack:
    found = facts.objects.filter(import_id=import_id, pk__gt=after).order_by("pk")
    told = list(found.values_list("pk", book.link, *book.told)[:limit])
    if not told:
        return TakenBack(None)
    rows = sorted({row for _pk, row, *_fact in told})
    facts.objects.filter(pk__in=[pk for pk, *_rest in told]).delete()
    left = book.again(rows)
    going = sorted(set(rows) - {one.pk for one in left})
    events.touch("ties", tie_keys(model, rows))
    gone = model._default_manager.filter(pk__in=going).values_list("person", "person__merged_into", "pk")
    proves_nothing = [people.Reason(into or person, pk) for person, into, pk in gone]
    removed, _ = model._default_manager.filter(pk__in=going).delete()
    there = stand(left, proves_nothing, now)
    for teller, some in book.told_again(told, left).items():
        announce(some, there, now=now, source="import", import_id=teller)
    return TakenBack(told[-1][0], removed=len(going) if removed else 0, restored=sum(one.changed for one in left))


def _stand_as_friends(left: Sequence[Noted], gone: Sequence[people.Reason], now: datetime) -> Parties:
    """Their levels by what is left; proofs of the import were taken back before."""
    there = parties(staff={one.key[1] for one in left}, accounts={one.key[2] for one in left})
    people.prove_times(
        level=Level.FRIEND,
        proof=FRIEND,
        reasons=[*gone, *friends.reasons(left, there)],
        now=now,
        source="import",
        undoing=True,
    )
    return there


def _stand_as_fans(left: Sequence[Noted], gone: Sequence[people.Reason], now: datetime) -> Parties:
    there = parties(accounts={one.key[1] for one in left})
    people.prove_times(
        level=Level.FAN,
        proof=FOLLOWED,
        reasons=[*gone, *follows.reasons(left, there)],
        now=now,
        source="import",
        undoing=True,
    )
    return there


@dataclass(frozen=True)
class TakeBackFriends:
    key: str = "friends"

    def take_back(self, *, import_id: int, after: int, limit: int, now: datetime) -> TakenBack:
        return _take_back(
            FRIENDS, Friendship, FriendFact, _stand_as_friends, friends.announce,
            import_id=import_id, after=after, limit=limit, now=now,
        )  # fmt: skip


@dataclass(frozen=True)
class TakeBackWords:
    key: str = "friend_words"

    def take_back(self, *, import_id: int, after: int, limit: int, now: datetime) -> TakenBack:
        found = FriendWord.objects.filter(import_id=import_id, pk__gt=after).order_by("pk")
        told = list(found.values_list("pk", "person", "person__merged_into", "staff", "account")[:limit])
        if not told:
            return TakenBack(None)
        FriendWord.objects.filter(pk__in=[pk for pk, *_rest in told]).delete()
        whose = {(one, *rest) for _pk, person, into, *rest in told for one in (person, into or person)}
        return TakenBack(told[-1][0], restored=show_words(whose))


@dataclass(frozen=True)
class TakeBackFollows:
    key: str = "follows"

    def take_back(self, *, import_id: int, after: int, limit: int, now: datetime) -> TakenBack:
        return _take_back(
            FOLLOWS, Follow, FollowFact, _stand_as_fans, follows.announce_follows,
            import_id=import_id, after=after, limit=limit, now=now,
        )  # fmt: skip


@dataclass(frozen=True)
class TakeBackMembers:
    key: str = "members"

    def take_back(self, *, import_id: int, after: int, limit: int, now: datetime) -> TakenBack:
        found = MemberFact.objects.filter(import_id=import_id, pk__gt=after).order_by("pk")
        told = list(found.values_list("pk", "membership_id", *PEOPLE_IN_GROUPS.told)[:limit])
        if not told:
            return TakenBack(None)
        rows = sorted({row for _pk, row, *_fact in told})
        before = _places(rows)
        MemberFact.objects.filter(pk__in=[pk for pk, *_rest in told]).delete()
        left = PEOPLE_IN_GROUPS.again(rows)
        going = sorted(set(rows) - {one.pk for one in left})
        events.touch("ties", tie_keys(GroupMembership, rows))
        GroupMembership.objects.filter(pk__in=going).delete()
        grew: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        after_it = _places([one.pk for one in left])
        for pk, (group, staff, was_in) in before.items():
            grew[group][staff] += (after_it[pk][2] if pk in after_it else 0) - was_in
        recount(grew)
        _announce_places(PEOPLE_IN_GROUPS.told_again(told, [one for one in left if one.key[0]]), now)
        return TakenBack(told[-1][0], removed=len(going), restored=sum(one.changed for one in left))


def _announce_places(news: Mapping[int | None, Sequence[Noted]], now: datetime) -> None:
    groups = list(GroupChat.objects.filter(pk__in={one.key[1] for some in news.values() for one in some}))
    there = parties(accounts={one.account_id for one in groups})
    for teller, some in news.items():
        announce_members(some, groups, there, now=now, source="import", import_id=teller)


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
        found = ReferralFact.objects.filter(import_id=import_id, pk__gt=after).order_by("pk")
        told = list(found.values_list("pk", "edge")[:limit])
        if not told:
            return TakenBack(None)
        removed, restored = take_back_claims(told, now)
        return TakenBack(told[-1][0], removed=removed, restored=restored)
