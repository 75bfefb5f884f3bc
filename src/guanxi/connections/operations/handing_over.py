"""Friends change hands: when an advisor leaves, or while both are here. What was known of them stays known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from guanxi.connections.models import (
    FriendFact,
    FriendFactKind,
    FriendHandover,
    Friendship,
    FriendSource,
    GroupChat,
    GroupFact,
)
from guanxi.connections.operations.book import Facts, Key, Noted
from guanxi.connections.operations.checking import parties
from guanxi.connections.operations.friends import CHUNK, FRIENDS, settle
from guanxi.connections.operations.groups import GroupTold, note_group_facts
from guanxi.connections.queries import FriendsWanted, friends_to_give, groups_to_give, may_return
from guanxi.connections.rules import HELD, Happening, dealt, standing
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit import bulk
from guanxi.people import queries as people

TAKERS_AT_MOST = 50


class FriendsKept(ValueError):
    """`reason`: inactive (nobody takes people over without access), holds_no_people, oneself, nobody (no taker),
    too_many (takers), too_late (to take it back)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def hand_over_friends(
    *,
    giver: Staff,
    takers: Sequence[Staff],
    by: Staff | None,
    now: datetime,
    wanted: FriendsWanted | None = None,
    friends: Sequence[int] | None = None,
    change: str = "",
) -> FriendHandover | None:
    """The friends of `giver` (those who are `wanted`, or named by key) are shared among `takers`, in turn; without a
    choice their group chats, too. None when nobody went. Raises FriendsKept.

    Remark, description and source go with them; who is a taker's own person stays where they are.
    """
    _hold(giver, takers)
    held = friends_to_give(giver, wanted)
    if friends is not None:
        held = held.filter(pk__in=friends)
    shares = dealt(list(held.order_by("pk").values_list("pk", flat=True)), [one.pk for one in takers])
    groups: dict[int, int] = defaultdict(int)
    if wanted is None and friends is None:
        chats = list(groups_to_give(giver).order_by("pk").values_list("pk", flat=True))
        groups |= {taker: _give_groups(some, taker, now) for taker, some in dealt(chats, list(shares)).items()}
    went = {one.pk: _give(shares[one.pk], giver, one, now) for one in takers}
    if not any(went.values()) and not any(groups.values()):
        return None
    for one in takers:
        detail = {"to": one.public_id, "friends": went[one.pk], "groups": groups[one.pk]}
        governance.record(act="friends.handed_over", by=by, subject=giver.public_id, detail=detail, now=now)
    made: FriendHandover = FriendHandover.objects.create(
        giver=giver,
        by=by,
        at=now,
        shares=[[one.pk, went[one.pk]] for one in takers],
        friends=sum(went.values()),
        groups=sum(groups.values()),
        change=change,
    )
    return made


def _hold(giver: Staff, takers: Sequence[Staff]) -> None:
    """Two hand-overs of one advisor come one after the other, and nobody loses access meanwhile."""
    if not takers:
        raise FriendsKept("nobody")
    if len(takers) > TAKERS_AT_MOST:
        raise FriendsKept("too_many")
    ids = {one.pk for one in takers}
    if giver.pk in ids:
        raise FriendsKept("oneself")
    held = {
        one.pk: one
        for one in Staff.objects.filter(pk__in={giver.pk, *ids}).order_by("pk").select_for_update(no_key=True)
    }
    if not all(held[pk].is_active for pk in ids):
        raise FriendsKept("inactive")
    if people.takers().filter(pk__in=ids).count() != len(ids):
        raise FriendsKept("holds_no_people")


def _give(friends: Sequence[int], giver: Staff, taker: Staff, now: datetime) -> int:
    went = 0
    for start in range(0, len(friends), CHUNK):
        some = list(Friendship.objects.filter(pk__in=friends[start : start + CHUNK]).order_by("pk"))
        went += _hand_over(some, giver, taker, now)
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
        person = there.people[one.person_id]
        taken[person, taker.pk, one.account_id].add((now, FriendFactKind.TAKEN.value, why.value, giver.pk))
        given[one.person_id, giver.pk, one.account_id].add((now, FriendFactKind.HANDED_OVER.value, "", taker.pk))
    noted = FRIENDS.note(taken, source="staff")
    _keep_words(noted, going, there.people)
    # First those who begin, so that nobody falls from the level for a moment.
    settle(noted, there, now=now, source="staff")
    settle(FRIENDS.note(given, source="staff"), there, now=now, source="staff")
    return len(going)


