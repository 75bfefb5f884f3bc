"""Ties by programs that know people and staff by ids of their own."""

from __future__ import annotations

import pytest

from guanxi.connections import operations as connections
from guanxi.connections.models import Friendship, GroupChat
from guanxi.connections.operations.handover import controlling, working
from guanxi.governance.models import Workspace
from guanxi.kit import clock
from guanxi.people import operations as merging
from tests.api.callers import Caller, caller
from tests.connections.world import advisor, messenger, say, some_people
from tests.factories.people import make_person, make_staff

AT = "2026-01-05T09:00:00Z"


@pytest.fixture
def calls(workspace: Workspace) -> Caller:
    return caller()


def test_people_and_staff_are_named_by_what_another_system_knows_and_friends_go_in_turn(calls: Caller) -> None:
    now = clock.now()
    ann, bo, cy, account = advisor("Ann"), advisor("Bo"), advisor("Cy"), messenger(now)
    people = [make_person(f"P{at}", now=now, identities={"customer_number": f"C-{at}"}) for at in range(3)]
    names = [people[0].public_id, "customer_number:C-1", "customer_number: C-2 ", "email:nobody@x.test", "plate@x:1"]
    facts = [
        {"person": name, "advisor": "Ann@lumen.test", "account": account.public_id, "kind": "added", "at": AT}
        for name in names
    ]
    told = calls.post("/friends/facts", {"facts": facts})
    assert told == {
        "recorded": 3,
        "refused": [{"at": 3, "reason": "unknown_person"}, {"at": 4, "reason": "unknown_person"}],
    }
    body = {"giver": "ann@lumen.test", "takers": ["bo@lumen.test", cy.public_id]}
    for wrong, field in (({"giver": "x@lumen.test"}, "giver"), ({"takers": ["ann@lumen.test"]}, "taker")):
        assert calls.post("/friends/hand-over", body | wrong, 422)["field"] == field
    said = calls.post("/friends/hand-over", body | {"only_say": True})
    assert (said["handover"], [one["friends"] for one in said["shares"]]) == (None, [2, 1])
    assert Friendship.objects.filter(staff=ann, state="active").count() == 3
    done = calls.post("/friends/hand-over", body)
    assert [one["friends"] for one in done["shares"]] == [2, 1]
    assert [one["id"] for one in calls.get("/friends/hand-overs")["data"]] == [done["handover"]]
    assert calls.post(f"/friends/hand-overs/{done['handover']}/undo")["returned"] == 3
    assert calls.post(f"/friends/hand-overs/{done['handover']}/undo", status=409)["code"] == "conflict"
    assert Friendship.objects.filter(staff=ann, state="active").count() == 3
    assert not Friendship.objects.filter(staff=bo, state="active").exists()


def test_what_is_told_by_the_id_of_somebody_who_was_merged_is_written_to_who_stayed(calls: Caller) -> None:
    now, account, (one, other, third) = clock.now(), messenger(clock.now()), some_people(clock.now(), 3)
    ann = advisor("Ann")
    merging.merge_people(keep=one, drop=other, by=make_staff("Owner", role="owner"), now=now)
    where = {"person": other.public_id, "account": account.public_id, "at": AT}
    brought = {"bringer": other.public_id, "brought": third.public_id, "by": "card", "at": AT}
    for path, fact in {
        "/friends/facts": where | {"advisor": ann.public_id, "kind": "added"},
        "/follows/facts": where | {"kind": "followed"},
        "/groups/facts": where | {"group": "wr1", "kind": "member_joined"},
    }.items():
        assert calls.post(path, {"facts": [fact]}) == {"recorded": 1, "refused": []}
    assert calls.post("/referrals", {"referrals": [brought]}) == {"recorded": 1, "refused": []}
    ties = calls.get(f"/people/{one.public_id}/ties")
    assert [len(ties[name]) for name in ("friends", "follows", "groups", "brought")] == [1, 1, 1, 1]


def test_what_says_nothing_or_too_much_of_a_group_is_refused_by_its_field(calls: Caller) -> None:
    account, [person] = messenger(clock.now()), some_people(clock.now())
    ann = advisor("Ann")
    good = {"account": account.public_id, "group": "wr1", "kind": "renamed", "at": AT, "text": "x" * 120}
    both = {"person": person.public_id, "staff": ann.public_id}
    for wrong, field in (
        ({"text": "x" * 121}, "text"),
        ({"kind": "created", "text": "x" * 121}, "text"),
        ({"text": " "}, "text"),
        ({"kind": "owner_changed"}, "owner"),
        ({"kind": "member_joined"}, "person"),
        ({"kind": "member_left", **both}, "staff"),
    ):
        assert calls.post("/groups/facts", {"facts": [good, good | wrong]}, 422)["field"] == f"facts.1.{field}"
    assert not GroupChat.objects.exists()
    for kind in ({"kind": "notice_changed", "text": ""}, {"kind": "notice_changed", "text": "x" * 1_000}, {}):
        assert calls.post("/groups/facts", {"facts": [good | kind]})["recorded"] == 1
    assert GroupChat.objects.get().name == "x" * 120


def test_an_account_has_a_name_that_can_be_read(calls: Caller) -> None:
    assert calls.post("/channels/recorded", {"kind": "weibo", "name": "   "}, 422)["field"] == "name"
    assert (
        calls.post("/channels/recorded", {"kind": "weibo", "name": " Lumen on Weibo "}, 201)["name"] == "Lumen on Weibo"
    )


def test_many_friends_are_handed_over_in_the_background(calls: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "CHUNK", 2)
    monkeypatch.setattr(controlling, "AT_ONCE", 2)
    now, ann, account = clock.now(), advisor("Ann"), messenger(clock.now())
    advisor("Bo")
    for person in some_people(now, 5):
        say(person, ann, account, (9, "added"), now=now)
    body = {"giver": "ann@lumen.test", "taker": "bo@lumen.test"}
    started = calls.post("/friends/hand-over", body)
    assert (started["state"], started["total"], started["friends"]) == ("running", 5, 0)
    path = f"/friends/hand-overs/{started['handover']}"
    connections.handover_lane(now=clock.now())
    assert {name: calls.get(path)[name] for name in ("state", "friends", "may_undo")} == {
        "state": "running", "friends": 2, "may_undo": False
    }  # fmt: skip
    for refused, sent in (("/friends/hand-over", body), (f"{path}/undo", None)):
        assert "already" in calls.post(refused, sent, 409)["detail"]
    assert calls.post(f"{path}/stop")["state"] == "stopped"
    assert calls.post(f"{path}/stop", None, 409)["code"] == "conflict"
    assert calls.post(f"{path}/resume")["state"] == "running"
    while connections.handover_lane(now=clock.now()):
        pass
    done = calls.get(path)
    assert (done["state"], done["friends"], done["left_out"], done["may_undo"]) == ("done", 5, 0, True)
    assert [share["friends"] for share in done["shares"]] == [5]
    assert calls.post(f"{path}/undo")["state"] == "undoing"
