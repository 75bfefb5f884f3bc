"""Friends and followers from a file: in, in again, and taken back exactly."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from guanxi.channels.models import Account
from guanxi.connections import operations as connections
from guanxi.connections.models import Follow, Friendship
from guanxi.connections.operations import FriendTold
from guanxi.events.models import Fact
from guanxi.governance.models import Staff, Workspace
from guanxi.people.models import LevelProof, Person
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


def test_followers_come_in_and_go_back(three: list[Person], now: datetime) -> None:
    text = "customer_number,account,since,ended_at\nC-1,Weibo,2026-03-01,\nC-2,Weibo,2026-03-01,2026-04-01\n"
    before = everything()
    of = bring("follows", text, now)
    assert counts(of) == (2, 0, 0, 0)
    assert list(Person.objects.order_by("name").values_list("level", flat=True)) == ["fan", "visitor", "visitor"]
    assert counts(bring("follows", text, now, options={"unknown_account": "reject"})) == (0, 0, 2, 0)
    undo(of, now)
    assert everything() == before
