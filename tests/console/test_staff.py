"""Staff come in by invitation, change their place, and are let in again, as the pages do it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import AuditEntry, Authenticator, Role, Staff, Unit, User, Workspace
from guanxi.kit import clock
from guanxi.people import operations as people
from guanxi.people.models import Person
from tests.console.visitors import Visitor, lumen, owner, staff, visitor

__all__ = ["lumen", "owner"]

GOOD = "river lamp seven umbrellas"
TOM = {"name": "Tom", "email": "tom@example.test", "role": "advisor", "unit": ""}


def link_in(page: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/(?:join|sign-in)/[\w-]+)", page)
    assert found, page
    return found[1]


def invited(owner: Visitor, **given: str) -> str:
    return link_in(owner.post("staff_new", status=200, **TOM | given))


def place(email: str = "tom@example.test") -> Staff:
    return Staff.objects.get(user__email=email)


def stale(who: Visitor) -> Visitor:
    session = who.client.session
    session["proved_at"] = (clock.wall() - timedelta(minutes=11)).isoformat()
    session.save()
    return who


def test_who_is_invited_sets_name_language_and_password_and_is_in(owner: Visitor) -> None:
    link = invited(owner)
    client = Client()
    page = client.get(link).content.decode()
    assert "tom@example.test" in page
    assert 'value="Tom"' in page
    sent = {"name": "Tom Becker", "language": "ko", "password": GOOD}
    weak = client.post(link, sent | {"password": "short"})
    assert (weak.status_code, "This is too short." in weak.content.decode()) == (422, True)
    assert client.post(link, sent | {"password": ""}).status_code == 422
    assert client.post(link, sent).headers["Location"] == "/w/lumen/"
    home = client.get("/w/lumen/")
    assert (home.status_code, home.headers["Content-Language"]) == (200, "ko")
    assert Client().get(link).status_code == 410
    assert Client().post("/sign-in", {"email": "tom@example.test", "password": GOOD}).status_code == 302


def test_a_new_login_may_take_a_passkey_instead(owner: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "BASE_URL", "http://localhost")
    page = owner.post("staff_new", status=200, **TOM)
    path = re.search(r"http://localhost(/join/[\w-]+)", page)
    assert path
    client = Client(SERVER_NAME="localhost")
    answer = client.post(path[1], {"name": "Tom", "language": "en", "password": ""})
    assert answer.headers["Location"] == "/account#passkeys"
    assert client.get("/account").status_code == 200


def test_a_login_that_is_in_use_signs_in_and_joins(owner: Visitor) -> None:
    tom = User.objects.create_user(email="tom@example.test", name="Tom", password=GOOD)
    governance.create_workspace(name="Other", owner=tom)
    link = invited(owner)
    assert Client().get(link).headers["Location"] == f"/sign-in?next={link.replace('/', '%2F')}"
    assert owner.client.get(link).status_code == 403
    assert owner.client.post(link).status_code == 403
    theirs = visitor("tom@example.test").client
    assert theirs.get("/w/lumen/").status_code == 404
    assert theirs.get(link).status_code == 200
    assert theirs.post(link).headers["Location"] == "/w/lumen/"
    assert theirs.get("/w/lumen/").status_code == 200


def test_a_second_invitation_ends_the_first_and_it_can_be_taken_back(owner: Visitor) -> None:
    first = invited(owner)
    second = link_in(owner.post("staff_invite", place().public_id, status=200))
    assert [Client().get(link).status_code for link in (first, second)] == [404, 200]
    assert "invited until" in owner.get("staff")
    owner.post("staff_withdraw", place().public_id)
    assert Client().get(second).status_code == 404
    assert "tom@example.test" not in owner.get("staff")
    assert "on the list already" in owner.post("staff_new", status=422, **TOM | {"email": "owner@example.test"})


def test_a_role_that_is_changed_holds_from_the_next_page_on(owner: Visitor) -> None:
    tom = staff(Role.OPERATOR)
    tom.get("imports")
    member = place("operator@example.test")
    owner.post("staff_member", member.public_id, role="analyst", unit="")
    assert tom.client.get("/w/lumen/imports").status_code == 403
    assert "last owner" in owner.post("staff_member", place("owner@example.test").public_id, status=422, role="advisor")


def test_units_beside_each_other_have_different_names_and_an_empty_one_can_go(owner: Visitor, now: datetime) -> None:
    owner.post("unit_new", name="East", parent="")
    assert "of this name" in owner.post("unit_new", name="east", parent="", status=422)
    east = Unit.objects.get()
    owner.post("unit_new", name="East", parent=east.public_id)
    owner.post("unit_new", name="West", parent="")
    west = Unit.objects.get(name="West")
    assert "of this name" in owner.post("unit", west.public_id, name="East", status=422)
    owner.post("unit", west.public_id, name="North")
    person = people.create_person(name="Lin", unit=west, now=now)
    owner.post("unit_remove", west.public_id)
    owner.post("unit_remove", east.public_id)
    assert sorted(Unit.objects.values_list("name", flat=True)) == ["East", "East", "North"]
    Person.objects.filter(pk=person.pk).update(unit=None)
    owner.post("unit_remove", west.public_id)
    assert not Unit.objects.filter(name="North").exists()
    assert list(
        AuditEntry.objects.filter(act__startswith="unit.").order_by("number").values_list("act", flat=True)
    ) == [
        *["unit.added"] * 3,
        "unit.renamed",
        "unit.removed",
    ]


def test_what_opens_a_login_needs_a_fresh_proof(owner: Visitor) -> None:
    staff(Role.ADVISOR)
    member = place("advisor@example.test")
    stale(owner)
    for route in ("staff_link", "staff_one_step", "staff_access", "staff_leave"):
        assert owner.post(route, member.public_id).startswith("/confirm?")
    assert owner.post("security", needed="on").startswith("/confirm?")
    member.refresh_from_db()
    assert (member.is_active, Workspace.objects.get().needs_second_step) == (True, False)


def test_a_second_step_that_is_lost_is_removed_by_the_owner(owner: Visitor) -> None:
    theirs = staff(Role.ADVISOR)
    member = place("advisor@example.test")
    Authenticator.objects.create(user=member.user, secret=b"x", last_step=1, added_at=clock.wall())
    owner.post("staff_one_step", member.public_id)
    assert not queries.has_second_step(member.user)
    assert theirs.client.get("/w/lumen/").status_code == 302
    assert "signed out everywhere" in owner.get("staff_member", member.public_id)


def test_staff_without_a_second_step_are_led_to_set_it_up(owner: Visitor) -> None:
    theirs, equipped = staff(Role.ADVISOR), staff(Role.ANALYST)
    analyst = place("analyst@example.test")
    Authenticator.objects.create(user=analyst.user, secret=b"x", last_step=1, added_at=clock.wall())
    assert "2 of 3 active staff" in owner.get("security")
    owner.post("security", needed="on")
    for who in (owner, theirs):
        assert who.client.get("/w/lumen/people").headers["Location"] == "/account#two-steps"
        assert who.client.post("/w/lumen/settings/units/new", {"name": "X"}).status_code == 302
    assert "Lumen asks for a second step" in theirs.client.get("/account").content.decode()
    equipped.get("people")
    Authenticator.objects.create(user=place("owner@example.test").user, secret=b"x", last_step=1, added_at=clock.wall())
    owner.post("security")
    theirs.get("people")


def test_the_list_of_staff_takes_the_same_queries_for_one_and_for_three(owner: Visitor) -> None:
    invited(owner, email="one@example.test")
    with CaptureQueriesContext(connection) as few:
        owner.get("staff")
    invited(owner, email="two@example.test")
    invited(owner, email="three@example.test")
    with CaptureQueriesContext(connection) as many:
        owner.get("staff")
    assert len(few) == len(many)


def test_who_leaves_hands_their_people_over_on_the_same_page(owner: Visitor) -> None:
    theirs, mina = staff(Role.ADVISOR), staff(Role.MANAGER)
    leaver, taker = place("advisor@example.test"), place("manager@example.test")
    for name in ("Ada", "Bob"):
        people.create_person(name=name, owner=leaver, now=clock.now())
    assert "2 people are theirs" in owner.get("staff_member", leaver.public_id)
    owner.post("staff_leave", leaver.public_id, status=422)
    assert owner.post("staff_leave", leaver.public_id, to="later") == f"/w/lumen/settings/staff/{leaver.public_id}"
    assert theirs.client.get("/w/lumen/").status_code == 302
    assert "2 people have no active owner" in owner.get("staff")
    assert "Decide later" not in owner.get("staff_leave", leaver.public_id)
    page = owner.post("staff_leave", leaver.public_id, to=taker.public_id)
    assert re.fullmatch(r"/w/lumen/.*/blk_\w+", page)
    assert "Handing over: 0 of 0 people" in owner.get("staff")
    while people.bulk_lane(now=clock.now()):
        pass
    assert "no active owner" not in owner.get("staff")
    assert set(Person.objects.values_list("owner", flat=True)) == {taker.pk}
    assert mina.client.get("/w/lumen/").status_code == 200


def test_who_has_nobody_just_leaves_and_may_come_back(owner: Visitor) -> None:
    staff(Role.ANALYST)
    member = place("analyst@example.test")
    assert "Nobody belongs to The analyst" in owner.get("staff_leave", member.public_id)
    owner.post("staff_leave", member.public_id)
    member.refresh_from_db()
    assert not member.is_active
    owner.post("staff_access", member.public_id)
    member.refresh_from_db()
    assert member.is_active
    assert (
        "last owner"
        in owner.client.post(
            f"/w/lumen/settings/staff/{place('owner@example.test').public_id}/leave", follow=True
        ).content.decode()
    )
