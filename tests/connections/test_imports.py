"""Friends and followers from a file: in, in again, and taken back exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guanxi.channels.models import Account
from guanxi.connections import operations as connections
from guanxi.connections.models import Follow, Friendship, GroupChat, GroupMembership, ReferralEdge
from guanxi.connections.operations import FollowTold, FriendTold, GroupTold, Referral
from guanxi.events.models import Fact
from guanxi.governance.models import Staff, Workspace
from guanxi.people.models import ImportReject, LevelProof, Person
from guanxi.people.queries import row_reason
from tests.commerce.importing import bring, counts, rejects, undo
from tests.connections.world import advisor, messenger
from tests.factories.people import make_person

FRIENDS = """customer_number,advisor,account,state,since,ended_at,add_way,remark
C-1,ann@lumen.test,Lumen on WeCom,,2026-03-01 09:00,,1,likes tea
C-2,ann@lumen.test,Lumen on WeCom,deleted_by_them,2026-03-01 09:00,2026-04-01 09:00,scan,
C-3,bo@lumen.test,lumen on wecom,被拉黑,2026-03-01 09:00,2026-05-01 09:00,名片分享的,
C-3,bo@lumen.test,Weibo,pending,2026-03-01 09:00,,,
C-9,ann@lumen.test,Lumen on WeCom,,2026-03-01 09:00,,,
C-1,nobody@lumen.test,Lumen on WeCom,,2026-03-01 09:00,,,
C-1,ann@lumen.test,Lumen on WeCom,married,2026-03-01 09:00,,,
"""


@pytest.fixture
def three(workspace: Workspace, now: datetime) -> list[Person]:
    advisor("Ann")
    advisor("Bo")
    return [make_person(f"P{n}", now=now, identities={"customer_number": f"C-{n}"}) for n in (1, 2, 3)]


def everything() -> list[Any]:
    return [
        list(Friendship.objects.order_by("pk").values()),
        list(Follow.objects.order_by("pk").values()),
        list(Person.objects.order_by("pk").values_list("pk", "level", "last_seen_at")),
        list(LevelProof.objects.order_by("pk").values()),
        Fact.objects.filter(name__startswith="friend.").count(),
    ]


def test_friends_come_in_once_and_go_back_exactly(three: list[Person], now: datetime) -> None:
    text = FRIENDS.replace("名片分享的", "card")
    before = everything()
    of = bring("friends", text, now)
    assert counts(of) == (4, 0, 0, 3)
    assert rejects(of) == [(6, "unknown_person"), (7, "unknown_advisor"), (8, "unknown_state")]
    rows = Friendship.objects.order_by("pk").values_list(
        "person__name", "staff__name", "account__name", "state", "source", "remark"
    )
    assert sorted(rows) == [
        ("P1", "Ann", "Lumen on WeCom", "active", "scan", "likes tea"),
        ("P2", "Ann", "Lumen on WeCom", "deleted_by_them", "scan", ""),
        ("P3", "Bo", "Lumen on WeCom", "blocked", "card", ""),
        ("P3", "Bo", "Weibo", "pending", "unknown", ""),
    ]
    assert Person.objects.get(name="P1").level == "friend"
    again = bring("friends", text, now)
    assert counts(again) == (0, 0, 4, 3)
    undo(again, now)
    undo(of, now)
    assert everything() == before


def test_what_stood_before_the_file_stands_after_its_undo(three: list[Person], now: datetime) -> None:
    account, ann = messenger(now), three[0]
    staff = Staff.objects.get(name="Ann")
    told = FriendTold(ann.pk, staff.pk, account.pk, "added", now, source="group", remark="first")
    connections.note_friend_facts([told], now=now, source="api")
    before = everything()
    of = bring("friends", "\n".join(FRIENDS.splitlines()[:2]), now)
    assert counts(of) == (0, 1, 0, 0)
    undo(of, now)
    assert everything() == before
    assert Account.objects.count() == 1


@pytest.mark.parametrize("kind", ["friends", "follows"])
def test_an_end_from_a_file_goes_with_it_after_somebody_came_back_by_hand(
    three: list[Person], now: datetime, kind: str
) -> None:
    account, ann, staff = messenger(now), three[0], Staff.objects.get(name="Ann")
    first, last = datetime(2026, 3, 1, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)

    def tell(at: datetime) -> None:
        if kind == "friends":
            friend = FriendTold(ann.pk, staff.pk, account.pk, "added", at)
            connections.note_friend_facts([friend], now=now, source="api")
        else:
            connections.note_follows([FollowTold(ann.pk, account.pk, True, at)], now=now, source="api")

    head, row = "customer_number,account,since,ended_at", "C-1,Lumen on WeCom,2026-03-01 09:00,2026-04-01 09:00"
    if kind == "friends":
        head, row = f"{head},advisor,state", f"{row},ann@lumen.test,deleted_by_them"
    tell(first)
    of = bring(kind, f"{head}\n{row}\n", now)
    tell(last)
    undo(of, now)
    ann.refresh_from_db()
    assert ann.level == {"friends": "friend", "follows": "fan"}[kind]
    assert list(LevelProof.objects.values_list("since", "ended_at")) == [(first, None)]


def test_who_left_since_does_not_come_back_with_the_undo_of_a_file(three: list[Person], now: datetime) -> None:
    account, ann, staff = messenger(now), three[0], Staff.objects.get(name="Ann")

    def tell(what: str, month: int) -> None:
        told = FriendTold(ann.pk, staff.pk, account.pk, what, datetime(2026, month, 1, tzinfo=UTC))
        connections.note_friend_facts([told], now=now, source="api")

    tell("added", 1)
    head = "customer_number,account,since,ended_at,advisor,state"
    row = "C-1,Lumen on WeCom,2026-03-01 09:00,2026-04-01 09:00,ann@lumen.test,deleted_by_them"
    of = bring("friends", f"{head}\n{row}\n", now)
    tell("added", 5)
    tell("removed_by_friend", 6)
    undo(of, now)
    ann.refresh_from_db()
    assert (ann.level, LevelProof.objects.filter(ended_at=None).count()) == ("visitor", 0)


def test_followers_come_in_and_go_back(three: list[Person], now: datetime) -> None:
    text = "customer_number,account,since,ended_at\nC-1,Weibo,2026-03-01,\nC-2,Weibo,2026-03-01,2026-04-01\n"
    before = everything()
    of = bring("follows", text, now)
    assert counts(of) == (2, 0, 0, 0)
    assert list(Person.objects.order_by("name").values_list("level", flat=True)) == ["fan", "visitor", "visitor"]
    again = bring("follows", text, now, options={"unknown_account": "reject"})
    assert counts(again) == (0, 0, 2, 0)
    undo(of, now)
    assert list(Person.objects.order_by("name").values_list("level", flat=True)) == ["fan", "visitor", "visitor"]
    assert Fact.objects.filter(name="friend.followed", import_id=again.pk).count() == 2
    undo(again, now)
    assert everything() == before


AGAINST_ITSELF = """customer_number,advisor,account,state,since,ended_at
C-1,ann@lumen.test,Lumen on WeCom,,2026-03-14,2026-04-14
C-1,ann@lumen.test,Lumen on WeCom,active,2026-03-14,2026-04-14
C-1,ann@lumen.test,Lumen on WeCom,待通过,2026-03-14,2026-04-14
C-1,ann@lumen.test,Lumen on WeCom,deleted_by_them,2026-03-14,2026-03-01
C-1,ann@lumen.test,Lumen on WeCom,blocked,2026-03-14,2026-03-01
C-1,ann@lumen.test,Lumen on WeCom,handed_over,2026-03-14,
C-1,ann@lumen.test,Lumen on WeCom,被对方删除,2026-03-14,2026-03-14
"""


def test_a_friendship_that_has_ended_never_comes_in_as_one_that_stands(three: list[Person], now: datetime) -> None:
    of = bring("friends", AGAINST_ITSELF, now)
    assert counts(of) == (1, 0, 0, 6)
    assert [
        row_reason(of, one.reason, one.detail) for one in ImportReject.objects.filter(phase="run").order_by("pk")
    ] == [
        "Ended at has a time, but State is empty. Write how it ended: deleted_by_them, deleted_by_us, blocked.",
        "State says “active”, but Ended at has a time. Correct one of the two.",
        "State says “待通过”, but Ended at has a time. Correct one of the two.",
        "Ended at lies before Since: 2026-03-01.",
        "Ended at lies before Since: 2026-03-01.",
        "handed_over is not a state. Use: active, pending, deleted_by_them, deleted_by_us, blocked.",
    ]
    assert list(Friendship.objects.values_list("state", flat=True)) == ["deleted_by_them"]


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Friends", "active"), ("친구", "active"), ("我方删除", "deleted_by_us"), ("被对方拉黑", "blocked"),
        ("Blocked by them", "blocked"),
    ],
)  # fmt: skip
def test_a_state_may_be_written_as_the_console_shows_it_in_any_language(
    three: list[Person], now: datetime, word: str, state: str
) -> None:
    head = "customer_number,advisor,account,since,state,source"
    of = bring("friends", f"{head}\nC-1,ann@lumen.test,Lumen on WeCom,2026-03-14,{word},手机通讯录\n", now)
    assert counts(of) == (1, 0, 0, 0)
    assert list(Friendship.objects.values_list("state", "source")) == [(state, "phone_book")]


def test_who_left_before_they_came_is_refused_everywhere(three: list[Person], now: datetime) -> None:
    follows = bring("follows", "customer_number,account,since,ended_at\nC-1,Weibo,2026-03-14,2026-03-01\n", now)
    head = "account,chat_id,customer_number,joined_at,left_at,quit_scene"
    rows = "Weibo,wr1,C-1,2026-03-14,2026-03-01,\nWeibo,wr1,C-1,2026-03-14,,removed\nWeibo,wr1,C-2,,2026-03-01,left"
    groups = bring("groups", f"{head}\n{rows}\n", now)
    assert (counts(follows), rejects(follows)) == ((0, 0, 0, 1), [(2, "ends_too_early")])
    assert (counts(groups), rejects(groups)) == ((1, 0, 0, 2), [(2, "ends_too_early"), (3, "end_missing")])


GROUPS = """account,chat_id,chat_name,owner,customer_number,staff,joined_at,left_at,join_scene,inviter
Lumen on WeCom,wr1,Spring tasting,ann@lumen.test,C-1,,2026-03-01 09:00,,3,
Lumen on WeCom,wr1,Spring tasting,ann@lumen.test,C-2,,2026-03-02 09:00,2026-03-09 09:00,invited,ann@lumen.test
lumen on wecom,wr1,,,,bo@lumen.test,2026-03-01 09:00,,,
Lumen on WeCom,wr2,Quiet,,,,,,,
Lumen on WeCom,wr1,,,C-9,,2026-03-01 09:00,,,
Lumen on WeCom,wr1,,,C-3,,,,,
Lumen on WeCom,wr1,,,C-3,bo@lumen.test,2026-03-01 09:00,,,
Lumen on WeCom,wr1,,nobody@lumen.test,C-3,,2026-03-01 09:00,,,
Lumen on WeCom,wr1,,,C-3,,2026-03-01 09:00,,teleport,
"""


def groups() -> list[Any]:
    return [
        list(GroupChat.objects.order_by("pk").values()),
        list(GroupMembership.objects.order_by("pk").values()),
        list(Person.objects.order_by("pk").values_list("pk", "last_seen_at")),
        Fact.objects.filter(name__startswith="group.").count(),
    ]


def test_groups_and_their_members_come_in_once_and_go_back_exactly(three: list[Person], now: datetime) -> None:
    before = groups()
    of = bring("groups", GROUPS, now)
    assert counts(of) == (4, 0, 0, 5)
    assert rejects(of) == [
        (6, "unknown_person"), (7, "required"), (8, "person_and_staff"), (9, "unknown_advisor"), (10, "unknown_source")
    ]  # fmt: skip
    assert list(GroupChat.objects.order_by("external_id").values_list("name", "owner__name", "people", "staff")) == [
        ("Spring tasting", "Ann", 1, 1),
        ("Quiet", None, 0, 0),
    ]
    places = GroupMembership.objects.order_by("first_at", "person__name")
    assert list(
        places.values_list("person__name", "staff__name", "joined_by", "left_by", "invited_by_staff__name")
    ) == [
        ("P1", None, "scan", "", None),
        (None, "Bo", "unknown", "", None),
        ("P2", None, "invited", "unknown", "Ann"),
    ]
    again = bring("groups", GROUPS, now)
    assert counts(again) == (0, 0, 4, 5)
    undo(again, now)
    undo(of, now)
    assert groups() == before


def test_a_group_that_was_known_is_after_an_undo_as_it_was(three: list[Person], now: datetime) -> None:
    account = messenger(now)
    told = [
        GroupTold(account.pk, "wr1", kind="created", at=now - timedelta(days=99), text="First name"),
        GroupTold(account.pk, "wr1", kind="member_joined", at=now - timedelta(days=99), person=three[0].pk),
    ]
    connections.note_group_facts(told, now=now, source="api")
    before = groups()
    of = bring("groups", GROUPS, now)
    assert counts(of)[:2] == (3, 1)
    assert GroupChat.objects.get(external_id="wr1").name == "Spring tasting"
    undo(of, now)
    assert groups() == before


BROUGHT = """customer_number,referrer,referred_at,by
C-2,C-1,2026-03-01 09:00,invite
C-3,C-2,2026-03-02 09:00,
C-1,C-3,2026-03-03 09:00,card
C-2,C-2,2026-03-01 09:00,
C-2,C-9,2026-03-01 09:00,
C-2,C-1,2026-03-01 09:00,invite
"""


def test_who_brought_whom_comes_in_and_goes_back_to_the_claim_that_stood(three: list[Person], now: datetime) -> None:
    _one, two, other = three
    connections.refer([Referral(other.pk, two.pk, "word", now - timedelta(days=1))], now=now, source="api")
    before = list(ReferralEdge.objects.order_by("pk").values())
    of = bring("referrals", BROUGHT, now)
    assert counts(of) == (2, 0, 1, 3)
    assert rejects(of) == [(4, "cycle"), (5, "brought_themselves"), (6, "unknown_person")]
    edges = ReferralEdge.objects.order_by("at").values_list("bringer__name", "brought__name", "by", "is_first")
    assert list(edges) == [
        ("P1", "P2", "invite", True), ("P2", "P3", "word", True), ("P3", "P2", "word", False)
    ]  # fmt: skip
    assert Fact.objects.filter(name="person.referred", import_id=of.pk).count() == 2
    undo(of, now)
    assert list(ReferralEdge.objects.order_by("pk").values()) == before


def test_nobody_invites_themselves_in_a_file(three: list[Person], now: datetime) -> None:
    header = GROUPS.splitlines()[0]
    row = "Lumen on WeCom,wr1,,,,bo@lumen.test,2026-03-01 09:00,,,BO@lumen.test"
    of = bring("groups", f"{header}\n{row}\n", now)
    assert rejects(of) == [(2, "invited_by_themselves")]
