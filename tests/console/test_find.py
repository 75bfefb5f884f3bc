"""One field that finds people, pages and actions, within what the role may do and the staff may see."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from guanxi.governance import operations as governance
from guanxi.governance.models import Role, Staff, User, Workspace
from guanxi.people.models import Person
from tests.console.visitors import Visitor, lumen, owner, staff
from tests.factories.people import make_person

__all__ = ["lumen", "owner"]


def found(visitor: Visitor, text: str) -> dict[str, list[str]]:
    answer = visitor.client.get(reverse("find", args=["lumen"]), {"q": text}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return {group["label"]: [label(item) for item in group["items"]] for group in answer.context["groups"]}


def label(item: Any) -> str:
    return str(item["label"] if isinstance(item, dict) else item.label)


def test_people_are_found_by_name_whole_address_and_last_four_digits(owner: Visitor, now: datetime) -> None:
    make_person("王小明", now=now, identities={"email": "wang@example.test", "phone": "138 0000 2210"})
    make_person("Anna Müller", now=now)
    for text in ("小明", "wang@example.test", "13800002210", "2210"):
        assert found(owner, text) == {"People": ["王小明"]}, text
    assert found(owner, "wang@example") == {}


@pytest.mark.parametrize("language", ["en", "zh-hans", "ko"])
def test_a_page_is_found_by_its_name_in_any_language(owner: Visitor, language: str) -> None:
    governance.set_appearance(user=User.objects.get(email="owner@example.test"), language=language)
    urls = {}
    for text in ("broadc", "群发", "단체"):
        answer = owner.client.get(reverse("find", args=["lumen"]), {"q": text})
        urls[text] = {item.url for group in answer.context["groups"] for item in group["items"]}
    assert all(reverse("broadcasts", args=["lumen"]) in one for one in urls.values()), urls


def test_nobody_is_offered_what_the_role_may_not_do(lumen: Workspace, now: datetime) -> None:
    make_person("Anna", now=now)
    advisor, integrator = staff(Role.ADVISOR), staff(Role.INTEGRATOR)
    mine = make_person("Anne", now=now, owner=Staff.objects.get(role=Role.ADVISOR))
    assert found(advisor, "ann") == {"People": [mine.name]}
    assert found(advisor, "new") == {"Actions": ["New person"]}
    assert found(integrator, "ann") == {}
    offered = found(integrator, "")
    assert {"New import", "Connect a channel"} <= {*offered["Actions"]}
    assert {"Home", "Imports", "Channels"} <= {*offered["Pages"]}
    assert not {"New person", "New broadcast", "Add staff", "People", "Broadcasts", "Workspace"} & {
        *offered["Actions"],
        *offered["Pages"],
    }


def test_an_empty_field_offers_who_was_opened_last(owner: Visitor, now: datetime) -> None:
    anna, bob = make_person("Anna", now=now), make_person("Bob", now=now)
    for one in (anna, bob, anna):
        owner.get("person", one.public_id)
    assert found(owner, "")["Opened last"] == ["Anna", "Bob"]
    Person.objects.filter(pk=anna.pk).delete()
    assert found(owner, "")["Opened last"] == ["Bob"]


def test_without_script_the_field_leads_to_a_page(owner: Visitor, now: datetime) -> None:
    make_person("Anna", now=now)
    assert "<h1>Search</h1>" in owner.get("find", q="ann") and "Anna" in owner.get("find", q="ann")
    assert "Nothing fits" in owner.get("find", q="zzz")


def test_finding_takes_as_many_queries_for_three_as_for_one(owner: Visitor, now: datetime) -> None:
    counted = []
    for names in (["Anna"], ["Annika", "Anne"]):
        for name in names:
            make_person(name, now=now)
        with CaptureQueriesContext(connection) as said:
            found(owner, "ann")
        counted.append(len(said))
    assert counted[0] == counted[1] <= 12


def test_the_frame_is_remembered_by_the_browser_and_nothing_else_is_taken(owner: Visitor) -> None:
    url = reverse("set_frame")
    assert (
        owner.client.post(url, {"side": "narrow", "next": "/w/lumen/people"}).headers["Location"] == "/w/lumen/people"
    )
    owner.client.post(url, {"keys": "off", "density": "roomy"})
    page = owner.get("people")
    assert all(word in page for word in ('data-side="narrow"', 'data-keys="off"', 'data-density="comfortable"'))
    assert owner.client.post(url, {"side": "sideways"}).status_code == 400
    assert owner.client.post(url, {}).status_code == 400
