"""The suppression list on its page."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from guanxi.governance.models import Suppression, Workspace
from guanxi.people import operations as people
from tests.console.visitors import Visitor, lumen, owner
from tests.factories import channels as make

__all__ = ["lumen", "owner"]


def reasons() -> list[str]:
    return list(Suppression.objects.order_by("pk").values_list("reason", flat=True))


def test_an_address_is_put_on_the_list_and_shown_masked(owner: Visitor, lumen: Workspace, now: datetime) -> None:
    people.create_person(now=now, identities={"email": "emma@example.test"})
    owner.post("suppressions", email=" EMMA@example.test", do="add")
    page = owner.get("suppressions")
    assert "It gets nothing from now on." in page
    assert "e•••@example.test" in page
    assert "staff put them on the list" in page
    assert "emma@" not in page.lower()
    assert bytes(Suppression.objects.get().address) == make.lookup("emma@example.test")
    owner.post("suppressions", email="emma@example.test", do="add")
    assert "on the list already" in owner.get("suppressions")
    assert reasons() == ["manual"]


def test_an_address_of_nobody_is_on_the_list_all_the_same(owner: Visitor) -> None:
    assert "Nobody is on the list" in owner.get("suppressions")
    owner.post("suppressions", email="stranger@example.test", do="add")
    page = owner.get("suppressions")
    assert "of nobody who is known" in page
    assert "stranger" not in page


def test_an_address_is_taken_off_but_never_one_that_complained(owner: Visitor, now: datetime) -> None:
    make.suppress("gone@example.test", now, "hard_bounce")
    make.suppress("angry@example.test", now, "complaint")
    owner.post("suppressions", email="gone@example.test", do="remove")
    assert "Consent decides again" in owner.get("suppressions")
    owner.post("suppressions", email="gone@example.test", do="remove")
    assert "The address is not on the list." in owner.get("suppressions")
    owner.post("suppressions", email="angry@example.test", do="remove")
    assert "Staff cannot take that back" in owner.get("suppressions")
    assert reasons() == ["complaint"]


def test_what_is_no_address_is_refused_with_words(owner: Visitor) -> None:
    for wrong in ("", "nobody", "a@b", "x" * 300 + "@example.test"):
        owner.post("suppressions", email=wrong, do="add", status=422)
    assert "This is not an e-mail address." in owner.post("suppressions", email="nobody", do="add", status=422)
    assert reasons() == []


def test_pages_follow_each_other_and_take_as_many_queries_for_many_as_for_one(owner: Visitor, now: datetime) -> None:
    def counted() -> int:
        owner.get("suppressions")
        with CaptureQueriesContext(connection) as said:
            owner.get("suppressions")
        return len(said)

    people.create_person(now=now, identities={"email": "p0@example.test"})
    make.suppress("p0@example.test", now, "manual")
    one = counted()
    for number in range(1, 60):
        people.create_person(now=now, identities={"email": f"p{number}@example.test"})
        make.suppress(f"p{number}@example.test", now + timedelta(minutes=number), "manual")
    assert counted() == one
    first = owner.client.get("/w/lumen/settings/suppressions")
    second = owner.client.get("/w/lumen/settings/suppressions" + first.context["next"])
    found = [row[0].public_id for page in (first, second) for row in page.context["listed"]]
    assert found == list(Suppression.objects.order_by("-pk").values_list("public_id", flat=True))
    assert second.context["next"] == ""
    owner.get("suppressions", after="sup_x", status=400)
