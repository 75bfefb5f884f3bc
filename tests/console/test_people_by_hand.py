"""People made and edited on pages."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guanxi.acquisition.models import EventName
from guanxi.console.people.timeline import timeline, told
from guanxi.events.queries import TimelineEntry
from guanxi.governance import operations as governance
from guanxi.governance.models import Role, Staff, User, Workspace
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Field, Identity, Note, Person, Trait
from tests.console.visitors import Visitor, lumen, owner, visitor

__all__ = ["lumen", "owner"]

ADDRESS = "emma@example.test"


@pytest.fixture
def emma(lumen: Workspace, now: datetime) -> Person:
    return people.create_person(now=now, name="Emma Fischer", identities={"email": ADDRESS, "phone": "+8613812342210"})


def member(role: Role, **given: object) -> Staff:
    return governance.add_staff(email=f"{role}@example.test", name=f"The {role}", role=role, **given)  # type: ignore[arg-type]


def version(page: str) -> str:
    found = re.search(r'name="version" value="(\w+)"', page)
    assert found
    return found[1]


def held(person: Person) -> list[str]:
    ids = Identity.objects.filter(person=person).order_by("kind").values_list("pk", flat=True)
    return sorted(queries.addresses_of(list(ids)).values())


def test_a_person_is_made_with_everything_that_is_known(owner: Visitor, lumen: Workspace) -> None:
    Field.objects.create(key="vip", label="VIP", kind="yes_no")
    here = governance.add_unit(name="Store 014")
    sent = {
        "name": "  Emma   Fischer ", "add_email": "EMMA@example.test", "add_phone": "138 1234 2210",
        "add_customer_number": "C-1", "language": "ko", "country": "CN", "unit": here.public_id, "trait_vip": "yes",
    }  # fmt: skip
    onward = owner.post("person_new", **sent)
    made = Person.objects.get()
    assert onward.endswith(made.public_id)
    assert (made.name, made.language, made.country, made.unit, made.source) == (
        *("Emma Fischer", "ko", "CN", here, "staff"),
    )
    assert held(made) == ["+8613812342210", "C-1", ADDRESS]
    assert list(Trait.objects.values_list("value", flat=True)) == ["yes"]
    assert "Emma Fischer is added." in owner.get("person", made.public_id)


def test_nothing_and_nonsense_are_refused_with_words(owner: Visitor) -> None:
    assert "by what should they be found?" in owner.post("person_new", status=422)
    page = owner.post("person_new", name="a\u0007b", add_email="nobody", add_phone="12", country="XX", status=422)
    for said in ("cannot be seen", "This is not an e-mail address.", "Write it with its country code"):
        assert said in page
    long = owner.post("person_new", add_customer_number="\ufdfa" * 100, status=422)
    assert "This number is too long." in long
    assert Person.objects.count() == 0


def test_the_page_never_holds_an_address_in_clear(owner: Visitor, emma: Person) -> None:
    page = owner.get("person_edit", emma.public_id)
    assert "Now e•••@example.test. Leave this empty to keep it." in page
    assert ADDRESS not in page
    assert "13812342210" not in page


def test_what_is_left_empty_stays_and_a_tick_removes(owner: Visitor, emma: Person) -> None:
    phone = Identity.objects.get(kind="phone").public_id
    mark = version(owner.get("person_edit", emma.public_id))
    sent = {"version": mark, "name": "Emma F", f"drop_{phone}": "on"}
    owner.post("person_edit", emma.public_id, **sent)  # type: ignore[arg-type]
    assert held(emma) == [ADDRESS]
    assert Person.objects.get().name == "Emma F"


def test_an_address_is_replaced_by_the_one_that_is_typed(owner: Visitor, emma: Person) -> None:
    email = Identity.objects.get(kind="email").public_id
    mark = version(owner.get("person_edit", emma.public_id))
    sent = {"version": mark, "name": "Emma", f"new_{email}": "new@example.test"}
    owner.post("person_edit", emma.public_id, **sent)  # type: ignore[arg-type]
    assert held(emma) == ["+8613812342210", "new@example.test"]


def test_an_address_of_someone_else_leads_to_them_if_one_may_see_them(
    owner: Visitor, lumen: Workspace, emma: Person, now: datetime
) -> None:
    page = owner.post("person_new", name="Again", add_email=ADDRESS, status=422)
    assert "Someone else has this already." in page
    assert f"/people/{emma.public_id}" in page
    advisor = member(Role.ADVISOR)
    page = visitor(advisor.user.email).post("person_new", name="Again", add_email=ADDRESS, status=422)
    assert "You do not look after that person." in page
    assert emma.public_id not in page
    assert "Emma" not in page


def test_an_editor_who_comes_late_is_told_and_overwrites_nothing(owner: Visitor, emma: Person) -> None:
    mark = version(owner.get("person_edit", emma.public_id))
    owner.post("person_edit", emma.public_id, version=mark, name="First")
    page = owner.post("person_edit", emma.public_id, version=mark, name="Second", status=409)
    assert "someone else changed this person in the meantime" in page
    assert 'value="Second"' in page
    assert Person.objects.get().name == "First"
    owner.post("person_edit", emma.public_id, name="No mark", status=409)


def test_an_advisor_owns_whom_they_add_and_gives_nobody_away(lumen: Workspace, now: datetime) -> None:
    unit = governance.add_unit(name="Store 014")
    advisor, other = (
        member(Role.ADVISOR, unit=unit),
        governance.add_staff(email="other@example.test", name="Other", role=Role.ADVISOR),
    )
    here = visitor(advisor.user.email)
    here.post("person_new", name="Mine", owner=other.public_id)
    mine = Person.objects.get()
    assert (mine.owner, mine.unit) == (advisor, unit)
    page = here.get("person_edit", mine.public_id)
    assert 'name="owner"' not in page
    here.post("person_edit", mine.public_id, version=version(page), name="Mine", owner=other.public_id)
    assert Person.objects.get().owner == advisor


def test_a_manager_places_people_in_the_unit_and_below_only(lumen: Workspace) -> None:
    north, south = governance.add_unit(name="North"), governance.add_unit(name="South")
    here = visitor(member(Role.MANAGER, unit=north).user.email)
    here.post("person_new", name="Away", unit=south.public_id, status=422)
    here.post("person_new", name="Away", status=422)
    here.post("person_new", name="Near", unit=north.public_id)
    assert list(Person.objects.values_list("name", "unit__name")) == [("Near", "North")]


def test_only_who_may_edit_is_offered_it(owner: Visitor, emma: Person) -> None:
    assert "New person" in owner.get("people")
    analyst = visitor(member(Role.ANALYST).user.email)
    assert "New person" not in analyst.get("people")
    assert "/edit" not in analyst.get("person", emma.public_id)
    assert "/edit" in owner.get("person", emma.public_id)


@pytest.mark.parametrize("language", ["zh-hans", "ko"])
def test_the_form_speaks_the_language(owner: Visitor, emma: Person, language: str) -> None:
    governance.set_appearance(user=User.objects.get(email="owner@example.test"), language=language)
    page = owner.get("person_edit", emma.public_id)
    assert "Leave this empty" not in page
    assert "Save person" not in page


def test_a_note_stands_in_the_timeline_with_its_writer(owner: Visitor, emma: Person) -> None:
    owner.post("note_new", emma.public_id, text="<b>Likes</b> tea\n\nand cake")
    for page in (owner.client.get(f"/w/lumen/people/{emma.public_id}{show}") for show in ("", "?show=notes")):
        assert "&lt;b&gt;Likes&lt;/b&gt; tea" in page.content.decode()
        assert "Note by Lin Yao" in page.content.decode()
    assert "Likes" not in owner.get("person", emma.public_id, show="orders")
    note = Note.objects.get()
    analyst = visitor(member(Role.ANALYST).user.email)
    read = analyst.get("person", emma.public_id)
    assert "Likes" in read
    assert "Add note" not in read
    operator = visitor(member(Role.OPERATOR).user.email)
    assert note.public_id not in operator.get("person", emma.public_id)
    operator.post("note_remove", emma.public_id, note.public_id)
    assert Note.objects.count() == 1
    owner.post("note_remove", emma.public_id, note.public_id)
    assert Note.objects.count() == 0


def test_a_note_that_is_too_long_is_kept_on_the_page(owner: Visitor, emma: Person) -> None:
    page = owner.post("note_new", emma.public_id, text="x" * 4_001, status=422)
    assert "A note holds 4,000 characters at most." in page
    assert "x" * 4_001 in page
    assert f'href="/w/lumen/people/{emma.public_id}?show=notes"' in page


def test_a_note_with_a_nul_comes_back_with_its_text(owner: Visitor, emma: Person) -> None:
    page = owner.post("note_new", emma.public_id, text="Likes\x00 green tea", status=422)
    assert "Likes green tea</textarea>" in page and "was taken out of the text" in page
    assert not Note.objects.exists()


def test_many_notes_stand_page_by_page_and_say_so_among_everything(
    owner: Visitor, lumen: Workspace, emma: Person, now: datetime
) -> None:
    by = Staff.objects.get()
    for number in range(35):
        people.add_note(person=emma, by=by, text=f"N{number:02}", now=now + timedelta(hours=number))
    assert timeline(emma, by).items[-1].title == "More notes stand under Notes."
    first = timeline(emma, by, kind="notes")
    second = timeline(emma, by, kind="notes", before=first.older)
    found = [item.note.text for item in [*first.items, *second.items] if item.note]
    assert found == [f"N{number:02}" for number in range(34, -1, -1)]
    assert second.older == ""
    owner.get("person", emma.public_id, show="notes", before="20261121T000000.000000-00", status=400)


def test_more_notes_take_no_more_queries(
    owner: Visitor, emma: Person, now: datetime, django_assert_num_queries: Any
) -> None:
    by = Staff.objects.get()
    people.add_note(person=emma, by=by, text="One", now=now)
    owner.get("person", emma.public_id)
    with CaptureQueriesContext(connection) as counted:
        owner.get("person", emma.public_id)
    for number in range(3):
        people.add_note(person=emma, by=by, text=str(number), now=now)
    with django_assert_num_queries(len(counted)):
        owner.get("person", emma.public_id)


def test_more_levels_proven_by_a_site_take_no_more_queries(
    owner: Visitor, emma: Person, now: datetime, django_assert_num_queries: Any
) -> None:
    def proven(number: int) -> None:
        proof = people.Proof(emma.pk, now, number, f"track.seen_{number}")
        people.prove_level(level="interactor", proof="event.sent", proofs=[proof], now=now)

    def reached(number: int) -> TimelineEntry:
        props = {"level": "interactor", "proof": "event.sent", "label": f"track.seen_{number}"}
        return TimelineEntry(b"", "level.reached", now, None, None, None, None, None, props)

    ann = Staff.objects.earliest("pk")
    EventName.objects.create(key="track.seen_1", name="Seen 1", first_seen_at=now, last_seen_at=now)
    proven(1)
    owner.get("person", emma.public_id)
    with CaptureQueriesContext(connection) as counted:
        owner.get("person", emma.public_id)
    proven(2)
    proven(3)
    with django_assert_num_queries(len(counted)):
        assert "an event of theirs: Seen 1" in owner.get("person", emma.public_id)
    with django_assert_num_queries(1):
        items = told([reached(number) for number in (1, 2, 3)], ann)
    assert [item.more for item in items[:2]] == ["an event of theirs: Seen 1", "an event of theirs: track.seen_2"]


def test_an_id_of_another_kind_is_typed_found_and_removed(lumen: Workspace, owner: Visitor) -> None:
    owner.post("person_new", name="Lin", id_kind="openid", id_value="oX1", id_within="wx-app")
    lin = Person.objects.get()
    [one] = Identity.objects.all()
    assert (one.kind, one.within, one.person) == ("openid", "wx-app", lin)
    assert "Lin" in owner.get("people", q="oX1") and "Lin" in owner.get("find", q="oX1")
    page = owner.get("person_edit", lin.public_id)
    [version] = set(re.findall(r'name="version" value="(\w+)"', page))
    assert "Remove WeChat openid #" in page and "By hand" in owner.get("person", lin.public_id)
    sent = {"name": "Lin", "version": version, f"drop_{one.public_id}": "on"}
    owner.post("person_edit", lin.public_id, **sent, id_kind="plate", id_value="沪A·12345")
    assert list(Identity.objects.values_list("kind", flat=True)) == ["plate"]


def test_an_id_that_cannot_be_one_is_said_at_its_field(lumen: Workspace, owner: Visitor) -> None:
    for kind, value, within, said in (
        ("plate", "A-1", "", "This is not a plate number."),
        ("openid", "oX1", "", "Ids of this kind need this"),
        ("unionid", "u-1", "wx-app", "Leave this empty."),
        ("device", "", "", "Type the id."),
        ("", "u-1", "", "Which kind of id is it?"),
        ("device", "d" * 130, "", "It is too long."),
    ):
        page = owner.post("person_new", name="Lin", id_kind=kind, id_value=value, id_within=within, status=422)
        assert said in page, kind
    assert not Person.objects.exists()
    owner.post("person_new", id_kind="plate", id_value="沪A12345")
    page = owner.post("person_new", id_kind="plate", id_value="沪a·12345", status=422)
    assert "Someone else has this already." in page


def test_a_second_id_where_a_person_has_one_is_refused_by_the_name_of_the_first(
    lumen: Workspace, owner: Visitor, now: datetime
) -> None:
    ids = {"a": ("customer_number", "C-7"), "b": ("wecom", "wmAb12cd34", "ww1")}
    lin = people.create_person(now=now, name="Lin", ids=ids)
    page = owner.get("person_edit", lin.public_id)
    assert "add_customer_number" not in page and "add_email" in page
    typed: dict[str, Any] = {"name": "Lin", "version": queries.version(lin), "id_kind": "wecom"}
    page = owner.post("person_edit", lin.public_id, **typed, id_value="wmXy", id_within="ww1", status=422)
    shown = queries.masked(Identity.objects.select_related("person").get(kind="wecom"), lin)
    assert f"A person has only one WeCom external user, and {shown} is there. Remove it first." in page
    owner.post("person_edit", lin.public_id, **typed, id_value="wmXy", id_within="ww2")
    number, first = Identity.objects.get(kind="customer_number"), Identity.objects.get(within="ww1")
    typed["version"] = queries.version(lin)
    changes: dict[str, Any] = {f"new_{number.public_id}": "C-8", f"drop_{first.public_id}": "on"}
    owner.post("person_edit", lin.public_id, **typed, **changes, id_value="wmZz", id_within="ww1")
    assert sorted(Identity.objects.values_list("kind", "within", "plain")) == [
        ("customer_number", "", "C-8"),
        ("wecom", "ww1", ""),
        ("wecom", "ww2", ""),
    ]
