"""The bar under a list: ticked people or everyone who fits, one change, its page."""

from __future__ import annotations

from datetime import datetime

from guanxi.governance.models import Role, Staff
from guanxi.people import operations as people
from guanxi.people.models import Bulk, Field, Person
from tests.console.visitors import Visitor, lumen, owner, staff
from tests.factories.people import make_person

__all__ = ["lumen", "owner"]


def work(now: datetime) -> Bulk:
    while people.bulk_lane(now=now):
        pass
    return Bulk.objects.latest("pk")


def test_the_filter_is_kept_not_the_people(owner: Visitor, now: datetime) -> None:
    for name in ("Anna", "Bob"):
        make_person(name, now=now)
    page = owner.get("bulk_new", act="owner", every="yes", level="visitor")
    assert "Change 2 people" in page and "Level is Visitor" in page
    make_person("Cem", now=now)
    boss = Staff.objects.get()
    owner.post("bulk_new", act="owner", every="yes", level="visitor", **{"to-owner": boss.public_id})
    assert Bulk.objects.get().chosen["filter"]["level"] == "visitor"
    assert (work(now).changed, Person.objects.filter(owner=boss).count()) == (3, 3)


def test_ticked_people_are_changed_and_the_page_says_what_was_skipped(owner: Visitor, now: datetime) -> None:
    city = Field.objects.create(key="city", label="City")
    ticked = [make_person(name, now=now).public_id for name in ("Anna", "Bob")]
    make_person("Cem", now=now)
    value = {"act": "trait", "to-field": city.public_id, "to-text": "Seoul"}
    at = owner.post("bulk_new", person=ticked, **value)
    of = work(now)
    assert at == f"/w/lumen/people/bulk/{of.public_id}"
    assert "2 people were changed" in owner.get("bulk", of.public_id)
    owner.post("bulk_new", person=ticked, **value)
    assert "2 people: had it already" in owner.get("bulk", work(now).public_id)
    owner.post("bulk_undo", of.public_id)
    work(now)
    assert "2 people are as before" in owner.get("bulk", of.public_id)
    assert owner.get("bulks").count("Set a trait") == 2


def test_nobody_ticked_or_a_wrong_value_starts_nothing(owner: Visitor, now: datetime) -> None:
    field = Field.objects.create(key="day", label="Day", kind="date")
    anna = make_person("Anna", now=now).public_id
    owner.post("bulk_new", act="owner")
    assert "Tick at least one person first." in owner.get("people")
    assert "does not fit the trait" in owner.post(
        "bulk_new", status=422, act="trait", person=[anna], **{"to-field": field.public_id, "to-text": "soon"}
    )
    owner.post("bulk_new", act="owner", status=422, person=[anna], **{"to-owner": "stf_nobody"})
    owner.post("bulk_new", act="explode", person=[anna], status=400)
    assert not Bulk.objects.exists()


def test_only_who_may_change_many_is_offered_it(owner: Visitor, now: datetime) -> None:
    advisor = staff(Role.ADVISOR)
    make_person("Anna", now=now, owner=Staff.objects.get(role=Role.ADVISOR))
    assert 'id="bulk"' in owner.get("people")
    assert 'id="bulk"' not in advisor.get("people")
    operator = staff(Role.OPERATOR).get("people")
    assert 'value="trait"' in operator and 'value="suppress"' not in operator
