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
from guanxi.people import operations as people
from guanxi.people.models import Person
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
    asked = owner.get("friend_handover_new", giver=ann.public_id, takers=bo.public_id)
    assert "changing hands already" in asked and "friends of Ann go" not in asked
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


def test_what_would_be_refused_while_the_giver_has_no_access_is_not_offered(owner: Visitor, ann: Staff) -> None:
    bo, boss = advisor("Bo"), Staff.objects.get(user__email="owner@example.test")
    Person.objects.filter(name="Person 0").update(owner=ann)
    governance.set_active(staff=ann, active=False, by=boss)
    change = people.hand_over(giver=ann, taker=bo, by=boss, now=clock.now())
    assert change is not None
    while people.bulk_lane(now=clock.now()) or connections.handover_lane(now=clock.now()):
        pass
    of = FriendHandover.objects.get()
    for page, pages in (
        (f"{of.public_id}/undo", ("friend_handover", of.public_id)),
        ("/undo", ("bulk", change.public_id)),
    ):
        shown = owner.get(*pages)
        assert "give Ann access again first" in shown and page not in shown
    assert f"{of.public_id}/undo" not in owner.get("friend_handovers")
    owner.post("friend_handover_undo", of.public_id)
    assert "Give them access again first" in owner.get("friend_handover", of.public_id)
    owner.post("bulk_undo", change.public_id)
    assert "Give them access again first" in owner.get("bulk", change.public_id)
    governance.set_active(staff=ann, active=True, by=boss)
    assert "until" in owner.get("bulk", change.public_id)
    owner.post("friend_handover_undo", of.public_id)
    connections.handover_lane(now=clock.now())
    governance.set_active(staff=ann, active=False, by=boss)
    connections.handover_lane(now=clock.now())
    page = owner.get("friend_handover", of.public_id)
    assert "Give Ann access again first, then go on" in page and "/resume" not in page
    governance.set_active(staff=ann, active=True, by=boss)
    assert f"{of.public_id}/resume" in owner.get("friend_handover", of.public_id)
