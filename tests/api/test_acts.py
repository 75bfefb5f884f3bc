"""Acts of the console that a program does, too: what they change, and what is refused."""

from __future__ import annotations

import json

import pytest

from guanxi.api.v1.examples.ids import RULE, WORDS
from guanxi.connections.operations import FOLLOWERS
from guanxi.governance.models import Role, Staff, Suppression, Workspace
from guanxi.governance.queries import Permission
from guanxi.kit import clock
from guanxi.people import operations as people
from guanxi.people.models import Field, Person
from tests.api.callers import Caller, caller, key_of
from tests.factories import channels as make
from tests.factories.people import make_person, make_staff, make_unit


@pytest.fixture
def calls(workspace: Workspace) -> Caller:
    return caller()


def work() -> None:
    while people.bulk_lane(now=clock.now()):
        pass


def test_many_people_are_changed_and_taken_back(calls: Caller) -> None:
    now, store, other = clock.now(), make_unit("Store"), make_unit("Other")
    ann = make_staff("Ann", Role.ADVISOR)
    fits = [make_person(name, now=now, unit=store) for name in ("Lin", "Kim")]
    stays = make_person("Bob", now=now, unit=other)
    body = {"act": "owner", "fitting": {"unit": store.public_id}, "owner": ann.public_id}
    of = calls.post("/bulks", body, 201)
    assert (of["state"], of["owner"]["id"], of["total"]) == ("running", ann.public_id, None)
    work()
    of = calls.get(f"/bulks/{of['id']}")
    assert (of["state"], of["total"], of["changed"], of["may_undo"]) == ("done", 2, 2, True)
    assert set(Person.objects.filter(owner=ann)) == set(fits)
    calls.post(f"/bulks/{of['id']}/undo")
    work()
    assert calls.get(f"/bulks/{of['id']}")["restored"] == 2
    assert not Person.objects.exclude(pk=stays.pk).exclude(owner=None).exists()
    assert calls.post(f"/bulks/{of['id']}/stop", status=409)["code"] == "conflict"


def test_a_change_of_many_that_says_too_little_or_too_much_is_refused(calls: Caller) -> None:
    person = make_person(now=clock.now()).public_id
    for body, field in (
        ({"act": "owner", "owner": None}, "people"),
        ({"act": "owner", "owner": None, "people": [person], "fitting": {}}, "people"),
        ({"act": "owner", "people": [person]}, "owner"),
        ({"act": "owner", "owner": None, "unit": None, "people": [person]}, "unit"),
        ({"act": "trait", "field": "nothing", "people": [person]}, "field"),
        ({"act": "unit", "unit": None, "fitting": {"owner": "stf_nobody"}}, "fitting.owner"),
        ({"act": "owner", "owner": None, "people": [person] * 501}, "people"),
    ):
        assert calls.post("/bulks", body, 422)["field"] == field, body
    assert calls.get("/bulks")["data"] == []


def test_no_more_mail_for_many_needs_the_scope_of_the_suppression_list(workspace: Workspace) -> None:
    boss = make_staff()
    make_person(now=clock.now(), identities={"email": "lin@example.test"})
    body = {"act": "suppress", "fitting": {}}
    without = key_of(boss, [Permission.PEOPLE_BULK])[1]
    assert without.post("/bulks", body, 403)["code"] == "missing_scope"
    key_of(boss, [Permission.PEOPLE_BULK, Permission.CHANNELS_MANAGE])[1].post("/bulks", body, 201)
    work()
    assert Suppression.objects.count() == 1


def test_a_manager_of_a_unit_sees_their_own_changes_and_gives_nobody_away(workspace: Workspace) -> None:
    here, elsewhere = make_unit("Here"), make_unit("Elsewhere")
    of_manager = key_of(make_staff("Manager", Role.MANAGER, here))[1]
    stranger = make_staff("Stranger", Role.ADVISOR, elsewhere)
    caller().post("/bulks", {"act": "owner", "fitting": {}, "owner": None}, 201)
    assert of_manager.get("/bulks")["data"] == []
    of_manager.post("/bulks", {"act": "owner", "fitting": {}, "owner": stranger.public_id}, 422)
    of_manager.post("/bulks", {"act": "unit", "fitting": {}, "unit": None}, 422)


