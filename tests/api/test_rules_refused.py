"""A rule that cannot be used is refused with the place of the clause, and nothing is kept."""

from __future__ import annotations

from typing import Any

from guanxi.api.v1.document import document
from guanxi.audiences.models import Audience
from guanxi.governance.models import Workspace
from tests.api.callers import caller

FAN: dict[str, Any] = {"type": "level", "levels": ["fan"]}
LATELY = {"type": "last_days", "days": 7, "zone": "Mars/Olympus"}


def nested(depth: int) -> dict[str, Any]:
    clause = FAN
    for _ in range(depth):
        clause = {"type": "not", "not": clause}
    return clause


def test_the_clause_that_is_wrong_is_named(workspace: Workspace) -> None:
    calls = caller()
    kept = calls.post("/audiences", {"name": "A", "rule": {"version": 1, "where": FAN}}, 201)["id"]
    over = {"version": 1, "where": {"type": "audience", "audience": kept}}
    other = calls.post("/audiences", {"name": "B", "rule": over}, 201)["id"]
    country = {"type": "trait", "trait": "trait:country", "op": "is"}
    for clause, field in (
        (FAN | {"sql": "1"}, "where.all[1].sql"),
        ({"type": "level", "levels": "fan"}, "where.all[1].levels"),
        ({"type": "did", "event": "event:order.paid", "within": LATELY}, "where.all[1].within.zone"),
        (country | {"op": "matches", "value": ".*"}, "where.all[1].op"),
        (country | {"value": "a\x07b"}, "where.all[1].value"),
        ({"type": "strength", "bands": ["strong"], "of": ["stf_nobody"]}, "where.all[1].of[0]"),
        ({"type": "yearly", "trait": "trait:country", "falls": {"type": "next_days", "days": 7}}, "where.all[1].trait"),
        ({"type": "audience", "audience": other}, "where.all[1].rule.audience"),
    ):
        rule = {"version": 1, "where": {"type": "all", "all": [FAN, clause]}}
        told = calls.patch(f"/audiences/{kept}", {"rule": rule}, 422)
        assert str(told["field"]).endswith(field), (clause, told)
    whole = {"rule": {"version": 1, "where": country | {"value": "a\0b"}}}
    assert "NUL" in calls.patch(f"/audiences/{kept}", whole, 400)["detail"]
    deep = calls.patch(f"/audiences/{kept}", {"rule": {"version": 1, "where": nested(20)}}, 422)
    assert deep["field"] == "rule.where" + 10 * ".not"
    deeper = calls.patch(f"/audiences/{kept}", {"rule": {"version": 1, "where": nested(200)}}, 400)
    assert "nested" in deeper["detail"]
    assert Audience.objects.get(public_id=kept).rule == {"version": 1, "where": FAN}


def test_the_document_names_every_clause() -> None:
    said = str(document()["components"]["schemas"]["NewAudience"]["properties"]["rule"]["description"])
    for clause in ("trait", "yearly", "strength", "reachable", "then_not", "bottom", "audience", "all", "not"):
        assert f" {clause}," in said or said.endswith(f" {clause}.")


def test_an_audience_that_is_only_another_breaks_nobody_who_names_it(workspace: Workspace) -> None:
    calls = caller()

    def made(name: str, where: dict[str, Any]) -> str:
        return str(calls.post("/audiences", {"name": name, "rule": {"version": 1, "where": where}}, 201)["id"])

    first, second = made("A", {"type": "member"}), made("B", {"type": "member"})
    of_second = {"type": "audience", "audience": second}
    third = made("C", of_second)
    bare = {"version": 1, "where": {"type": "audience", "audience": first}}
    calls.patch(f"/audiences/{second}", {"rule": bare})
    fourth = made("D", {"type": "not", "not": of_second})
    calls.post("/audiences/count", {"rule": {"version": 1, "where": {"type": "any", "any": [FAN, of_second]}}})
    calls.post(f"/audiences/{first}/fix")
    calls.post(f"/audiences/{first}/live", {"every": 60})
    for each in (third, fourth):
        calls.get(f"/audiences/{each}/people")
        calls.post(f"/audiences/{each}/refresh")
