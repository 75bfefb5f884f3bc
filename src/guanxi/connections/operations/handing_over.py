"""Friends change hands: when an advisor leaves, or while both are here. What was known of them stays known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from guanxi.connections.models import FriendFactKind, Friendship, FriendSource, FriendState, GroupChat
from guanxi.connections.operations.book import Facts, Key, Noted
from guanxi.connections.operations.checking import parties
from guanxi.connections.operations.friends import CHUNK, FRIENDS, settle
from guanxi.connections.operations.groups import GroupTold, note_group_facts
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit import bulk
from guanxi.people import queries as people

HELD = (FriendState.ACTIVE, FriendState.BLOCKED)


class FriendsKept(ValueError):
    """`reason`: inactive (nobody takes people over without access), holds_no_people, oneself."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def hand_over_friends(
    *, giver: Staff, taker: Staff, by: Staff | None, now: datetime, friends: Sequence[int] | None = None
) -> int:
    """The friends of `giver`, or those of them that `friends` names by key, and their group chats, are `taker`'s; says
    how many friends went. Raises FriendsKept.

    Remark, description and source go with them; who is `taker`'s own person stays where they are.
    """
    if giver.pk == taker.pk:
        raise FriendsKept("oneself")
    taker = Staff.objects.select_for_update(no_key=True).get(pk=taker.pk)
    if not taker.is_active:
        raise FriendsKept("inactive")
    if not people.takers().filter(pk=taker.pk).exists():
        raise FriendsKept("holds_no_people")
    held = Friendship.objects.filter(staff=giver, state__in=HELD)
    if friends is not None:
        held = held.filter(pk__in=friends)
    went, last = 0, 0
    while some := list(held.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        last = some[-1].pk
        went += _hand_over(some, giver, taker, now)
    groups = _hand_over_groups(giver, taker, now) if friends is None else 0
    if went or groups:
        detail = {"to": taker.public_id, "friends": went, "groups": groups}
        governance.record(act="friends.handed_over", by=by, subject=giver.public_id, detail=detail, now=now)
    return went


def _hand_over(some: Sequence[Friendship], giver: Staff, taker: Staff, now: datetime) -> int:
    there = parties(
        people_ids={one.person_id for one in some},
        staff=[giver.pk, taker.pk],
        accounts={one.account_id for one in some},
    )
    going = [one for one in some if not there.fault(person=one.person_id, staff=taker.pk, account=one.account_id)]
    why = FriendSource.HANDED_OVER if giver.is_active else FriendSource.INHERITED
    taken: dict[Key, Facts] = defaultdict(set)
    given: dict[Key, Facts] = defaultdict(set)
    for one in going:
        taken[one.person_id, taker.pk, one.account_id].add((now, FriendFactKind.TAKEN.value, why.value, giver.pk))
        given[one.person_id, giver.pk, one.account_id].add((now, FriendFactKind.HANDED_OVER.value, "", taker.pk))
    noted = FRIENDS.note(taken, source="staff")
    _keep_words(noted, going)
    # First those who begin, so that nobody falls from the level for a moment.
    settle(noted, there, now=now, source="staff")
    settle(FRIENDS.note(given, source="staff"), there, now=now, source="staff")
    return len(going)


def _keep_words(noted: Sequence[Noted], going: Sequence[Friendship]) -> None:
    """The taker's own words for a person stay theirs."""
    words = {(one.person_id, one.account_id): one for one in going}
    new = [(one.pk, words[one.key[0], one.key[2]]) for one in noted if one.before is None]
    bulk.update(
        Friendship,
        ["remark", "description", "described_at"],
        ((pk, one.remark, one.description, one.described_at) for pk, one in new),
    )


def _hand_over_groups(giver: Staff, taker: Staff, now: datetime) -> int:
    groups = GroupChat.objects.filter(owner=giver, dismissed_at=None).values_list("account", "external_id")
    told = [
        GroupTold(account, external_id, kind="owner_changed", at=now, owner=taker.pk) for account, external_id in groups
    ]
    note_group_facts(told, now=now, source="staff")
    return len(told)