def test_a_view_is_saved_changed_and_opened_first(calls: Caller) -> None:
    view = calls.post("/views", {"name": "Fans", "filter": {"level": "fan", "columns": ["email", "level"]}}, 201)
    assert view["filter"] == {"level": "fan", "columns": ["email", "level"]}
    path = f"/views/{view['id']}"
    assert calls.patch(path, {"opens_first": True})["opens_first"]
    assert calls.patch(path, {"filter": {"sort": "newest"}})["filter"] == {"sort": "newest"}
    assert not calls.patch(path, {"opens_first": False})["opens_first"]
    calls.delete(path)
    assert calls.get("/views")["data"] == []


def test_what_everyone_sees_is_for_who_may_share(workspace: Workspace) -> None:
    boss = make_staff()
    own = key_of(boss, [Permission.PEOPLE_VIEW])[1]
    own.post("/views", {"name": "Mine", "shared": True}, 403)
    shared = key_of(boss)[1].post("/views", {"name": "Ours", "shared": True}, 201)
    for change in ({"name": "Other"}, {"shared": False}):
        own.patch(f"/views/{shared['id']}", change, 403)
    own.delete(f"/views/{shared['id']}", 403)
    advisor = key_of(make_staff("Advisor", Role.ADVISOR))[1]
    assert [one["name"] for one in advisor.get("/views")["data"]] == ["Ours"]
    mine = own.post("/views", {"name": "Mine"}, 201)
    advisor.get(f"/views/{mine['id']}", 404)


def test_notices_are_those_of_the_maker_of_the_key(workspace: Workspace) -> None:
    from guanxi.governance import operations as governance

    boss, other = make_staff(), make_staff("Other")
    for staff in (boss, boss, other):
        governance.notify(staff=staff, kind="import.done", subject="imp_x", name="a.csv", now=clock.now())
    calls = key_of(boss)[1]
    first, second = calls.get("/notices")["data"]
    assert calls.post(f"/notices/{first['id']}/read")["read_at"]
    assert [one["id"] for one in calls.get("/notices?unread=true")["data"]] == [second["id"]]
    calls.post("/notices/read", status=204)
    assert calls.get("/notices?unread=true")["data"] == []
    [theirs] = key_of(other)[1].get("/notices?unread=true")["data"]
    calls.post(f"/notices/{theirs['id']}/read", status=404)
    assert Staff.objects.count() == 2


def test_what_a_broadcast_uses_is_not_deleted(calls: Caller) -> None:
    audience = calls.post("/audiences", {"name": "Customers", "rule": RULE}, 201)
    content = calls.post("/contents", {"name": "Hello", "variants": [WORDS]}, 201)
    draft = calls.post("/broadcasts", {"name": "Hi", "audience": audience["id"], "content": content["id"]}, 201)
    for path in (f"/audiences/{audience['id']}", f"/contents/{content['id']}"):
        assert calls.delete(path, 409)["code"] == "conflict"
        calls.get(path)
    calls.delete(f"/broadcasts/{draft['id']}")
    for path in (f"/audiences/{audience['id']}", f"/contents/{content['id']}"):
        calls.delete(path)
        calls.get(path, 404)


def test_a_letter_to_nobody_is_refused_where_the_body_names_them(calls: Caller) -> None:
    make.account(clock.now())
    for path in ("/contents/preview", "/contents/test"):
        assert calls.post(path, {"variant": WORDS, "person": "psn_nobody"}, 422)["field"] == "person"