def _keep_words(noted: Sequence[Noted], going: Sequence[Friendship], people_now: Mapping[int, int]) -> None:
    """The taker's own words for a person stay theirs."""
    words = {(people_now[one.person_id], one.account_id): one for one in going}
    new = [(one.pk, words[one.key[0], one.key[2]]) for one in noted if one.before is None]
    bulk.update(
        Friendship,
        ["remark", "description", "described_at"],
        ((pk, one.remark, one.description, one.described_at) for pk, one in new),
    )


def _give_groups(groups: Sequence[int], taker: int, now: datetime) -> int:
    found = GroupChat.objects.filter(pk__in=groups).values_list("account", "external_id")
    told = [
        GroupTold(account, external_id, kind="owner_changed", at=now, owner=taker) for account, external_id in found
    ]
    note_group_facts(told, now=now, source="staff")
    return len(told)


@transaction.atomic
def return_friends(*, of: FriendHandover, by: Staff | None, now: datetime) -> FriendHandover:
    """Within seven days, whom the takers still have comes back, and so do group chats; who was a taker's friend before
    stays theirs, too. What has changed hands or ended since stays. Raises FriendsKept."""
    held: FriendHandover = FriendHandover.objects.select_for_update().get(pk=of.pk)
    if not may_return(held, now):
        raise FriendsKept("too_late")
    takers = [taker for taker, _friends in held.shares]
    staff = Staff.objects.filter(pk__in={held.giver_id, *takers}).order_by("pk").select_for_update(no_key=True)
    known = {one.pk: one for one in staff}
    giver, returned = known[held.giver_id], 0
    for taker in takers:
        mine = FriendFact.objects.filter(
            friendship__staff=taker, friendship__state__in=HELD, kind=FriendFactKind.TAKEN, at=held.at, other=giver
        )
        ids = list(mine.order_by("friendship").values_list("friendship", flat=True))
        for start in range(0, len(ids), CHUNK):
            returned += _return(ids[start : start + CHUNK], held, known[taker], giver, now)
        _return_groups(held, taker, giver, now)
    held.undone_at, held.undone_by, held.returned = now, by, returned
    held.save(update_fields=["undone_at", "undone_by", "returned"])
    governance.record(act="friends.returned", by=by, subject=giver.public_id, detail={"friends": returned}, now=now)
    return held


def _return(ids: Sequence[int], of: FriendHandover, taker: Staff, giver: Staff, now: datetime) -> int:
    rows = list(Friendship.objects.filter(pk__in=ids).order_by("pk").select_for_update())
    there = parties(
        people_ids={one.person_id for one in rows},
        staff=[giver.pk, taker.pk],
        accounts={one.account_id for one in rows},
    )
    own = _own(rows, of, giver)
    back: dict[Key, Facts] = defaultdict(set)
    ended: dict[Key, Facts] = defaultdict(set)
    for one in rows:
        if there.fault(person=one.person_id, staff=giver.pk, account=one.account_id):
            continue
        source = FriendSource.HANDED_OVER.value
        back[there.people[one.person_id], giver.pk, one.account_id].add(
            (now, FriendFactKind.TAKEN.value, source, taker.pk)
        )
        if one.pk not in own:
            ended[one.person_id, taker.pk, one.account_id].add((now, FriendFactKind.HANDED_OVER.value, "", giver.pk))
    settle(FRIENDS.note(back, source="staff"), there, now=now, source="staff")
    settle(FRIENDS.note(ended, source="staff"), there, now=now, source="staff")
    return len(back)


def _own(rows: Sequence[Friendship], of: FriendHandover, giver: Staff) -> set[int]:
    """Those who would be friends of the taker without the hand-over."""
    told: dict[int, list[Happening]] = defaultdict(list)
    facts = FriendFact.objects.filter(friendship__in=rows).values_list("friendship", "at", "kind", "source", "other")
    for pk, at, kind, source, other in facts:
        if (at, kind, other) != (of.at, FriendFactKind.TAKEN.value, giver.pk):
            told[pk].append(Happening(at, kind, source, other or 0))
    return {pk for pk, some in told.items() if standing(some).state in HELD}


def _return_groups(of: FriendHandover, taker: int, giver: Staff, now: datetime) -> None:
    given = GroupFact.objects.filter(group__owner=taker, kind="owner_changed", at=of.at, owner=taker, told_by="staff")
    chats = GroupChat.objects.filter(pk__in=given.values("group"), dismissed_at=None)
    told = [
        GroupTold(account, external_id, kind="owner_changed", at=now, owner=giver.pk)
        for account, external_id in chats.values_list("account", "external_id")
    ]
    note_group_facts(told, now=now, source="staff")
