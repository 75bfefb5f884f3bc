"""Merges and possible duplicates on their pages."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Field, Merge, Pair, Person
from guanxi.people.operations import Call
from tests.factories.people import make_person, make_staff

NOW = datetime.fromisoformat("2026-11-21T04:00:00+00:00")


@pytest.fixture
def owner(workspace: Workspace, client: Client) -> Client:
    client.force_login(make_staff("Ann").user)
    return client


def pair(number: int = 0) -> Pair:
    for customer in ("7", "8"):
        ids = [("customer_number", f"{number}-{customer}"), ("email", f"lin{number}@example.test")]
        people.link_many([Call(ids, NOW, name=f"Lin {customer}")], source="shop", now=NOW)
    made: Pair = Pair.objects.latest("pk")
    return made


def test_a_merge_is_explained_on_the_page_and_undone_by_a_button(owner: Client, now: datetime) -> None:
    keep, drop = make_person("Lin Wei", now=now), make_person("Twin", now=now)
    merge = people.merge_people(keep=keep, drop=drop, by=None, now=now)
    page = owner.get(f"/w/lumen/people/{keep.public_id}").content.decode()
    assert "Twin" in page and "Undo merge" in page
    old = owner.get(f"/w/lumen/people/{drop.public_id}")
    assert (old.status_code, old.headers["location"]) == (302, f"/w/lumen/people/{keep.public_id}")
    owner.post(f"/w/lumen/people/{keep.public_id}/merges/{merge.public_id}/undo")
    drop.refresh_from_db()
    assert drop.merged_into is None
    assert "parted again" in owner.get(f"/w/lumen/people/{keep.public_id}").content.decode()


def test_two_are_merged_by_hand_and_what_was_picked_is_shown(owner: Client, now: datetime) -> None:
    Field.objects.create(key="city", label="City")
    keep = make_person("Lin Wei", now=now, traits={"city": "Suzhou"})
    drop = make_person("Lin W.", now=now + timedelta(days=1), traits={"city": "Hangzhou"})
    here = f"/w/lumen/people/{keep.public_id}/merge"
    assert drop.public_id in owner.get(here, {"q": "lin"}).content.decode()
    assert "Hangzhou" in owner.get(here, {"with": drop.public_id}).content.decode()
    picks = {"pick-name": drop.public_id, "pick-trait:city": keep.public_id}
    owner.post(here, {"with": drop.public_id, "keep": keep.public_id, **picks})
    card = queries.card(Person.objects.get(pk=keep.pk))
    assert (card.person.name, [trait.value for trait in card.traits]) == ("Lin W.", ["Suzhou"])
    people.undo_merge(merge=Merge.objects.get(), by=None, now=now)
    assert sorted(Person.objects.values_list("name", flat=True)) == ["Lin W.", "Lin Wei"]


def test_a_pair_is_decided_and_the_decision_is_remembered(owner: Client) -> None:
    one = pair()
    page = owner.get(f"/w/lumen/people/duplicates/{one.public_id}").content.decode()
    assert "each has their own: Customer number" in page
    owner.post(f"/w/lumen/people/duplicates/{one.public_id}", {"decision": "distinct"})
    one.refresh_from_db()
    assert one.state == "distinct" and str(one.by) == "Ann"
    pair()
    assert Pair.objects.get().state == "distinct"
    owner.post(f"/w/lumen/people/duplicates/{one.public_id}", {"decision": "merge"})
    one.refresh_from_db()
    assert one.state == "merged" and Merge.objects.get().rule == "staff"


def test_the_list_of_pairs_costs_the_same_for_one_and_three(owner: Client) -> None:
    counts = []
    for numbers in ([0], [1, 2]):
        for number in numbers:
            pair(number)
        with CaptureQueriesContext(connection) as asked:
            assert owner.get("/w/lumen/people/duplicates").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_somebody_with_a_browser_can_be_edited_and_is_shown_with_it(owner: Client, now: datetime) -> None:
    [answer] = people.link_many([Call([("cookie", "c1"), ("email", "v@example.test")], now)], source="web", now=now)
    visitor = Person.objects.get(pk=answer.person or 0)
    assert owner.get(f"/w/lumen/people/{visitor.public_id}/edit").status_code == 200
    page = owner.get(f"/w/lumen/people/{visitor.public_id}").content.decode()
    assert "Browser" in page and "Only a device" in page
