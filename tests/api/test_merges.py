"""Merges by program: what one would do, whose values are kept, and the way from an old id to the person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from guanxi.people.models import Field, Merge, Person
from tests.api.callers import Caller, key_of
from tests.factories.people import make_person, make_staff


@pytest.fixture
def calls(workspace: Workspace) -> Caller:
    return key_of(make_staff())[1]


@pytest.fixture
def two(workspace: Workspace, now: datetime) -> tuple[Person, Person]:
    Field.objects.create(key="city", label="City", kind="text")
    ids = {"customer_number": "7", "email": "lin@example.test"}
    keep = people.create_person(now=now, name="Lin", identities=ids, traits={"city": "Shanghai"}, language="ko")
    other = {"customer_number": "8", "phone": "+8613800002210"}
    return keep, people.create_person(now=now, name="Lin Wei", identities=other, traits={"city": "Beijing"})


def test_a_preview_says_what_moves_what_is_to_choose_and_what_speaks_against_it(
    calls: Caller, two: tuple[Person, Person]
) -> None:
    keep, drop = two
    told = calls.get(f"/people/{keep.public_id}/merges/preview?merged={drop.public_id}")
    assert told["choices"] == [
        {"pick": "name", "mine": "Lin", "theirs": "Lin Wei"},
        {"pick": "trait:city", "mine": "Shanghai", "theirs": "Beijing"},
    ]
    assert (told["conflicts"], told["moves"]["identity"]) == (["customer_number"], 2)
    assert not Merge.objects.exists()
    same = calls.get(f"/people/{keep.public_id}/merges/preview?merged={keep.public_id}", 422)
    assert same["field"] == "merged"


def test_the_values_that_were_picked_are_shown(calls: Caller, two: tuple[Person, Person]) -> None:
    keep, drop = two
    path = f"/people/{keep.public_id}/merges"
    for picks, field in (
        ({"language": drop.public_id}, "picks.language"),
        ({"owner": drop.public_id}, "picks.owner"),
        ({"name": "psn_01kb0w8m3x7q2v9d5r1t4n6c8h"}, "picks.name"),
    ):
        assert calls.post(path, {"merged": drop.public_id, "picks": picks}, 422)["field"] == field
    assert not Merge.objects.exists()
    calls.post(path, {"merged": drop.public_id, "picks": {"name": drop.public_id, "trait:city": keep.public_id}}, 201)
    told = calls.get(f"/people/{keep.public_id}")
    assert (told["name"], told["traits"], told["language"]) == ("Lin Wei", {"city": "Shanghai"}, "ko")


def test_an_old_id_leads_to_the_person_and_nothing_is_written_by_it(
    calls: Caller, two: tuple[Person, Person], now: datetime
) -> None:
    keep, drop = two
    people.merge_people(keep=keep, drop=drop, by=None, now=now)
    for path in ("", "/merges?limit=2", "/timeline"):
        answer = calls.send("GET", f"/people/{drop.public_id}{path}")
        to = f"/api/v1/people/{keep.public_id}{path}"
        assert (answer.status_code, answer.headers["Location"]) == (301, to)
        assert answer.json() == {"merged_into": keep.public_id}
        assert "ETag" not in answer.headers and answer.headers["Cache-Control"] == "no-store"
    refused: list[Any] = [
        calls.patch(f"/people/{drop.public_id}", {"name": "X"}, 409),
        calls.post(f"/people/{drop.public_id}/notes", {"text": "X"}, 409),
        calls.post(f"/people/{keep.public_id}/merges", {"merged": drop.public_id}, 409),
    ]
    assert {(one["code"], one["merged_into"]) for one in refused} == {("merged", keep.public_id)}
    assert Person.objects.get(pk=keep.pk).name == "Lin"
    assert [one["id"] for one in calls.get("/people")["data"]] == [keep.public_id]


def test_an_old_id_tells_nothing_of_a_person_whom_the_key_does_not_see(
    workspace: Workspace, two: tuple[Person, Person], now: datetime
) -> None:
    keep, drop = two
    people.merge_people(keep=keep, drop=drop, by=None, now=now)
    advisor = make_staff("Max", "advisor")
    make_person("Mine", now=now, owner=advisor)
    calls = key_of(advisor)[1]
    assert "merged_into" not in calls.get(f"/people/{drop.public_id}", 404)
