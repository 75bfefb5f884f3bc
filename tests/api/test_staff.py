"""A program brings staff no further than to the door: nobody works anywhere before their login agreed to it."""

from __future__ import annotations

import threading

import pytest
from django.db import connections
from django.test import Client

from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import AuditEntry, Role, SignInLink, Staff, User, Workspace
from guanxi.governance.operations import StaffRefused
from guanxi.kit import clock
from tests.api.callers import Caller, key_of
from tests.factories.people import make_staff

KIM = {"name": "Kim", "email": "kim@example.test", "role": "operator"}


@pytest.fixture
def kim(db: None) -> User:
    """Owner of another workspace, signed in there."""
    user = User.objects.create_user(email="kim@example.test", name="Kim", password="river lamp seven umbrellas")
    governance.create_workspace(name="Other", slug="other", owner=user)
    return user


@pytest.fixture
def boss(workspace: Workspace) -> Staff:
    return make_staff("Boss", Role.OWNER)


@pytest.fixture
def calls(boss: Staff) -> Caller:
    return key_of(boss)[1]


def test_a_login_that_is_in_use_gets_a_place_only_when_it_takes_it(
    kim: User, boss: Staff, calls: Caller, workspace: Workspace
) -> None:
    client = Client()
    client.force_login(kim)
    made = calls.post("/staff", KIM, 201)
    assert (made["is_active"], made["is_invited"]) == (False, True)
    assert client.get(f"/w/{workspace.slug}/people").status_code == 404
    assert [one.slug for one in queries.workspaces_of(kim)] == ["other"]
    assert calls.post(f"/staff/{made['id']}/access", {"active": True}, 409)["code"] == "conflict"
    assert not SignInLink.objects.exists()
    staff = Staff.objects.get(public_id=made["id"])
    token = governance.invite_again(staff=staff, by=boss, now=clock.wall())
    governance.join(token=token, user=kim, now=clock.wall())
    assert calls.get(f"/staff/{made['id']}")["is_active"]
    assert client.get(f"/w/{workspace.slug}/people").status_code == 200
    assert list(AuditEntry.objects.exclude(act="key.made").order_by("number").values_list("act", flat=True)) == [
        "staff.invited",
        "staff.invited_again",
        "staff.joined",
    ]


def test_a_program_makes_no_owner(calls: Caller) -> None:
    for path in ("/staff", "/invitations"):
        assert calls.post(path, KIM | {"role": "owner"}, 422)["field"] == "role"
    tom = make_staff("Tom", Role.ADVISOR)
    assert calls.patch(f"/staff/{tom.public_id}", {"role": "owner"}, 422)["field"] == "role"
    assert Staff.objects.filter(role=Role.OWNER).count() == 1


def test_nobody_gives_a_place_that_may_more_than_their_own(boss: Staff) -> None:
    given = {"email": "kim@example.test", "name": "Kim", "unit": None, "now": clock.wall()}
    operator, advisor = make_staff("Ann", Role.OPERATOR), make_staff("Tom", Role.ADVISOR)
    with pytest.raises(StaffRefused, match="above_own_role"):
        governance.invite(role="auditor", by=operator, **given)  # type: ignore[arg-type]
    with pytest.raises(StaffRefused, match="above_own_role"):
        governance.change_place(staff=advisor, role="owner", unit=None, by=operator)
    governance.invite(role="manager", by=operator, **given)  # type: ignore[arg-type]


def test_an_invitation_elsewhere_keeps_no_owner_from_helping_their_staff(kim: User, calls: Caller) -> None:
    """Otherwise any workspace could take the way back in away from a login whose address it knows."""
    calls.post("/staff", KIM, 201)
    [theirs] = queries.workspaces_of(kim)
    with queries.entered(theirs):
        staff = Staff.objects.get(user=kim)
        token = governance.link_for_staff(staff=staff, by=staff, now=clock.wall())
    assert governance.use_sign_in_link(token=token, now=clock.wall()) == kim


def test_a_place_that_nobody_took_is_not_given_after_the_invitation_is_taken_back(
    kim: User, boss: Staff, calls: Caller
) -> None:
    """Not even when something points at it, so that its row stays."""
    staff = Staff.objects.get(public_id=calls.post("/staff", KIM, 201)["id"])
    governance.record(act="view.shared", by=staff)
    governance.withdraw_invitation(staff=staff, by=boss)
    calls.post(f"/staff/{staff.public_id}/access", {"active": True}, 409)
    assert [one.slug for one in queries.workspaces_of(kim)] == ["other"]


def test_two_owners_who_lock_each_other_out_at_once_leave_one(committed: None) -> None:
    owner = User.objects.create_user(email="a@example.test", name="A")
    workspace = governance.create_workspace(name="Lumen", owner=owner)
    with queries.entered(workspace):
        owners = [Staff.objects.get(), governance.add_staff(email="b@example.test", name="B", role="owner")]
        keys = [key_of(one)[1].secret for one in owners]
    answers: list[int] = []

    def lock_out(key: str, staff: Staff) -> None:
        answer = Caller(key).send("POST", f"/staff/{staff.public_id}/access", {"active": False})
        answers.append(answer.status_code)
        connections.close_all()

    threads = [threading.Thread(target=lock_out, args=(keys[n % 2], owners[n // 2 % 2])) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(answers), set(answers) <= {200, 401, 409}) == (12, True)
    with queries.entered(workspace):
        assert Staff.objects.filter(is_active=True).count() == 1
