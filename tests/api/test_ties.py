"""Ties by programs that know people and staff by ids of their own."""

from __future__ import annotations

from typing import Any

import pytest

from guanxi.connections import operations as connections
from guanxi.connections import queries
from guanxi.connections.models import Friendship, GroupChat
from guanxi.connections.operations.handover import controlling, working
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff, Workspace
from guanxi.kit import clock
from guanxi.people import operations as people_operations
from tests.api.callers import Caller, caller, key_of
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
    people_operations.merge_people(keep=one, drop=other, by=make_staff("Owner", role="owner"), now=now)
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


def test_asking_who_would_go_refuses_what_handing_over_refuses(calls: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controlling, "AT_ONCE", 1)
    now, ann, account = clock.now(), advisor("Ann"), messenger(clock.now())
    advisor("Bo")
    make_staff("Vera", "auditor")
    make_staff("Gone", "advisor", is_active=False)
    for person in some_people(now, 2):
        say(person, ann, account, (9, "added"), now=now)

    def both(status: int, *takers: str) -> list[dict[str, Any]]:
        body = {"giver": "ann@lumen.test", "takers": [f"{name}@lumen.test" for name in takers]}
        sent = [body | {"only_say": True}, body]
        told = [calls.post("/friends/hand-over", one, status) for one in sent]
        return [{name: one.get(name) for name in ("code", "field", "detail")} for one in told]

    for takers in ([], ["ann"], ["bo", "vera"], ["gone"]):
        asked, sent = both(422, *takers)
        assert asked == sent
    calls.post("/friends/hand-over", {"giver": "ann@lumen.test", "taker": "bo@lumen.test"})
    asked, sent = both(409, "bo")
    assert asked == sent and "already" in asked["detail"]


def test_who_has_left_gets_friends_back_once_they_have_access_again(calls: Caller) -> None:
    now, ann, account, boss = clock.now(), advisor("Ann"), messenger(clock.now()), make_staff("Boss")
    advisor("Bo")
    [person] = some_people(now)
    say(person, ann, account, (9, "added"), now=now)
    governance.set_active(staff=ann, active=False, by=boss)
    done = calls.post("/friends/hand-over", {"giver": "ann@lumen.test", "taker": "bo@lumen.test"})
    path = f"/friends/hand-overs/{done['handover']}"
    assert calls.get(path)["may_undo"] is False
    assert "Give them access again first" in calls.post(f"{path}/undo", None, 409)["detail"]
    governance.set_active(staff=ann, active=True, by=boss)
    assert calls.get(path)["may_undo"] is True
    assert calls.post(f"{path}/undo")["returned"] == 1


def test_the_people_of_who_has_left_come_back_with_the_friends_or_not_at_all(calls: Caller) -> None:
    now, ann, bo, boss = clock.now(), advisor("Ann"), advisor("Bo"), make_staff("Boss")
    person = make_person("P", now=now, owner=ann)
    say(person, ann, messenger(now), (9, "added"), now=now)
    governance.set_active(staff=ann, active=False, by=boss)
    change = people_operations.hand_over(giver=ann, taker=bo, by=boss, now=clock.now())
    assert change is not None
    while people_operations.bulk_lane(now=clock.now()):
        pass
    path = f"/bulks/{change.public_id}"
    assert calls.get(path)["may_undo"] is False
    assert "Give them access again first" in calls.post(f"{path}/undo", None, 409)["detail"]
    governance.set_active(staff=ann, active=True, by=boss)
    assert calls.get(path)["may_undo"] is True
    assert calls.post(f"{path}/undo")["state"] == "undoing"


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


def test_who_invited_somebody_to_a_group_is_told_to_who_may_see_them(calls: Caller) -> None:
    now, account = clock.now(), messenger(clock.now())
    ann, theirs = key_of(make_staff("Ann", "advisor"))[1], Staff.objects.get(name="Ann")
    host, guest = (make_person(name, now=now, owner=owner) for name, owner in (("Host", None), ("Guest", theirs)))

    def joined(**given: str) -> dict[str, Any]:
        return {"account": account.public_id, "group": "wrA", "kind": "member_joined", "at": AT} | given

    facts = [
        joined(person=guest.public_id, invited_by_person=host.public_id),
        joined(person=host.public_id, invited_by_person=host.public_id),
        joined(staff="ann@lumen.test", invited_by_staff="ann@lumen.test"),
        joined(staff="ann@lumen.test"),
    ]
    refused = [{"at": at, "reason": "invited_by_themselves"} for at in (1, 2)]
    assert calls.post("/groups/facts", {"facts": facts}) == {"recorded": 2, "refused": refused}
    [group] = calls.get("/groups")["data"]

    def told(who: Caller) -> list[dict[str, Any]]:
        [member] = [one for one in who.get(f"/groups/{group['id']}/members")["data"] if one["person"]]
        [place] = who.get(f"/people/{guest.public_id}/ties")["groups"]
        return [
            {name: one[name] for name in ("joined_by", "invited_by", "invited_by_person")} for one in (member, place)
        ]

    known = {"joined_by": "invited", "invited_by": None, "invited_by_person": {"id": host.public_id, "name": "Host"}}
    assert told(calls) == [known, known]
    assert told(ann) == [known | {"invited_by_person": None}] * 2


def test_a_friend_whom_the_key_may_not_see_any_more_has_no_remark(calls: Caller) -> None:
    now, account = clock.now(), messenger(clock.now())
    ann, bo = (make_staff(name, "advisor") for name in ("Ann", "Bo"))
    [person] = some_people(now)
    say(person, ann, account, (9, "added"), now=now, remark="Lin Wei", description="of Suzhou")
    connections.hand_over_friends(giver=ann, takers=[bo], by=None, now=now)
    [gone], [there] = (key_of(one)[1].get("/friends")["data"] for one in (ann, bo))
    assert (gone["state"], gone["person"], gone["remark"], gone["description"]) == ("handed_over", None, "", "")
    assert (there["person"]["name"], there["remark"], there["description"]) == ("Person 0", "Lin Wei", "of Suzhou")


def test_a_leader_is_called_so_where_strength_is_told_and_set(calls: Caller) -> None:
    [person] = some_people(clock.now())
    calls.put(f"/people/{person.public_id}/role", {"role": "leader"})
    assert calls.get(f"/people/{person.public_id}/strength")["role"] == "leader"
    told = calls.put("/strength-rules", {"half_lives": {"leader": 45}})["half_lives"]
    assert told == {"employee": 30, "consumer": 60, "leader": 45}
    assert queries.strength_rules().half_lives["opinion_leader"] == 45