def test_a_role_is_settled_and_filled_only_as_it_was_looked_at(calls: Caller) -> None:
    topic = calls.post("/fields", {"label": "Topic", "kind": "text"}, 201)["id"]
    fields = [{"field": topic, "begins_with": "Tea"}]
    ann = make_person("Ann", now=clock.now())
    calls.put(f"/people/{ann.public_id}/role", {"role": "leader"})
    seen = calls.send("PUT", "/roles/leader", {"priority": 1, "fields": fields}).headers["ETag"]
    calls.put("/roles/leader", {"priority": 2, "fields": fields})
    assert calls.post("/roles/leader/fill", status=412, **{"If-Match": seen})["code"] == "changed_meanwhile"
    assert calls.put("/roles/leader", {"priority": 1, "fields": []}, 412, **{"If-Match": seen})["code"] == (
        "changed_meanwhile"
    )
    now = calls.send("GET", "/roles/leader").headers["ETag"]
    assert calls.post("/roles/leader/fill", **{"If-Match": now}) == {"written": 1, "left": 0}


def test_a_unit_is_renamed_by_who_knows_what_it_is_called_now(calls: Caller) -> None:
    made = calls.send("POST", "/units", {"name": "Harbour"})
    path, seen = f"/units/{json.loads(made.content)['id']}", made.headers["ETag"]
    for name, status in (("Port", 200), ("Quay", 412)):
        assert calls.send("PATCH", path, {"name": name}, **{"If-Match": seen}).status_code == status
    assert calls.send("PATCH", path, {"name": "Quay"}, **{"If-Match": ""}).status_code == 400


def test_a_number_is_no_day(calls: Caller) -> None:
    person = make_person("Lin", now=clock.now()).public_id
    body = {"followers": 9, "handle": "", "as_of": 0}
    assert calls.put(f"/people/{person}/platforms/weibo", body, 422)["field"] == "as_of"


def test_what_is_counted_from_platforms_is_not_edited_by_programs_either(calls: Caller) -> None:
    counted = Field.objects.create(key=FOLLOWERS, label="Followers on all platforms", kind="number")
    calls.patch(f"/fields/{counted.public_id}", {"label": "Fans"}, 404)
    body = {"priority": 1, "fields": [{"field": counted.public_id, "begins_with": "5"}]}
    refused = calls.put("/roles/leader", body, 422)
    assert [(one["field"], one["code"]) for one in refused["errors"]] == [("fields.0.field", "unknown_field")]
    assert calls.get("/roles/leader")["fields"] == []


def test_a_second_id_where_a_person_has_one_is_refused_by_the_name_of_the_first(workspace: Workspace) -> None:
    calls = caller()
    corp = {"kind": "wecom", "within": "ww1"}
    lin = calls.post("/people", {"customer_number": "C-7", "identities": [corp | {"value": "wmAb"}]}, 201)
    path = f"/people/{lin['id']}/identities"
    refused = calls.post(path, {"kind": "customer_number", "value": "C-8"}, 422)
    assert (refused["field"], refused["errors"][0]["code"]) == ("value", "only_one") and "C-7" in refused["detail"]
    assert calls.post(path, corp | {"value": "wmXy"}, 422)["errors"][0]["code"] == "only_one"
    two = [{"kind": "unionid", "value": value} for value in ("u1", "u2")]
    refused = calls.post("/people", {"name": "Kim", "identities": two}, 422)
    assert (refused["field"], refused["errors"][0]["code"]) == ("identities.1", "only_one")
    calls.post(path, {"kind": "wecom", "within": "ww2", "value": "wmXy"}, 201)
    number = next(one["id"] for one in lin["identities"] if one["kind"] == "customer_number")
    calls.delete(f"{path}/{number}", 200)
    assert len(calls.post(path, {"kind": "customer_number", "value": "C-8"}, 201)["identities"]) == 3


def test_an_id_of_any_length_is_found(workspace: Workspace) -> None:
    calls, number = caller(), "C" * 120
    lin = calls.post("/people", {"customer_number": number}, 201)
    assert [one["id"] for one in calls.get(f"/people?search={number}")["data"]] == [lin["id"]]
    calls.get(f"/people?search={'x' * 255}", 422)
