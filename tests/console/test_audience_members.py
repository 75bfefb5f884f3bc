"""Members of an audience on its pages: looked at, fixed, let go again, and each explained."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from guanxi.audiences import operations as audiences
from guanxi.audiences.models import Audience
from guanxi.commerce.events import ProductBought
from guanxi.connections.models import Bond
from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance.models import Role, Staff, Workspace
from guanxi.kit import clock
from guanxi.people import operations as people
from guanxi.people.models import Person
from guanxi.people.operations import Put
from tests.console.visitors import Visitor, lumen, owner, staff
from tests.factories.people import make_person
from tests.factories.reach import write_lake

__all__ = ["lumen", "owner"]

MEAT = {
    "type": "did",
    "event": "event:product.bought",
    "where": [{"type": "prop", "prop": "prop:department", "op": "is", "value": "MEAT"}],
    "within": {"type": "last_days", "days": 30},
}
RULE = {"version": 1, "where": {"type": "all", "all": [MEAT, {"type": "level", "levels": ["customer", "visitor"]}]}}


@pytest.fixture
def shoppers(lumen: Workspace) -> list[Person]:
    now = clock.now()
    people = [make_person(name, now=now) for name in ("Emma", "Jonas", "Mia")]
    for person, department in zip(people, ("MEAT", "MEAT", "DAIRY"), strict=True):
        fact = ProductBought(person.pk, 1, None, 1250, "CNY", product=f"{department} 500 g", department=department)
        events.announce(fact, at=now)
    write_lake(now)
    return people


@pytest.fixture
def kept(shoppers: Sequence[Person]) -> Audience:
    return audiences.save_audience(name="Meat", rule=RULE, by=None, now=clock.now())


def named(page: str) -> list[str]:
    return [name for name in ("Emma", "Jonas", "Mia") if f">{name}<" in page]


def test_members_are_looked_at_fixed_and_let_go_again(owner: Visitor, kept: Audience) -> None:
    assert "Who is in it is not kept yet" in owner.get("audience_members", kept.public_id)
    owner.post("audience_refresh", kept.public_id)
    assert named(owner.get("audience_members", kept.public_id)) == ["Emma", "Jonas"]
    owner.post("audience_schedule", kept.public_id, status=422, every="7")
    owner.post("audience_schedule", kept.public_id, every="0")
    owner.post("audience_fix", kept.public_id)
    kept.refresh_from_db()
    assert (kept.every, kept.fixed_at is not None, kept.size) == (None, True, 2)
    owner.post("audience_refresh", kept.public_id)
    assert "it keeps its people" in owner.get("audience_members", kept.public_id)
    owner.post("audience_schedule", kept.public_id, every="60")
    kept.refresh_from_db()
    assert (kept.every, kept.fixed_at) == (60, None)


def test_an_interval_that_a_program_set_is_shown_and_kept(owner: Visitor, kept: Audience) -> None:
    audiences.keep_live(audience=kept, every=7, by=None, now=clock.now())
    assert '<option value="7" selected>Every 7 minutes</option>' in owner.get("audience_members", kept.public_id)
    owner.post("audience_schedule", kept.public_id, every="7")
    kept.refresh_from_db()
    assert kept.every == 7
    owner.post("audience_schedule", kept.public_id, status=422, every="8")


def test_members_are_those_whom_the_staff_may_see(owner: Visitor, kept: Audience) -> None:
    north = governance.add_unit(name="North")
    Person.objects.filter(name="Emma").update(unit=north)
    audiences.refresh(audience=kept, now=clock.now())
    assert named(staff(Role.MANAGER, unit=north).get("audience_members", kept.public_id)) == ["Emma"]


def test_why_names_each_clause_with_what_they_have_and_the_rows_behind(
    owner: Visitor, kept: Audience, shoppers: list[Person]
) -> None:
    emma, _, mia = shoppers
    audiences.refresh(audience=kept, now=clock.now())
    page = owner.get("audience_why", kept.public_id, emma.public_id)
    assert [text for text in ("In it", "1 time", "Bought MEAT 500 g", "CN¥12.50", "Visitor") if text not in page] == []
    assert "Does not hold" not in page
    page = owner.get("audience_why", kept.public_id, mia.public_id)
    assert [text for text in ("Not in it", "Does not hold", "0 times") if text not in page] == []
    assert "DAIRY" not in page
    north = governance.add_unit(name="North")
    staff(Role.MANAGER, unit=north).get("audience_why", kept.public_id, emma.public_id, status=404)
    assert "Meat" in owner.get("person", emma.public_id)
    found = owner.get("audience_members", kept.public_id, q="Mia")
    assert f"/why/{mia.public_id}" in found


def test_each_row_behind_a_clause_leads_to_the_page_that_shows_it(
    lumen: Workspace, owner: Visitor, shoppers: list[Person]
) -> None:
    emma, now = shoppers[0], clock.now()
    boss = Staff.objects.get(role=Role.OWNER)
    group = people.create_tag_group(name="Mood", exclusive=False, by=boss, now=now)
    [tag] = people.create_tags(group=group, names=["Warm"], by=boss, now=now)
    people.tag_people(people=[emma.pk], add=[tag], put=Put(by=boss), now=now)
    bond = {"employee": 4.0, "consumer": 4.0, "opinion_leader": 4.0, "inward": 1, "outward": 0}
    Bond.objects.create(person=emma, staff=boss, at=now.timestamp(), **bond)
    write_lake(now)
    with_boss = {"type": "strength", "bands": ["strong"], "of": [boss.public_id]}
    where = {"type": "all", "all": [MEAT, {"type": "tag", "tags": [tag.public_id]}, with_boss]}
    kept = audiences.save_audience(name="Near", rule={"version": 1, "where": where}, by=None, now=now)
    page = owner.get("audience_why", kept.public_id, emma.public_id)
    assert "In it" in page
    assert f"Connection with {boss}: strong" in page
    assert f'/people?tags_any={tag.public_id}"' in page
    [address] = re.findall(r'href="([^"]*show=orders[^"]*)"', page)
    assert f"/people/{emma.public_id}?show=orders&before=" in address
    assert owner.client.get(address).status_code == 200
    shown = owner.get("audiences")
    assert f"connection with “{boss}” is strong" in shown


def test_why_says_which_figure_failed_where_somebody_ranks_and_whether_they_were_drawn(
    lumen: Workspace, owner: Visitor, shoppers: list[Person]
) -> None:
    emma, jonas, _ = shoppers
    event = {"event": "event:product.bought"}
    figures = [{"type": "count", "at_least": 2}, {"type": "sum", "of": "amount", "at_least": 1000}]
    where = {
        "type": "any",
        "any": [
            {"type": "did", **event, "having": figures},
            {"type": "top", "percent": 40, "by": "sum", **event},
            {"type": "share", "percent": 1, "seed": "spring"},
            {"type": "reachable", "channel": "email"},
            {"type": "then", "first": event, "next": event, "gap": {"unit": "days", "number": 3}},
        ],
    }
    kept = audiences.save_audience(name="Odd", rule={"version": 1, "where": where}, by=None, now=clock.now())
    page = owner.get("audience_why", kept.public_id, jonas.public_id)
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page))
    wanted = [
        "1 time Does not hold · amount in total: CN¥12.50",
        "CN¥12.50 · place 2 of 3 · the last one in has: CN¥12.50",
        "Not drawn",
        "Cause: no e-mail address",
        "CN¥12.50 · nothing after it in time",
    ]
    assert [text for text in wanted if text not in said] == []
    assert '<ul class="plain stack mt inset">' in page
    events.announce(ProductBought(emma.pk, 1, None, 990, "CNY", product="Tea"), at=clock.now())
    write_lake(clock.now())
    page = owner.get("audience_why", kept.public_id, emma.public_id)
    assert '<li class="row small inset">' in page
