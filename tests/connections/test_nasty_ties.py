"""What the world does to ties: it repeats itself, contradicts itself, loses people and changes its mind."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from guanxi.channels.models import Account
from guanxi.connections import operations as connections
from guanxi.connections import queries
from guanxi.connections.models import Follow, Friendship, GroupChat, GroupMembership, ReferralEdge
from guanxi.connections.operations import FollowTold, GroupTold, Referral
from guanxi.events.models import Fact
from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from guanxi.people import queries as people_queries
from guanxi.people.models import LevelProof, Person
from guanxi.people.operations.personal.erasing import work_erasures
from tests.connections.world import advisor, messenger, say, some_people
from tests.factories.people import make_staff


@pytest.fixture
def account(workspace: Workspace, now: datetime) -> Account:
    return messenger(now)


def erase(person: Person, now: datetime) -> None:
    people.erase_person(person=person, by=None, reason="Asked for it", now=now)
    work_erasures(now=now)


def brought(*told: tuple[Person, Person, int], now: datetime) -> list[str]:
    """(bringer, brought, days before now)"""
    some = [Referral(a.pk, b.pk, "invite", now - timedelta(days=ago)) for a, b, ago in told]
    return [one.reason for one in connections.refer(some, now=now, source="api")]


def edges() -> list[tuple[str, str, bool]]:
    rows = ReferralEdge.objects.order_by("at", "pk")
    return [(one.bringer.name, one.brought.name, one.is_first) for one in rows]


def in_group(account: Account, person: Person, *told: tuple[int, str], now: datetime, **given: Any) -> None:
    some = [
        GroupTold(account.pk, "wrA", kind, now - timedelta(days=ago), person=person.pk, **given) for ago, kind in told
    ]
    assert connections.note_group_facts(some, now=now, source="wecom") == []


def test_when_a_bringer_is_erased_the_next_claim_holds_unless_it_closes_a_ring(account: Account, now: datetime) -> None:
    one, two, three, four = some_people(now, 4)
    assert brought((one, two, 9), (three, two, 8), (four, two, 7), (two, three, 6), now=now) == []
    erase(one, now)
    assert edges() == [("Person 2", "Person 1", False), ("Person 3", "Person 1", True), ("Person 1", "Person 2", True)]


def test_a_group_does_not_count_who_was_erased(account: Account, now: datetime) -> None:
    one, two, three = some_people(now, 3)
    for person in (one, two, three):
        in_group(account, person, (9, "member_joined"), now=now)
    in_group(account, two, (8, "member_left"), now=now)
    for person in (one, two):
        erase(person, now)
    assert (GroupChat.objects.get().people, GroupMembership.objects.count()) == (1, 1)


def test_a_group_with_a_name_longer_than_its_place_keeps_the_beginning(account: Account, now: datetime) -> None:
    told = GroupTold(account.pk, "wrA", "renamed", now, text="名" * 900)
    assert connections.note_group_facts([told], now=now, source="wecom") == []
    assert GroupChat.objects.get().name == "名" * 120


def test_two_who_brought_each_others_people_become_one_and_part_again(account: Account, now: datetime) -> None:
    owner = make_staff("Owner")
    one, two, three = some_people(now, 3)
    assert brought((one, two, 9), (two, three, 8), now=now) == []
    before = edges()
    merge = people.merge_people(keep=one, drop=two, by=owner, now=now)
    one.refresh_from_db()
    ties = queries.ties(one, owner)
    assert ([b.person for b in ties.bringers], [b.person for b in ties.brought]) == ([], [three])
    assert brought((three, one, 7), now=now) == ["cycle"]
    people.undo_merge(merge=merge, by=owner, now=now)
    assert edges() == before


def shown(person: Person) -> list[tuple[str, str]]:
    rows = Friendship.objects.filter(person=person).order_by("staff__name")
    return list(rows.values_list("staff__name", "state"))


def level(person: Person) -> str:
    return str(Person.objects.get(pk=person.pk).level)


def test_two_friends_of_one_advisor_become_one_and_part_again(account: Account, now: datetime) -> None:
    owner, ann = make_staff("Owner"), advisor("Ann")
    one, two = some_people(now, 2)
    say(one, ann, account, (9, "added"), (5, "removed_by_friend"), now=now)
    say(two, ann, account, (8, "added"), now=now)
    connections.note_follows(
        [FollowTold(one.pk, account.pk, begins, now - timedelta(days=ago)) for ago, begins in ((9, True), (5, False))]
        + [FollowTold(two.pk, account.pk, True, now - timedelta(days=8))],
        now=now,
        source="wecom",
    )
    in_group(account, one, (9, "member_joined"), now=now)
    in_group(account, two, (8, "member_joined"), now=now)
    merge = people.merge_people(keep=one, drop=two, by=owner, now=now)
    assert (shown(one), level(one)) == ([("Ann", "active")], "friend")
    assert list(people_queries.visible(ann)) == [one]
    assert Follow.objects.get(person=one).until is None
    chat = GroupChat.objects.get()
    page, _ = queries.members_page(chat, now_only=True)
    seen = queries.seen_people(owner, [row.person_id for row in page])
    assert (chat.people, [seen[row.person_id or 0].name for row in page]) == (2, ["Person 0", "Person 0"])
    for _ in range(2):
        say(two, ann, account, (4, "removed_by_friend"), now=now)
    connections.note_follows([FollowTold(two.pk, account.pk, False, now - timedelta(days=4))], now=now, source="wecom")
    assert (shown(one), level(one)) == ([("Ann", "deleted_by_them")], "visitor")
    assert Follow.objects.get(person=one).until == now - timedelta(days=4)
    assert Fact.objects.filter(name="friend.removed_by_friend").count() == 2
    say(two, ann, account, (3, "added"), now=now)
    assert (shown(one), level(one)) == ([("Ann", "active")], "friend")
    people.undo_merge(merge=merge, by=owner, now=now)
    assert [(shown(each), level(each)) for each in (one, two)] == [
        ([("Ann", "active")], "friend"),
        ([("Ann", "deleted_by_them")], "visitor"),
    ]
    assert GroupChat.objects.get().people == 2


def test_a_tie_that_ended_and_began_while_two_were_one_goes_home_with_its_level(
    account: Account, now: datetime
) -> None:
    owner, bo = make_staff("Owner"), advisor("Bo")
    one, two = some_people(now, 2)
    say(two, bo, account, (9, "added"), now=now)
    merge = people.merge_people(keep=one, drop=two, by=owner, now=now)
    say(two, bo, account, (8, "removed_by_friend"), (7, "added"), now=now)
    connections.note_follows([FollowTold(one.pk, account.pk, True, now)], now=now, source="wecom")
    people.undo_merge(merge=merge, by=owner, now=now)
    assert [(shown(each), level(each)) for each in (one, two)] == [([], "fan"), ([("Bo", "active")], "friend")]
    proofs = LevelProof.objects.filter(level="friend").order_by("since").values_list("person", "since", "ended_at")
    days = [now - timedelta(days=ago) for ago in (9, 8, 7)]
    assert list(proofs) == [(two.pk, days[0], days[1]), (two.pk, days[2], None)]
