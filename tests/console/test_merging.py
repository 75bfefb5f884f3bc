"""Merges and possible duplicates on their pages."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from guanxi.acquisition.models import Source
from guanxi.console.people.timeline import timeline
from guanxi.governance.models import Staff, Workspace
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


def test_the_timeline_names_who_became_the_person_and_links_who_is_themselves_again(owner: Client) -> None:
    ann, reader = Staff.objects.get(), make_staff("Max", "advisor")
    keep, drop, other = (make_person(name, now=NOW, owner=reader) for name in ("Lin Wei", "Twin", "Third"))

    def said() -> list[tuple[str, str]]:
        items = timeline(keep, reader).items
        return [(item.title, item.person.name if item.person else "") for item in items if item.icon == "link"]

    people.merge_people(keep=keep, drop=drop, by=ann, now=NOW)
    with CaptureQueriesContext(connection) as one:
        assert said() == [("Twin became this person", "")]
    merge = people.merge_people(keep=keep, drop=other, by=ann, now=NOW + timedelta(hours=1))
    people.undo_merge(merge=merge, by=ann, now=NOW + timedelta(hours=2))
    with CaptureQueriesContext(connection) as three:
        assert said()[:2] == [("A merge was undone: Third", "Third"), ("Third became this person", "Third")]
    assert len(three) == len(one)
    Person.objects.filter(pk=other.pk).update(owner=ann)
    assert said()[:2] == [("A merge was undone", ""), ("Somebody else became this person", "")]
    assert (
        f'href="/w/lumen/people/{other.public_id}"' in owner.get(f"/w/lumen/people/{keep.public_id}").content.decode()
    )


def test_a_conflict_says_which_id_came_when_and_from_where(owner: Client) -> None:
    shop = Source.objects.create(name="Shop of Suzhou", kind="server", created_at=NOW)
    for customer in ("7", "8"):
        ids = [("customer_number", customer), ("email", "lin@example.test")]
        people.link_many(
            [Call(ids, NOW, event="24b51938", sender=shop.public_id, said="identify")], source="intake", now=NOW
        )
    page = owner.get(f"/w/lumen/people/duplicates/{Pair.objects.get().public_id}").content.decode()
    assert "E-mail l•••@example.test came with both, but each has their own: Customer number" in page
    assert "Shop of Suzhou · Said who they are · 21 Nov 2026 12:00" in page
    listed = owner.get("/w/lumen/people/duplicates").content.decode()
    assert "E-mail l•••@example.test came with both" in listed and "24b51938" not in page + listed


def test_a_merge_by_an_event_names_its_source_and_the_event(owner: Client) -> None:
    shop = Source.objects.create(name="Shop of Suzhou", kind="server", created_at=NOW)
    for ids in ([("customer_number", "7")], [("email", "lin@example.test")]):
        people.link_many([Call(ids, NOW)], source="intake", now=NOW)
    both = Call([("customer_number", "7"), ("email", "lin@example.test")], NOW, event="24b51938")
    both.sender, both.said = shop.public_id, "Order Completed"
    people.link_many([both], source="intake", now=NOW)
    page = owner.get(f"/w/lumen/people/{Merge.objects.get().keep.public_id}").content.decode()
    assert "Shop of Suzhou · Order Completed" in page and "24b51938" not in page


def test_two_who_each_have_their_own_are_merged_with_a_warning(owner: Client) -> None:
    one, other = (make_person(f"Lin {n}", now=NOW, identities={"customer_number": n}) for n in ("7", "8"))
    page = owner.get(f"/w/lumen/people/{one.public_id}/merge?with={other.public_id}").content.decode()
    assert "Each has their own: Customer number" in page
    third = make_person("Lin", now=NOW)
    page = owner.get(f"/w/lumen/people/{one.public_id}/merge?with={third.public_id}").content.decode()
    assert "Each has their own" not in page


@pytest.mark.parametrize("from_a_pair", [True, False])
def test_a_merge_in_a_second_tab_says_that_they_are_one_already(owner: Client, from_a_pair: bool) -> None:
    of = pair()
    here = f"/w/lumen/people/{of.first.public_id}/merge"
    if from_a_pair:
        here = f"/w/lumen/people/duplicates/{of.public_id}"
    form = {"decision": "merge", "with": of.second.public_id, "keep": of.second.public_id}
    owner.post(here, form)
    again = owner.post(here, form, follow=True)
    assert again.redirect_chain == [(f"/w/lumen/people/{of.second.public_id}", 302)]
    assert "They are one person already." in again.content.decode()
    assert Merge.objects.count() == 1


def test_who_became_somebody_else_meanwhile_is_not_merged_with_the_first(owner: Client) -> None:
    one, other, third = (make_person(name, now=NOW) for name in ("Lin", "Kim", "Ann"))
    people.merge_people(keep=third, drop=other, by=None, now=NOW)
    answer = owner.post(f"/w/lumen/people/{one.public_id}/merge", {"with": other.public_id}, follow=True)
    assert answer.redirect_chain == [(f"/w/lumen/people/{third.public_id}", 302)]
    assert "One of them was merged or erased meanwhile." in answer.content.decode()
    assert Merge.objects.count() == 1
