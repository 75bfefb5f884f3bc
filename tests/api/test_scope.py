"""A key sees the people whom its maker sees: all, those of the unit and below, or their own."""

from __future__ import annotations

from datetime import datetime

import pytest

from guanxi.governance.models import Role, Workspace
from guanxi.kit import clock
from tests.api.callers import key_of
from tests.factories.people import make_person, make_staff, make_unit


@pytest.fixture
def at(workspace: Workspace) -> datetime:
    return clock.now()


def test_lists_and_single_people_follow_the_data_scope(at: datetime) -> None:
    region = make_unit("Region")
    store, elsewhere = make_unit("Store", region), make_unit("Elsewhere")
    advisor = make_staff("Advisor", Role.ADVISOR, store)
    people = {
        "mine": make_person("Mine", now=at, owner=advisor, unit=store),
        "of the store": make_person("Store", now=at, unit=store),
        "elsewhere": make_person("Elsewhere", now=at, unit=elsewhere),
    }
    wanted = {
        Role.OWNER: (make_staff("Owner", Role.OWNER), set(people)),
        Role.MANAGER: (make_staff("Manager", Role.MANAGER, region), {"mine", "of the store"}),
        Role.ADVISOR: (advisor, {"mine"}),
    }
    for role, (staff, sees) in wanted.items():
        _key, calls = key_of(staff)
        listed = {one["id"] for one in calls.get("/people")["data"]}
        assert listed == {people[name].public_id for name in sees}, role
        for name, person in people.items():
            for path in ("", "/notes", "/timeline", "/consents", "/files"):
                answer = calls.send("GET", f"/people/{person.public_id}{path}")
                assert answer.status_code == (200 if name in sees else 404), (role, name, path)


def test_a_key_gives_people_only_where_its_maker_may(at: datetime) -> None:
    here, elsewhere = make_unit("Here"), make_unit("Elsewhere")
    advisor, manager = make_staff("Advisor", Role.ADVISOR, here), make_staff("Manager", Role.MANAGER, here)
    stranger = make_staff("Stranger", Role.ADVISOR, elsewhere)
    of_advisor, of_manager = key_of(advisor)[1], key_of(manager)[1]
    made = of_advisor.post("/people", {"name": "Lin"}, 201)
    assert (made["owner"]["id"], made["unit"]["id"]) == (advisor.public_id, here.public_id)
    of_advisor.post("/people", {"name": "Lin", "owner": manager.public_id}, 422)
    of_advisor.patch(f"/people/{made['id']}", {"owner": None}, 422)
    assert of_manager.post("/people", {"name": "Kim"}, 201)["unit"]["id"] == here.public_id
    of_manager.post("/people", {"name": "Kim", "unit": elsewhere.public_id}, 422)
    of_manager.patch(f"/people/{made['id']}", {"owner": stranger.public_id}, 422)
    of_manager.patch(f"/people/{made['id']}", {"unit": None}, 422)
    assert of_manager.patch(f"/people/{made['id']}", {"owner": None})["owner"] is None
