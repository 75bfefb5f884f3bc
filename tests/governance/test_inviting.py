"""An invitation brings in the one it is for, once; an owner opens no login that is not his workspace's alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.core.cache import cache

from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import AuditEntry, Role, SignInFailure, SignInLink, Staff, Unit, User, Workspace
from guanxi.governance.operations import LinkRefused, PasswordRefused, StaffRefused

GOOD = "river lamp seven umbrellas"


@pytest.fixture
def lumen(db: None) -> Iterator[Workspace]:
    owner = User.objects.create_user(email="owner@example.test", name="Lin Yao", password=GOOD)
    with queries.entered(governance.create_workspace(name="Lumen", owner=owner)) as workspace:
        yield workspace


@pytest.fixture
def owner(lumen: Workspace) -> Staff:
    return Staff.objects.get(role=Role.OWNER)


def invited(owner: Staff, now: datetime, email: str = "tom@example.test") -> tuple[Staff, str]:
    return governance.invite(email=email, name="Tom", role="advisor", unit=None, by=owner, now=now)


def accept(token: str, now: datetime, password: str = GOOD) -> User:
    return governance.accept_invitation(token=token, name="Tom Becker", language="ko", password=password, now=now)


def refusal(token: str, now: datetime) -> str:
    with pytest.raises(LinkRefused) as refused:
        accept(token, now)
    return refused.value.reason


def acts() -> list[str]:
    return list(AuditEntry.objects.order_by("number").values_list("act", flat=True))


def other_workspace(user: User) -> Workspace:
    return governance.create_workspace(name="Other", slug="other", owner=user)


def test_a_new_login_becomes_that_of_who_has_the_link(owner: Staff, now: datetime) -> None:
    staff, token = invited(owner, now)
    assert (staff.is_active, staff.is_invited, queries.staff_of(staff.user)) == (False, True, None)
    user = accept(token, now + timedelta(days=6))
    staff.refresh_from_db()
    user.refresh_from_db()
    assert (staff.is_active, staff.is_invited, staff.name) == (True, False, "Tom Becker")
    assert (user.name, user.language, user.check_password(GOOD)) == ("Tom Becker", "ko", True)
    assert refusal(token, now) == "used"
    assert acts() == ["staff.invited", "staff.joined"]


def test_a_link_lapses_and_a_new_one_ends_the_old(owner: Staff, now: datetime) -> None:
    staff, token = invited(owner, now)
    assert refusal(token, now + timedelta(days=7)) == "expired"
    again = governance.invite_again(staff=staff, by=owner, now=now)
    assert refusal(token, now) == "unknown"
    accept(again, now)
    with pytest.raises(StaffRefused, match="not_invited"):
        governance.invite_again(staff=staff, by=owner, now=now)


def test_an_invitation_that_was_taken_back_opens_nothing_and_leaves_no_place(owner: Staff, now: datetime) -> None:
    staff, token = invited(owner, now)
    governance.withdraw_invitation(staff=staff, by=owner)
    assert refusal(token, now) == "unknown"
    assert list(Staff.objects.all()) == [owner]
    assert acts() == ["staff.invited", "staff.invitation_withdrawn"]


def test_only_the_hash_of_the_link_is_kept(owner: Staff, now: datetime) -> None:
    _staff, token = invited(owner, now)
    assert token.encode() not in bytes(SignInLink.objects.get().token_hash)


def test_a_weak_password_leaves_the_link_as_it_was(owner: Staff, now: datetime) -> None:
    _staff, token = invited(owner, now)
    with pytest.raises(PasswordRefused):
        accept(token, now, "short")
    accept(token, now)


def test_an_invitation_is_no_sign_in_link_and_the_other_way_round(owner: Staff, now: datetime) -> None:
    staff, token = invited(owner, now)
    with pytest.raises(LinkRefused, match="unknown"):
        governance.use_sign_in_link(token=token, now=now)
    assert refusal(governance.create_sign_in_link(user=staff.user, now=now), now) == "unknown"


def test_who_comes_in_elsewhere_already_must_sign_in_to_join(owner: Staff, now: datetime) -> None:
    """Otherwise an owner would invite the owner of another workspace, open the link himself, and be in there."""
    victim = User.objects.create_user(email="victim@example.test")
    other_workspace(victim)
    staff, token = invited(owner, now, victim.email)
    assert governance.check_invitation(token=token, now=now).is_known
    assert refusal(token, now) == "unknown"
    with pytest.raises(LinkRefused):
        governance.join(token=token, user=owner.user, now=now)
    assert queries.staff_of(victim) is None
    assert governance.join(token=token, user=victim, now=now).name == "Lumen"
    assert queries.staff_of(victim) == staff


def test_access_is_not_given_around_the_invitation(owner: Staff, now: datetime) -> None:
    staff, _token = invited(owner, now)
    with pytest.raises(StaffRefused, match="invited"):
        governance.set_active(staff=staff, active=True, by=owner)


def test_an_owner_opens_no_login_that_works_elsewhere_too(owner: Staff, now: datetime) -> None:
    staff = governance.add_staff(email="tom@example.test", name="Tom", role="advisor")
    token = governance.link_for_staff(staff=staff, by=owner, now=now)
    other_workspace(staff.user)
    with pytest.raises(LinkRefused, match="expired"):
        governance.use_sign_in_link(token=token, now=now)
    for act in (governance.link_for_staff, governance.remove_second_step):
        given = {"now": now} if act is governance.link_for_staff else {}
        with pytest.raises(StaffRefused, match="works_elsewhere"):
            act(staff=staff, by=owner, **given)


def test_a_link_of_an_owner_opens_the_login_that_is_here_alone(owner: Staff, now: datetime) -> None:
    staff = governance.add_staff(email="tom@example.test", name="Tom", role="advisor")
    token = governance.link_for_staff(staff=staff, by=owner, now=now)
    assert governance.use_sign_in_link(token=token, now=now) == staff.user
    late = governance.link_for_staff(staff=staff, by=owner, now=now)
    governance.set_active(staff=staff, active=False, by=owner)
    with pytest.raises(LinkRefused, match="unknown"):
        governance.use_sign_in_link(token=late, now=now)
    with pytest.raises(StaffRefused, match="no_access"):
        governance.link_for_staff(staff=staff, by=owner, now=now)


def test_the_last_owner_stays_one(owner: Staff) -> None:
    second = governance.add_staff(email="zhou@example.test", name="Zhou", role="owner")
    governance.change_place(staff=owner, role="operator", unit=None, by=owner)
    with pytest.raises(StaffRefused, match="last_owner"):
        governance.change_place(staff=second, role="analyst", unit=None, by=second)
    owner.refresh_from_db()
    assert (owner.role, second.role) == ("operator", "owner")


def test_a_place_changes_with_its_entry_in_the_log(owner: Staff) -> None:
    unit: Unit = governance.add_unit(name="East")
    staff = governance.add_staff(email="tom@example.test", name="Tom", role="advisor")
    governance.change_place(staff=staff, role="manager", unit=unit, by=owner)
    governance.change_place(staff=staff, role="manager", unit=unit, by=owner)
    staff.refresh_from_db()
    assert (staff.role, staff.unit) == ("manager", unit)
    entry = AuditEntry.objects.get(act="staff.changed")
    assert (entry.by, entry.subject, entry.detail) == (
        owner,
        staff.public_id,
        {"role": "manager", "unit": unit.public_id, "role_before": "advisor", "unit_before": ""},
    )


def test_wrong_passwords_stand_in_the_log_as_one_entry(owner: Staff, now: datetime) -> None:
    cache.clear()
    for email in ("owner@example.test", "owner@example.test", "nobody@example.test"):
        governance.use_password(email=email, password="wrong", address="192.0.2.1", device="", now=now)
    assert SignInFailure.objects.count() == 3
    assert governance.login_lane(now=now)
    assert not governance.login_lane(now=now)
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.by, entry.subject, entry.detail) == ("login.failed", None, owner.public_id, {"count": 2})
    assert SignInFailure.objects.count() == 0
