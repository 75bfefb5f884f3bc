"""Ties by programs that know people and staff by ids of their own."""

from __future__ import annotations

import pytest

from guanxi.connections.models import Friendship
from guanxi.governance.models import Workspace
from guanxi.kit import clock
from tests.api.callers import Caller, caller
from tests.connections.world import advisor, messenger
from tests.factories.people import make_person

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
