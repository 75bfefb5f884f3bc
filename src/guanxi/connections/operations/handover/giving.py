"""The friends and group chats of one turn go to their takers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from guanxi.connections.models import FriendFactKind, FriendHandover, Friendship, FriendSource, GroupChat
from guanxi.connections.operations.book import Facts, Key, Noted
from guanxi.connections.operations.checking import parties
from guanxi.connections.operations.describing import last_words, note_words, show_words
from guanxi.connections.operations.friends import FRIENDS, settle
from guanxi.connections.operations.groups import GroupTold, note_group_facts
from guanxi.connections.rules import HELD


def give_friends(takers: Mapping[int, int], of: FriendHandover, now: datetime) -> Counter[int]:
    """Friendship → taker. Whoever ended, changed hands or came anew since the hand-over was settled is left out; says
    how many each taker got.

    Remark, description and source go with them; who is a taker's own person stays where they are.
    """
    held = Friendship.objects.filter(pk__in=takers, staff=of.giver_id, state__in=HELD, state_at__lte=of.at)
    some, behind = _with_behind(list(held.order_by("pk").select_for_update()), of)
    there = parties(
        people_ids={one.person_id for one in some},
        staff=[of.giver_id, *set(takers.values())],
        accounts={one.account_id for one in some},
    )
    going = [one for one in some if not there.fault(person=one.person_id, staff=takers[one.pk], account=one.account_id)]
    why = FriendSource.HANDED_OVER if of.giver_active else FriendSource.INHERITED
    taken: dict[Key, Facts] = defaultdict(set)
    given: dict[Key, Facts] = defaultdict(set)
    for one in going:
        taker = takers[one.pk]
        taken[there.people[one.person_id], taker, one.account_id].add(
            (of.at, FriendFactKind.TAKEN.value, why.value, of.giver_id)
        )
        for person in (one.person_id, *behind.get((one.person_id, one.account_id), ())):
            given[person, of.giver_id, one.account_id].add((of.at, FriendFactKind.HANDED_OVER.value, "", taker))
    noted = FRIENDS.note(taken, source="staff")
    _keep_words(noted, going, there.people)
    # First those who begin, so that nobody falls from the level for a moment.
    settle(noted, there, now=now, source="staff")
    settle(FRIENDS.note(given, source="staff"), there, now=now, source="staff")
    return Counter(takers[one.pk] for one in going)


def _with_behind(
    rows: Sequence[Friendship], of: FriendHandover
) -> tuple[list[Friendship], dict[tuple[int, int], list[int]]]:
    """Who was a friend twice, before two became one, goes once: who goes, and (person, account) → who became them."""
    twice = Friendship.objects.filter(
        person__merged_into__in=[one.person_id for one in rows], staff=of.giver_id, state__in=HELD
    )
    behind: dict[tuple[int, int], list[int]] = defaultdict(list)
    fronts, gone = {(one.person_id, one.account_id) for one in rows}, set()
    for pk, person, into, account in twice.values_list("pk", "person", "person__merged_into", "account"):
        if into and (into, account) in fronts:
            behind[into, account].append(person)
            gone.add(pk)
    return [one for one in rows if one.pk not in gone], behind


def _keep_words(noted: Sequence[Noted], going: Sequence[Friendship], people_now: Mapping[int, int]) -> None:
    """The taker's own words for a person stay theirs."""
    last = last_words({(one.person_id, one.staff_id, one.account_id) for one in going})
    words = {(people_now[person], account): some for (person, _staff, account), some in last.items()}
    new = {one.key: words[one.key[0], one.key[2]] for one in noted if one.before is None}
    note_words(new, source="staff")
    show_words(new)


def give_groups(takers: Mapping[int, int], of: FriendHandover, now: datetime) -> Counter[int]:
    """Group chat → taker."""
    mine = GroupChat.objects.filter(pk__in=takers, owner=of.giver_id, dismissed_at=None).order_by("pk")
    found = list(mine.values_list("pk", "account", "external_id"))
    told = [
        GroupTold(account, external_id, kind="owner_changed", at=of.at, owner=takers[pk])
        for pk, account, external_id in found
    ]
    note_group_facts(told, now=now, source="staff")
    return Counter(takers[pk] for pk, *_ in found)
