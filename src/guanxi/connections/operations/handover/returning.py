"""The friends and group chats of one turn come back to who gave them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from guanxi.connections.models import (
    FriendFact,
    FriendFactKind,
    FriendHandover,
    Friendship,
    FriendSource,
    GroupChat,
    GroupFact,
)
from guanxi.connections.operations.book import Facts, Key
from guanxi.connections.operations.checking import parties
from guanxi.connections.operations.friends import FRIENDS, settle
from guanxi.connections.operations.groups import GroupTold, note_group_facts
from guanxi.connections.rules import HELD, Happening, standing


def friends_to_return(of: FriendHandover) -> dict[int, int]:
    """Friendship → taker: whom the takers have from it still."""
    taken = FriendFact.objects.filter(
        friendship__staff__in=[taker for taker, *_ in of.shares],
        friendship__state__in=HELD,
        kind=FriendFactKind.TAKEN,
        at=of.at,
        other=of.giver_id,
    )
    return dict(taken.order_by("friendship").values_list("friendship", "friendship__staff"))


def groups_to_return(of: FriendHandover) -> dict[int, int]:
    given: dict[int, int] = {}
    for taker, *_ in of.shares:
        facts = GroupFact.objects.filter(
            group__owner=taker, kind="owner_changed", at=of.at, owner=taker, told_by="staff"
        )
        chats = GroupChat.objects.filter(pk__in=facts.values("group"), dismissed_at=None)
        given |= dict.fromkeys(chats.order_by("pk").values_list("pk", flat=True), taker)
    return given


def return_some(takers: Mapping[int, int], of: FriendHandover, now: datetime) -> int:
    """Friendship → taker. What has changed hands or ended since stays; says how many came back."""
    assert of.undone_at is not None
    held = Friendship.objects.filter(pk__in=takers, state__in=HELD, state_at__lte=of.undone_at)
    rows = list(held.order_by("pk").select_for_update())
    there = parties(
        people_ids={one.person_id for one in rows},
        staff=[of.giver_id, *set(takers.values())],
        accounts={one.account_id for one in rows},
    )
    own = _own(rows, of)
    back: dict[Key, Facts] = defaultdict(set)
    ended: dict[Key, Facts] = defaultdict(set)
    came = 0
    for one in rows:
        if there.fault(person=one.person_id, staff=of.giver_id, account=one.account_id):
            continue
        came += 1
        back[there.people[one.person_id], of.giver_id, one.account_id].add(
            (of.undone_at, FriendFactKind.TAKEN.value, FriendSource.HANDED_OVER.value, one.staff_id)
        )
        if one.pk not in own:
            ended[one.person_id, one.staff_id, one.account_id].add(
                (of.undone_at, FriendFactKind.HANDED_OVER.value, "", of.giver_id)
            )
    settle(FRIENDS.note(back, source="staff"), there, now=now, source="staff")
    settle(FRIENDS.note(ended, source="staff"), there, now=now, source="staff")
    return came


def _own(rows: Sequence[Friendship], of: FriendHandover) -> set[int]:
    """Those who would be friends of the taker without the hand-over."""
    told: dict[int, list[Happening]] = defaultdict(list)
    facts = FriendFact.objects.filter(friendship__in=rows).values_list("friendship", "at", "kind", "source", "other")
    for pk, at, kind, source, other in facts:
        if (at, kind, other) != (of.at, FriendFactKind.TAKEN.value, of.giver_id):
            told[pk].append(Happening(at, kind, source, other or 0))
    return {pk for pk, some in told.items() if standing(some).state in HELD}


def return_groups(takers: Mapping[int, int], of: FriendHandover, now: datetime) -> None:
    assert of.undone_at is not None
    chats = GroupChat.objects.filter(pk__in=takers, dismissed_at=None).order_by("pk")
    told = [
        GroupTold(account, external_id, kind="owner_changed", at=of.undone_at, owner=of.giver_id)
        for pk, owner, account, external_id in chats.values_list("pk", "owner", "account", "external_id")
        if owner == takers[pk]
    ]
    note_group_facts(told, now=now, source="staff")
