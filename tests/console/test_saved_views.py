"""The list of people as its address says it: columns, orders, and views under a name."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from guanxi.governance.models import AuditEntry, Role, Staff, Workspace
from guanxi.people.models import Field, FirstView, SavedView, Trait
from tests.console.visitors import Visitor, lumen, owner, staff
from tests.factories.people import make_person, make_unit

__all__ = ["lumen", "owner"]
EVERY = "phone,email,level,owner,unit,language,country,seen,added"


def listed(visitor: Visitor, **asked: str) -> list[list[str]]:
    answer = visitor.client.get(reverse("people", args=["lumen"]), asked)
    assert answer.status_code == 200
    return [[row["name"], *(str(cell.text) for cell in row["cells"])] for row in answer.context["rows"]]


def tabs(visitor: Visitor, **asked: str) -> list[tuple[str, bool]]:
    answer = visitor.client.get(reverse("people", args=["lumen"]), asked or {"view": "all"})
    return [(tab["label"], tab["current"]) for tab in answer.context["tabs"]]


def act(visitor: Visitor, view: SavedView, do: str, status: int = 302, **more: str) -> str:
    return visitor.post("view_change", view.public_id, status=status, do=do, **more)


def test_columns_stand_in_the_order_of_the_address_and_unknown_ones_are_left_out(owner: Visitor, now: datetime) -> None:
    city = Field.objects.create(key="city", label="City")
    anna = make_person("Anna", now=now, unit=make_unit("Store"))
    Trait.objects.create(person=anna, field=city, value="Seoul")
    assert listed(owner, cols="trait:city,unit,nonsense,level") == [["Anna", "Seoul", "Store", "Visitor"]]
    assert listed(owner, cols="nonsense") == listed(owner)


def test_each_order_pages_without_gap_or_repeat(owner: Visitor, now: datetime) -> None:
    for number, name in enumerate(["Bea", "Ada", "Cem"]):
        make_person(name, now=now + timedelta(minutes=number))
    found = {sort: [row[0] for row in listed(owner, sort=sort)] for sort in ("name", "name_back", "newest", "oldest")}
    assert found == {
        "name": ["Ada", "Bea", "Cem"],
        "name_back": ["Cem", "Bea", "Ada"],
        "newest": ["Cem", "Ada", "Bea"],
        "oldest": ["Bea", "Ada", "Cem"],
    }


def test_the_list_takes_as_many_queries_for_three_as_for_one_with_every_column(owner: Visitor, now: datetime) -> None:
    fields = [Field.objects.create(key=f"f{number}", label=f"F{number}") for number in range(3)]
    cols = EVERY + "".join(f",trait:{one.key}" for one in fields)
    counted = []
    for names in (["Anna"], ["Bob", "Cem"]):
        for name in names:
            person = make_person(name, now=now, unit=make_unit(name), owner=Staff.objects.get(), language="ko")
            for field in fields:
                Trait.objects.create(person=person, field=field, value=name)
        with CaptureQueriesContext(connection) as said:
            rows = listed(owner, cols=cols)
        counted.append(len(said))
    assert [row[-3:] for row in rows] == [["Anna"] * 3, ["Bob"] * 3, ["Cem"] * 3]
    assert counted[0] == counted[1] <= 30


def test_a_view_keeps_filter_order_and_columns_and_is_a_tab(owner: Visitor, now: datetime) -> None:
    make_person("Anna", now=now)
    to = owner.post("view_new", name="  My   visitors ", level="visitor", sort="newest", cols="email,level")
    view = SavedView.objects.get()
    assert (view.name, view.shared) == ("My visitors", False)
    kept = {name: value for name, value in view.asked.items() if value}
    assert kept == {"level": "visitor", "sort": "newest", "cols": "email,level"}
    assert to == f"/w/lumen/people?level=visitor&sort=newest&cols=email,level&view={view.public_id}"
    assert tabs(owner) == [("All people", True), ("My visitors", False)]
    assert tabs(owner, view=view.public_id) == [("All people", False), ("My visitors", True)]
    assert not AuditEntry.objects.exists()


def test_who_may_share_changes_what_all_see_and_it_is_audited(owner: Visitor, now: datetime) -> None:
    advisor = staff(Role.ADVISOR)
    owner.post("view_new", name="Customers", level="customer", shared="yes")
    view = SavedView.objects.get()
    assert tabs(advisor) == [("All people", True), ("Customers", False)]
    act(advisor, view, "rename", name="Mine now")
    act(advisor, view, "delete")
    advisor.post("view_new", name="For all", shared="yes")
    assert [one.name for one in SavedView.objects.all()] == ["Customers"]
    act(owner, view, "rename", name="Buyers")
    act(owner, view, "save", level="fan")
    act(owner, view, "unshare")
    assert tabs(advisor) == []
    act(owner, view, "delete")
    acts = list(AuditEntry.objects.filter(act__startswith="view").order_by("number").values_list("act", flat=True))
    assert acts == ["view.shared", "view.changed", "view.changed", "view.unshared"]
    assert not SavedView.objects.exists()


def test_nobody_touches_a_private_view_of_somebody_else(owner: Visitor) -> None:
    advisor = staff(Role.ADVISOR)
    advisor.post("view_new", name="Mine")
    view = SavedView.objects.get()
    assert tabs(owner) == []
    for do in ("rename", "save", "delete", "first"):
        act(owner, view, do, status=404, name="Yours")
    assert SavedView.objects.get().name == "Mine"


def test_the_list_opens_with_the_view_that_was_chosen(owner: Visitor, lumen: Workspace) -> None:
    owner.post("view_new", name="Fans", level="fan")
    view = SavedView.objects.get()
    act(owner, view, "first")
    answer = owner.client.get("/w/lumen/people")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/w/lumen/people?level=fan&view={view.public_id}")
    assert owner.client.get("/w/lumen/people?view=all").status_code == 200
    act(owner, view, "not_first")
    assert owner.client.get("/w/lumen/people").status_code == 200
    act(owner, view, "first")
    act(owner, view, "delete")
    assert not FirstView.objects.exists()


def test_a_shared_view_of_an_owner_whom_the_reader_does_not_see_fits_nobody(owner: Visitor, now: datetime) -> None:
    boss, advisor = Staff.objects.get(), staff(Role.ADVISOR)
    make_person("Anna", now=now, owner=Staff.objects.get(role=Role.ADVISOR))
    asked = {"owner": boss.public_id}
    assert listed(advisor) != []
    assert listed(advisor, **asked) == []
    assert "not there, or not for you" in advisor.get("people", **asked)


def test_bad_views_are_refused_with_words(owner: Visitor) -> None:
    owner.post("view_new", name="   ")
    assert "Write a name for the view." in owner.get("people")
    owner.post("view_new", name="x" * 200)
    view = SavedView.objects.get()
    assert len(view.name) == 80
    assert act(owner, view, "explode", status=400)
    assert owner.post("view_new", name="Bad", sort="sideways", status=404)
