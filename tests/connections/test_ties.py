"""Ties as they come in: any order, any number of times, many at once; and what follows from them."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from guanxi.channels.models import Account
from guanxi.connections import operations as connections
from guanxi.connections.models import (
    Follow,
    FriendFact,
    Friendship,
    FriendWord,
    GroupChat,
    GroupMembership,
    ReferralEdge,
)
from guanxi.connections.operations import (
    FollowTold,
    FriendsKept,
    FriendTold,
    GroupTold,
    Referral,
    Refused,
)
from guanxi.connections.queries import mirrored, ties_of
from guanxi.events import queries as lake
from guanxi.events.models import Fact
from guanxi.governance import operations as governance
from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from guanxi.people.events import LevelReached
from guanxi.people.models import LevelProof, Person
from tests.connections.world import advisor, messenger, say, some_people
from tests.factories.events import touched
from tests.factories.people import make_person, make_staff
from tests.factories.reach import write_lake


@pytest.fixture
def account(workspace: Workspace, now: datetime) -> Account:
    return messenger(now)


def states() -> list[tuple[str, str, str]]:
    rows = Friendship.objects.order_by("person__name", "staff__name")
    return list(rows.values_list("person__name", "staff__name", "state"))


def rows_of(model: Any, *without: str) -> list[dict[str, Any]]:
    kept = [one.attname for one in model._meta.concrete_fields if one.attname not in {"id", "public_id", *without}]
    return sorted(model.objects.values(*kept), key=str)


HISTORY = [(9, "added"), (8, "blocked"), (7, "unblocked"), (6, "removed_by_friend"), (5, "removed_by_staff")]


def test_a_shuffled_and_repeated_history_ends_the_same_in_the_database(account: Account, now: datetime) -> None:
    ann, bo = advisor("Ann"), advisor("Bo")
    everybody = some_people(now, 6)
    told = [
        FriendTold(person.pk, staff.pk, account.pk, kind, now - timedelta(days=ago, hours=number), source="scan")
        for number, person in enumerate(everybody)
        for staff in (ann, bo)
        for ago, kind in HISTORY[: number or 1]
    ]
    words = [
        FriendTold(everybody[0].pk, ann.pk, account.pk, "described", now - timedelta(days=ago), remark=remark)
        for ago, remark in ((3, "old"), (1, "new"), (2, "middle"))
    ]
    connections.note_friend_facts([*told, *words], now=now, source="wecom")
    expected = rows_of(Friendship, "person_id", "staff_id")
    assert {row["state"] for row in expected} == {"active", "blocked", "deleted_by_them"}
    for seed in range(3):
        Friendship.objects.all().delete()
        FriendWord.objects.all().delete()
        chaos = random.Random(seed)
        again = [one for one in told * 2 if chaos.random() < 0.8] + told
        chaos.shuffle(again)
        some = chaos.randrange(1, len(again))
        for part in (again[:some], again[some:], chaos.sample(words, 3)):
            connections.note_friend_facts(part, now=now, source="wecom")
        assert rows_of(Friendship, "person_id", "staff_id") == expected
    assert FriendFact.objects.count() == len(set(told))


def test_of_remark_and_description_each_the_last_word_holds_in_any_order(account: Account, now: datetime) -> None:
    ann = advisor("Ann")
    said: list[tuple[int, str, dict[str, str]]] = [
        (9, "added", {}),
        (8, "described", {"remark": "VIP", "description": "likes green tea"}),
        (7, "described", {"description": "likes black tea"}),
        (6, "described", {"remark": "regular"}),
    ]
    for order in permutations(said):
        [person] = some_people(now)
        for ago, kind, words in order:
            assert say(person, ann, account, (ago, kind), now=now, **words) == []
        friend = Friendship.objects.get(person=person)
        assert (friend.state, friend.remark, friend.description) == ("active", "regular", "likes black tea")


def test_words_of_people_who_became_one_are_words_of_one_until_they_part(account: Account, now: datetime) -> None:
    ann, (one, other) = advisor("Ann"), some_people(now, 2)
    say(one, ann, account, (9, "added"), now=now, remark="old")
    say(other, ann, account, (5, "added"), now=now, remark="new")
    owner = make_staff("Owner", role="owner")
    merge = people.merge_people(keep=one, drop=other, by=owner, now=now)
    assert Friendship.objects.get(person=one).remark == "new"
    say(other, ann, account, (4, "described"), now=now, description="told by the id of then")
    people.undo_merge(merge=merge, by=owner, now=now)
    rows = Friendship.objects.order_by("since").values_list("person", "remark", "description")
    assert list(rows) == [(one.pk, "old", "told by the id of then"), (other.pk, "new", "")]


def test_what_is_told_again_is_announced_once(account: Account, now: datetime) -> None:
    [person], ann = some_people(now), advisor("Ann")
    for _ in range(2):
        say(person, ann, account, (3, "added"), now=now, source="card")
    [fact] = Fact.objects.filter(name="friend.added")
    friendship = Friendship.objects.get()
    assert (fact.person, fact.channel, fact.occurred_at) == (person.pk, "wecom", now - timedelta(days=3))
    assert fact.props == {
        "advisor": ann.public_id, "account": account.public_id, "friendship": friendship.public_id, "source": "card"
    }  # fmt: skip


def test_an_active_friendship_proves_the_level_and_its_end_takes_it(account: Account, now: datetime) -> None:
    [person], ann, bo = some_people(now), advisor("Ann"), advisor("Bo")
    say(person, ann, account, (3, "requested"), now=now)
    person.refresh_from_db()
    assert person.level == "visitor"
    say(person, ann, account, (2, "added"), now=now)
    say(person, bo, account, (2, "added"), now=now)
    say(person, ann, account, (1, "removed_by_friend"), now=now)
    person.refresh_from_db()
    assert person.level == "friend"
    say(person, bo, account, (0, "blocked"), now=now)
    person.refresh_from_db()
    assert person.level == "visitor"
    proofs = LevelProof.objects.order_by("label").values_list("label", "since", "ended_at", "ended_by")
    assert list(proofs) == [
        ("Ann", now - timedelta(days=2), now - timedelta(days=1), "friend.removed_by_friend"),
        ("Bo", now - timedelta(days=2), now, "friend.blocked"),
    ]
    assert person.last_seen_at == now


def test_a_follow_makes_a_fan_until_it_ends(account: Account, now: datetime) -> None:
    [person] = some_people(now)

    def told(ago: int, begins: bool) -> list[Refused]:
        one = FollowTold(person.pk, account.pk, begins, now - timedelta(days=ago))
        return connections.note_follows([one, one], now=now, source="wecom")

    told(2, False)
    person.refresh_from_db()
    assert (person.level, Follow.objects.get().since) == ("visitor", None)
    told(3, True)
    assert Follow.objects.values_list("since", "until").get() == (now - timedelta(days=3), now - timedelta(days=2))
    told(1, True)
    person.refresh_from_db()
    assert (person.level, Follow.objects.get().until) == ("fan", None)
    assert Fact.objects.filter(name__in=["friend.followed", "friend.unfollowed"]).count() == 3


def test_levels_that_ties_proved_are_history_however_they_were_told(account: Account, now: datetime) -> None:
    ann = advisor("Ann")
    everybody = some_people(now, 4)
    ties = [
        (9, "added"),
        (8, "blocked"),
        (7, "unblocked"),
        (6, "removed_by_friend"),
        (4, "added"),
        (2, "removed_by_staff"),
    ]
    mixed = [ties[number] for number in (0, 5, 4, 3, 2, 1)]
    orders = [ties, ties[::-1], mixed]
    for person, order in zip(everybody, orders, strict=False):
        for one in order:
            say(person, ann, account, one, now=now)
    say(everybody[3], ann, account, *ties, now=now)
    for person in everybody:
        turns = [FollowTold(person.pk, account.pk, begins, now - timedelta(days=ago))
                 for ago, begins in ((9, True), (5, False), (3, True))]  # fmt: skip
        for told in [turns] if person == everybody[3] else [[turns[place]] for place in (2, 0, 1)]:
            connections.note_follows(told, now=now, source="wecom")
    meant = [
        ("friend", now - timedelta(days=9), now - timedelta(days=6), "friend.removed_by_friend"),
        ("friend", now - timedelta(days=4), now - timedelta(days=2), "friend.removed_by_staff"),
        ("fan", now - timedelta(days=9), now - timedelta(days=5), "friend.unfollowed"),
        ("fan", now - timedelta(days=3), None, ""),
    ]
    for person in everybody:
        rows = LevelProof.objects.filter(person=person).order_by("-level", "since")
        assert list(rows.values_list("level", "since", "ended_at", "ended_by")) == meant
        person.refresh_from_db()
        assert person.level == "fan"


def test_a_level_counts_from_the_beginning_that_is_told_last(account: Account, now: datetime) -> None:
    ann = advisor("Ann")
    [person] = some_people(now)
    for ago in (5, 9, 7):
        say(person, ann, account, (ago, "added"), now=now)
        connections.note_follows(
            [FollowTold(person.pk, account.pk, True, now - timedelta(days=ago))], now=now, source="wecom"
        )
    rows = LevelProof.objects.filter(person=person).order_by("level")
    first = now - timedelta(days=9)
    assert list(rows.values_list("level", "since", "ended_at")) == [("fan", first, None), ("friend", first, None)]
    assert Fact.objects.filter(name=LevelReached.name, person=person.pk).count() == 1


def levels_told(person: Person, now: datetime) -> list[tuple[str, int]]:
    """What happened and how many days ago, by its times."""
    facts = Fact.objects.filter(person=person.pk, name__startswith="level.").order_by("occurred_at", "pk")
    return [(fact.name.removeprefix("level."), (now - fact.occurred_at).days) for fact in facts]


def test_a_level_that_was_lost_is_told_as_reached_when_it_holds_again(account: Account, now: datetime) -> None:
    ann, [person] = advisor("Ann"), some_people(now)
    for ago, kind in (
        (9, "added"),
        (7, "blocked"),
        (6, "unblocked"),
        (4, "blocked"),
        (3, "unblocked"),
        (3, "unblocked"),
    ):
        say(person, ann, account, (ago, kind), now=now)
    assert levels_told(person, now) == [("reached", 9), ("lost", 7), ("reached", 6), ("lost", 4), ("reached", 3)]
    assert [one.since for one in LevelProof.objects.filter(person=person)] == [now - timedelta(days=9)]


def test_whoever_reads_levels_by_their_times_ends_at_the_level_in_any_order(account: Account, now: datetime) -> None:
    ann = advisor("Ann")
    for order in permutations([(9, "added"), (7, "blocked"), (6, "unblocked"), (5, "described")]):
        [person] = some_people(now)
        for fact in order * 2:
            say(person, ann, account, fact, now=now)
        told = levels_told(person, now)
        assert told[-1][0] == "reached"
        assert len(set(told)) == len(told)


def test_a_level_lost_with_one_tie_goes_on_with_another_that_is_told_late(account: Account, now: datetime) -> None:
    ann, bo, [person] = advisor("Ann"), advisor("Bo"), some_people(now)
    say(person, ann, account, (9, "added"), now=now)
    say(person, ann, account, (5, "removed_by_friend"), now=now)
    say(person, bo, account, (7, "added"), now=now)
    assert levels_told(person, now) == [("reached", 9), ("lost", 5), ("reached", 5)]


def test_what_cannot_be_is_refused_and_the_rest_comes_in(account: Account, now: datetime) -> None:
    ann = advisor("Ann", email="ann@example.test")
    herself = make_person("Ann", now=now, identities={"email": "ann@example.test"})
    [person] = some_people(now)
    erased = make_person("Gone", now=now)
    Person.objects.filter(pk=erased.pk).update(erased_at=now)
    at = now - timedelta(days=1)
    told = [
        FriendTold(herself.pk, ann.pk, account.pk, "added", at),
        FriendTold(person.pk, ann.pk, account.pk, "added", now + timedelta(hours=1)),
        FriendTold(erased.pk, ann.pk, account.pk, "added", at),
        FriendTold(person.pk, 0, account.pk, "added", at),
        FriendTold(person.pk, ann.pk, 0, "added", at),
        FriendTold(person.pk, ann.pk, account.pk, "taken", at),
        FriendTold(person.pk, ann.pk, account.pk, "added", at),
    ]
    refused = connections.note_friend_facts(told, now=now, source="wecom")
    assert [(one.at, one.reason) for one in refused] == [
        (0, "oneself"),
        (1, "in_future"),
        (2, "unknown_person"),
        (3, "unknown_advisor"),
        (4, "unknown_account"),
        (5, "bad_kind"),
    ]
    assert states() == [("Person 0", "Ann", "active")]


def test_two_advisors_may_both_have_one_person(account: Account, now: datetime) -> None:
    [person], ann, bo = some_people(now), advisor("Ann"), advisor("Bo")
    for staff in (ann, bo):
        say(person, staff, account, (2, "added"), now=now)
    assert states() == [("Person 0", "Ann", "active"), ("Person 0", "Bo", "active")]


def test_a_hand_over_keeps_what_was_known_and_the_level(account: Account, now: datetime) -> None:
    owner, ann, bo = make_staff("Owner"), advisor("Ann"), advisor("Bo")
    [one, two, three] = some_people(now, 3)
    say(one, ann, account, (9, "added"), now=now, source="scan", remark="likes green tea")
    say(two, ann, account, (9, "added"), (8, "removed_by_friend"), now=now)
    say(three, ann, account, (9, "added"), now=now)
    say(three, bo, account, (7, "added"), now=now, remark="mine")
    group = GroupTold(account.pk, "wrA", "created", now - timedelta(days=9), text="Tea", owner=ann.pk)
    connections.note_group_facts([group], now=now, source="wecom")
    governance.set_active(staff=ann, active=False, by=owner)
    ann.refresh_from_db()
    went = connections.hand_over_friends(giver=ann, takers=[bo], by=owner, now=now)
    assert went and went.friends == 2
    assert states() == [
        ("Person 0", "Ann", "handed_over"),
        ("Person 0", "Bo", "active"),
        ("Person 1", "Ann", "deleted_by_them"),
        ("Person 2", "Ann", "handed_over"),
        ("Person 2", "Bo", "active"),
    ]
    held = Friendship.objects.filter(staff=bo).order_by("person__name")
    assert list(held.values_list("remark", "source", "since")) == [
        ("likes green tea", "inherited", now),
        ("mine", "inherited", now - timedelta(days=7)),
    ]
    assert set(Person.objects.filter(pk__in=[one.pk, three.pk]).values_list("level", flat=True)) == {"friend"}
    assert not Fact.objects.filter(name="level.lost", person__in=[one.pk, three.pk]).exists()
    assert GroupChat.objects.get().owner == bo
    told = Fact.objects.filter(name="friend.handed_over").order_by("person")
    assert [fact.props["giver"] for fact in told] == [ann.public_id] * 2


@pytest.mark.parametrize("reason", ["inactive", "holds_no_people", "oneself"])
def test_nobody_hands_people_to_who_cannot_hold_them(account: Account, now: datetime, reason: str) -> None:
    owner, ann, bo = make_staff("Owner"), advisor("Ann"), advisor("Bo")
    [person] = some_people(now)
    say(person, ann, account, (9, "added"), now=now)
    if reason == "inactive":
        governance.set_active(staff=bo, active=False, by=owner)
    if reason == "holds_no_people":
        bo = make_staff("Auditor", role="auditor")
    with pytest.raises(FriendsKept) as refusal:
        connections.hand_over_friends(giver=ann, takers=[ann if reason == "oneself" else bo], by=owner, now=now)
    assert refusal.value.reason == reason
    assert states() == [("Person 0", "Ann", "active")]


def test_a_group_is_what_was_told_last_and_knows_who_is_in_it(account: Account, now: datetime) -> None:
    ann = advisor("Ann")
    one, two = some_people(now, 2)

    def told(ago: int, kind: str, **given: Any) -> GroupTold:
        return GroupTold(account.pk, "wrA", kind, now - timedelta(days=ago), **given)

    history = [
        told(9, "created", text="Tea", owner=ann.pk),
        told(9, "member_joined", staff=ann.pk, how="created"),
        told(8, "member_joined", person=one.pk, how="invited", by_staff=ann.pk),
        told(7, "member_joined", person=two.pk, how="scan"),
        told(6, "renamed", text="Tea and cups"),
        told(5, "member_left", person=one.pk, how="removed"),
        told(4, "member_joined", person=one.pk, how="invited", by_person=two.pk),
        told(3, "member_left", person=two.pk, how="left"),
    ]
    connections.note_group_facts(history, now=now, source="wecom")
    expected = rows_of(GroupChat), rows_of(GroupMembership, "group_id")
    chat = GroupChat.objects.get()
    assert (chat.name, chat.owner, chat.people, chat.staff) == ("Tea and cups", ann, 1, 1)
    assert GroupMembership.objects.filter(person=one).values_list("since", "joined_by", "invited_by_person").get() == (
        now - timedelta(days=4), "invited", two.pk
    )  # fmt: skip
    assert Fact.objects.filter(name="group.member_joined").count() == 3
    GroupMembership.objects.all().delete()
    GroupChat.objects.all().delete()
    for part in (history[5:] + history[:2], history[::-1], history[2:5]):
        connections.note_group_facts(part, now=now, source="wecom")
    assert (rows_of(GroupChat), rows_of(GroupMembership, "group_id")) == expected


def test_the_earliest_claim_is_the_bringers_and_a_ring_is_refused(workspace: Workspace, now: datetime) -> None:
    one, two, three, four = some_people(now, 4)

    def refer(*told: tuple[Person, Person, int]) -> list[tuple[int, str]]:
        some = [Referral(a.pk, b.pk, "invite", now - timedelta(days=ago)) for a, b, ago in told]
        return [(each.at, each.reason) for each in connections.refer(some, now=now, source="api")]

    assert refer((one, two, 9), (two, three, 8), (three, one, 7), (one, one, 6)) == [(2, "cycle"), (3, "oneself")]
    assert refer((four, three, 9), (four, two, 1), (three, four, 1)) == [(2, "cycle")]
    edges = ReferralEdge.objects.order_by("at", "pk").values_list("bringer__name", "brought__name", "is_first")
    assert list(edges) == [
        ("Person 0", "Person 1", True),
        ("Person 3", "Person 2", True),
        ("Person 1", "Person 2", False),
        ("Person 3", "Person 1", False),
    ]
    assert Fact.objects.filter(name="person.referred").count() == 4


def test_facts_are_never_changed(account: Account, now: datetime) -> None:
    [person] = some_people(now)
    say(person, advisor("Ann"), account, (1, "added"), now=now)
    for table in ("friendfact", "followfact", "groupfact", "memberfact"):
        with pytest.raises(DatabaseError, match="permission"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE connections_{table} SET at = now()")


def test_ties_go_with_a_person_who_becomes_another_and_come_home(account: Account, now: datetime) -> None:
    owner, ann, bo = make_staff("Owner"), advisor("Ann"), advisor("Bo")
    keep, drop = some_people(now, 2)
    say(keep, ann, account, (9, "added"), now=now)
    say(drop, ann, account, (8, "added"), now=now)
    say(drop, bo, account, (8, "added"), now=now)
    connections.note_follows([FollowTold(drop.pk, account.pk, True, now)], now=now, source="wecom")
    before = rows_of(Friendship), rows_of(Follow)
    merge = people.merge_people(keep=keep, drop=drop, by=owner, now=now)
    assert Friendship.objects.filter(person=keep).count() == 2
    assert Follow.objects.get().person == keep
    say(drop, bo, account, (1, "removed_by_friend"), now=now)
    assert Friendship.objects.get(person=keep, staff=bo).state == "deleted_by_them"
    say(drop, bo, account, (0, "added"), now=now)
    people.undo_merge(merge=merge, by=owner, now=now)
    after = rows_of(Friendship), rows_of(Follow)
    assert [[row["person_id"] for row in rows] for rows in after] == [
        [row["person_id"] for row in rows] for rows in before
    ]


def test_the_lake_has_a_row_a_tie_and_follows_its_changes(account: Account, now: datetime) -> None:
    ann = advisor("Ann", unit=governance.add_unit(name="East"))
    one, two = some_people(now, 2)
    say(one, ann, account, (3, "added"), now=now, source="scan")
    connections.note_follows([FollowTold(two.pk, account.pk, True, now)], now=now, source="wecom")
    joined = GroupTold(account.pk, "wrA", "member_joined", now, person=two.pk, how="scan")
    connections.note_group_facts([joined], now=now, source="wecom")
    connections.refer([Referral(one.pk, two.pk, "code", now)], now=now, source="api")
    rows = sorted(mirrored(ties_of([one.pk, two.pk])).to_pylist(), key=lambda row: str(row["kind"]))
    group = GroupChat.objects.get()
    blank = dict.fromkeys(("advisor", "unit", "account", "group", "other"))
    friendship, follow = Friendship.objects.get(), Follow.objects.get()
    member, edge = GroupMembership.objects.get(), ReferralEdge.objects.get()
    assert rows == [
        blank | {"tie": follow.pk * 4 + 1, "person": two.pk, "kind": "follow", "account": account.pk,
                 "state": "active", "source": "", "since": now},
        blank | {"tie": friendship.pk * 4, "person": one.pk, "kind": "friend", "advisor": ann.pk, "unit": ann.unit_id,
                 "account": account.pk, "state": "active", "source": "scan", "since": now - timedelta(days=3)},
        blank | {"tie": member.pk * 4 + 2, "person": two.pk, "kind": "group", "account": account.pk,
                 "group": group.pk, "state": "active", "source": "scan", "since": now},
        blank | {"tie": edge.pk * 4 + 3, "person": two.pk, "kind": "referral", "other": one.pk, "state": "first",
                 "source": "code", "since": now},
    ]  # fmt: skip
    assert touched("ties") == {row["tie"] for row in rows}
    write_lake(now)
    assert lake.waiting() == 0
    west = governance.add_unit(name="West")
    governance.change_place(staff=ann, role="advisor", unit=west, by=make_staff("Owner"))
    assert touched("ties") == {friendship.pk * 4}
