"""The way in: keys, errors that say what to do, an act done once, and no more than is allowed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from guanxi.governance import operations as governance
from guanxi.governance.models import ApiAnswer, ApiKey, AuditEntry, Role, Staff, Workspace
from guanxi.governance.queries import Permission
from guanxi.governance.rules import KEY_LIMIT, Allowance, take_one
from guanxi.kit import clock
from guanxi.people.models import Person
from tests.api.callers import Caller, caller, key_of
from tests.factories.people import make_person, make_staff

BOB = {"name": "Bob Müller", "email": "bob@example.test"}


def told(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The problem that an answer is; each has every part that the reference promises."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    problem: dict[str, Any] = json.loads(answer.content)
    assert problem["detail"]
    assert problem["docs"].endswith(f"/api/v1/docs#error-{code}")
    wanted = (status, code, f"urn:guanxi:problem:{code}")
    assert (problem["status"], problem["code"], problem["type"]) == wanted
    assert problem.keys() <= {"type", "title", "status", "detail", "code", "docs", "field", "errors"}
    return problem


def test_a_key_is_kept_as_a_hash_and_lets_in(workspace: Workspace) -> None:
    staff = make_staff()
    made = governance.make_key(by=staff, name="Shop", scopes=[Permission.PEOPLE_VIEW], now=clock.wall())
    assert made.secret.startswith("gx_live_")
    assert len(made.secret) > 48
    kept = ApiKey.objects.values().get()
    assert made.secret not in str(kept)
    assert made.secret.startswith(kept["prefix"])
    assert len(kept["prefix"]) < 16
    assert Caller(made.secret).get("/people") == {"data": [], "next_cursor": None, "has_more": False}
    assert [(one.act, one.by, one.subject) for one in AuditEntry.objects.all()] == [
        ("key.made", staff, made.key.public_id)
    ]


def test_a_key_cannot_hold_more_than_its_maker(workspace: Workspace) -> None:
    analyst = make_staff(role=Role.ANALYST)
    with pytest.raises(governance.KeyRefused, match="beyond_you"):
        governance.make_key(by=analyst, name="x", scopes=[Permission.PEOPLE_EDIT], now=clock.wall())
    with pytest.raises(governance.KeyRefused, match="no_scope"):
        governance.make_key(by=analyst, name="x", scopes=[], now=clock.wall())


def test_keys_that_do_not_let_in_say_why(workspace: Workspace) -> None:
    staff = make_staff()
    key, works = key_of(staff)
    told(Client().get("/api/v1/people"), 401, "no_key")
    told(Client().get("/api/v1/people", headers={"Authorization": "Basic eA=="}), 401, "no_key")
    told(Caller("gx_live_wrong").send("GET", "/people"), 401, "bad_key")
    assert works.send("GET", "/people").status_code == 200
    governance.revoke_key(key=key, by=staff, now=clock.wall())
    told(works.send("GET", "/people"), 401, "bad_key")
    over, late = key_of(staff, expires_at=clock.wall() + timedelta(seconds=1))
    ApiKey.objects.filter(pk=over.pk).update(expires_at=clock.wall())
    told(late.send("GET", "/people"), 401, "bad_key")


def test_a_key_stops_with_its_maker_and_loses_what_the_role_loses(workspace: Workspace) -> None:
    staff = make_staff()
    _key, calls = key_of(staff)
    Staff.objects.filter(pk=staff.pk).update(role=Role.ANALYST)
    assert calls.send("GET", "/people").status_code == 200
    told(calls.send("POST", "/people", BOB), 403, "missing_scope")
    Staff.objects.filter(pk=staff.pk).update(is_active=False)
    told(calls.send("GET", "/people"), 401, "bad_key")


def test_whatever_goes_wrong_is_told_as_a_problem(workspace: Workspace) -> None:
    calls = caller()
    told(Client().get("/api/v1/nothing"), 404, "not_found")
    told(Client().get("/api/v2/people"), 404, "not_found")
    told(calls.send("GET", "/people/psn_unknown"), 404, "not_found")
    assert told(calls.send("PUT", "/people", {}), 405, "method_not_allowed")
    assert "GET" in calls.send("PUT", "/people", {}).headers["Allow"]
    told(calls.send("POST", "/people", "{"), 400, "malformed_json")
    told(calls.send("POST", "/people", b'{"name": "\xff"}'), 400, "malformed_json")
    told(calls.send("POST", "/people", '{"name": "\\u0000"}'), 400, "malformed_json")
    told(calls.send("POST", "/people", '{"name": "\\ud800"}'), 400, "malformed_json")
    told(calls.send("POST", "/people", '{"name": "a", "name": "b"}'), 400, "malformed_json")
    told(calls.send("POST", "/people", '{"traits": {"a": NaN}}'), 400, "malformed_json")
    told(calls.send("POST", "/people", '{"traits":' * 5_000 + "1" + "}" * 5_000), 400, "malformed_json")
    told(calls.send("GET", "/people?search=%00"), 400, "bad_request")
    told(calls.send("GET", "/people?after=!!!"), 400, "bad_cursor")
    told(calls.send("POST", "/people", "x" * 1_100_000), 413, "too_large")
    told(calls.send("POST", "/people", BOB, **{"Transfer-Encoding": "chunked"}), 411, "length_required")
    form = calls.client.post("/api/v1/people", BOB, headers={"Authorization": f"Bearer {calls.secret}"})
    told(form, 415, "wrong_content_type")
    problem = told(calls.send("GET", "/people?limit=0&colour=red"), 422, "invalid")
    assert problem["errors"] == [
        {"field": "colour", "code": "unknown_parameter", "detail": "This parameter is not known here."}
    ]
    assert told(calls.send("GET", "/people?limit=0"), 422, "invalid")["field"] == "limit"
    problem = told(calls.send("POST", "/people", BOB | {"colour": "red", "country": 7}), 422, "invalid")
    assert {one["field"]: one["code"] for one in problem["errors"]} == {
        "colour": "unknown_field",
        "country": "wrong_value",
    }
    assert Person.objects.count() == 0


def test_an_act_with_an_idempotency_key_is_done_once_and_answered_the_same(workspace: Workspace) -> None:
    calls, mark = caller(), {"Idempotency-Key": "order-1"}
    first, again = (calls.send("POST", "/people", BOB, **mark) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert (first.content, first.headers["ETag"]) == (again.content, again.headers["ETag"])
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Person.objects.count() == 1
    told(calls.send("POST", "/people", BOB | {"name": "Ann"}, **mark), 409, "idempotency_conflict")
    told(calls.send("POST", "/people", BOB, **{"Idempotency-Key": "ü"}), 400, "bad_idempotency_key")
    refused = [calls.send("POST", "/people", BOB, **{"Idempotency-Key": "other"}) for _ in range(2)]
    assert told(refused[0], 409, "identity_taken") == told(refused[1], 409, "identity_taken")
    assert caller(Role.OPERATOR).post("/people", {"name": "Ann"}, 201, **mark)["name"] == "Ann"
    kept = bytes(ApiAnswer.objects.order_by("pk")[0].body or b"")
    assert b"Bob" not in kept


def test_answers_are_forgotten_after_a_day(workspace: Workspace) -> None:
    calls, mark = caller(), {"Idempotency-Key": "order-1"}
    calls.post("/people", {"name": "Bob"}, 201, **mark)
    ApiAnswer.objects.update(at=clock.now() - timedelta(hours=23))
    assert governance.forget_answers(now=clock.now()) == 0
    ApiAnswer.objects.update(at=clock.now() - timedelta(hours=25))
    calls.post("/people", {"name": "Bob"}, 201, **mark)
    assert Person.objects.count() == 2
    ApiAnswer.objects.update(at=clock.now() - timedelta(hours=25))
    assert governance.forget_answers(now=clock.now()) == 1


def test_a_stale_change_is_refused_and_a_fresh_one_is_taken(workspace: Workspace) -> None:
    calls = caller()
    made = calls.send("POST", "/people", BOB)
    path, tag = f"/people/{json.loads(made.content)['id']}", made.headers["ETag"]
    assert calls.send("GET", path).headers["ETag"] == tag
    changed = calls.send("PATCH", path, {"name": "Rob"}, **{"If-Match": tag})
    assert changed.status_code == 200
    told(calls.send("PATCH", path, {"name": "Bert"}, **{"If-Match": tag}), 412, "changed_meanwhile")
    assert calls.patch(path, {"language": "ko"}, **{"If-Match": changed.headers["ETag"]})["name"] == "Rob"
    assert calls.patch(path, {"name": "Bert"})["name"] == "Bert"


def test_too_many_requests_wait_as_long_as_they_are_told(workspace: Workspace) -> None:
    key, calls = key_of(make_staff())
    ApiKey.objects.filter(pk=key.pk).update(busy_until=clock.wall() + timedelta(seconds=30))
    answer = calls.send("GET", "/people")
    told(answer, 429, "too_many_requests")
    step = 60 / KEY_LIMIT.a_minute
    assert abs(int(answer.headers["Retry-After"]) - (30 - step * (KEY_LIMIT.at_once - 1))) <= 2
    assert key_of(make_staff("Eve"))[1].send("GET", "/people").status_code == 200


def test_so_many_at_once_and_then_so_many_a_minute() -> None:
    at, limit, busy = datetime(2026, 11, 21, tzinfo=UTC), Allowance(60, 5), None
    for _ in range(5):
        busy, wait = take_one(busy, limit, at)
        assert wait == timedelta(0)
    assert take_one(busy, limit, at) == (busy, timedelta(seconds=1))
    assert take_one(busy, limit, at + timedelta(seconds=1))[1] == timedelta(0)


def test_another_workspace_is_not_there(workspace: Workspace) -> None:
    from guanxi.governance import queries
    from tests.conftest import make_workspace

    with queries.entered(make_workspace("other")):
        theirs = make_person(now=clock.now())
    calls = caller()
    for method, path, body in (
        ("GET", f"/people/{theirs.public_id}", None),
        ("PATCH", f"/people/{theirs.public_id}", {"name": "Mine"}),
        ("POST", f"/people/{theirs.public_id}/notes", {"text": "Mine"}),
    ):
        told(calls.send(method, path, body), 404, "not_found")
    assert calls.get("/people")["data"] == []


def test_two_at_once_have_one_effect(committed_workspace: Workspace) -> None:
    calls = caller()

    def post(_number: int) -> tuple[int, bytes]:
        try:
            answer = Caller(calls.secret).send("POST", "/people", BOB, **{"Idempotency-Key": "order-1"})
            return answer.status_code, answer.content
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(post, range(4)))
    assert [status for status, _body in answers] == [201]
    assert Person.objects.count() == 1


def test_what_is_refused_half_way_changes_nothing(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = caller()
    made = calls.post("/people", BOB, 201)

    def breaks(*_given: Any, **_named: Any) -> None:
        raise governance.StaffRefused("half way")

    monkeypatch.setattr("guanxi.people.operations.editing.keep_traits", breaks)
    told(calls.send("PATCH", f"/people/{made['id']}", {"name": "Rob"}), 409, "conflict")
    assert Person.objects.get().name == BOB["name"]


def test_values_in_clear_are_told_with_a_reason_and_never_kept(workspace: Workspace) -> None:
    staff = make_staff()
    _key, calls = key_of(staff)
    person = calls.post("/people", BOB, 201)
    assert BOB["email"] not in json.dumps(calls.get(f"/people/{person['id']}"))
    path, because = f"/people/{person['id']}/reveal", {"reason": "They asked for a call"}
    told(calls.send("POST", path, {"reason": " "}), 422, "invalid")
    for _ in range(2):
        answer = calls.send("POST", path, because, **{"Idempotency-Key": "once"})
        assert [one["value"] for one in json.loads(answer.content)["data"]] == [BOB["email"]]
    assert ApiAnswer.objects.count() == 0
    acts = AuditEntry.objects.filter(act="person.revealed").values_list("by", "subject", "reason")
    assert list(acts) == [(staff.pk, person["id"], because["reason"])] * 2


def test_who_looked_at_too_many_is_told_when_the_next_place_is_free(workspace: Workspace) -> None:
    staff = make_staff()
    _key, calls = key_of(staff)
    person = calls.post("/people", BOB, 201)
    for minute in range(50):
        at = clock.now() - timedelta(minutes=55) + timedelta(minutes=minute)
        governance.record(act="person.revealed", by=staff, subject=f"psn_{minute}", now=at)
    answer = calls.send("POST", f"/people/{person['id']}/reveal", {"reason": "They asked for a call"})
    told(answer, 429, "too_many_requests")
    assert 240 < int(answer.headers["Retry-After"]) <= 300
