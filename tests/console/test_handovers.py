"""Handing over more friends than one request does: the page says how far it is, and stops, goes on and takes back."""

from __future__ import annotations

from datetime import datetime

import pytest

from guanxi.connections import operations as connections
from guanxi.connections.models import FriendHandover
from guanxi.connections.operations.handover import controlling, working
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit import clock
from tests.connections.world import advisor, messenger, say, some_people
from tests.console.visitors import Visitor, lumen, owner

__all__ = ["lumen", "owner"]


@pytest.fixture
def ann(lumen: None, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Staff:
    """With five friends, of whom two at a time are handed over."""
    monkeypatch.setattr(working, "CHUNK", 2)
    monkeypatch.setattr(controlling, "AT_ONCE", 2)
    ann, account = advisor("Ann"), messenger(now)
    for person in some_people(now, 5):
        say(person, ann, account, (9, "added"), now=now)
    return ann


def test_many_friends_have_a_page_with_how_far_they_are(owner: Visitor, ann: Staff) -> None:
    bo = advisor("Bo")
    led = owner.post("friend_handover_new", giver=ann.public_id, takers=bo.public_id)
    of = FriendHandover.objects.get()
    assert led.endswith(of.public_id)
    connections.handover_lane(now=clock.now())
    page = owner.get("friend_handover", of.public_id)
    assert "2 of 5 friends" in page and "every 1s" in page and "Bo: <" in page
    assert "changing hands already" in owner.post(
        "friend_handover_new", giver=ann.public_id, takers=bo.public_id, status=409
    )
    owner.post("friend_handover_undo", of.public_id)
    assert "changing hands already" in owner.get("friend_handover", of.public_id)
    owner.post("friend_handover_stop", of.public_id)
    page = owner.get("friend_handover", of.public_id)
    assert "Stopped after 2 of 5 friends" in page and "every 1s" not in page
    assert "Stopped" in owner.get("friend_handovers")
    owner.post("friend_handover_resume", of.public_id)
    while connections.handover_lane(now=clock.now()):
        pass
    assert "5 friends have changed hands" in owner.get("friend_handover", of.public_id)
    assert "5 changed hands, 0 left out" in owner.get("notices")
    owner.post("friend_handover_undo", of.public_id)
    assert "0 of 5 friends" in owner.get("friend_handover", of.public_id)
    while connections.handover_lane(now=clock.now()):
        pass
    assert "5 friends came back" in owner.get("friend_handover", of.public_id)
    assert "5 came back" in owner.get("friend_handovers")


def test_who_leaves_shows_where_their_friends_are_and_one_who_takes_over_and_leaves_is_named(
    owner: Visitor, ann: Staff
) -> None:
    bo, boss = advisor("Bo"), Staff.objects.get(user__email="owner@example.test")
    governance.set_active(staff=ann, active=False, by=boss)
    connections.hand_over_friends(giver=ann, takers=[bo], by=boss, now=clock.now())
    connections.handover_lane(now=clock.now())
    assert "Friends changing hands: 2 of 5" in owner.get("staff_member", ann.public_id)
    governance.set_active(staff=bo, active=False, by=boss)
    connections.handover_lane(now=clock.now())
    page = owner.get("friend_handover", FriendHandover.objects.get().public_id)
    assert "One of those who take over has no access any more" in page
    owner.post("friend_handover_resume", FriendHandover.objects.get().public_id)
    page = owner.get("friend_handover", FriendHandover.objects.get().public_id)
    assert page.count("It goes on once they do again") == 2 and "Choose somebody" not in page
    assert "Friends changing hands" not in owner.get("staff_member", ann.public_id)
