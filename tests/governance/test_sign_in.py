from datetime import datetime, timedelta
from typing import Any

import pytest

from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import SignInLink, Staff, User, Workspace
from guanxi.governance.operations import LinkRefused, StaffRefused


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user(email="Lin@Example.test ", name="Lin Yao")


def refused(token: str, now: datetime) -> str:
    with pytest.raises(LinkRefused) as refusal:
        governance.use_sign_in_link(token=token, now=now)
    return refusal.value.reason


def test_a_link_signs_in_once(user: User, now: datetime) -> None:
    token = governance.create_sign_in_link(user=user, now=now)
    assert governance.use_sign_in_link(token=token, now=now) == user
    assert refused(token, now) == "used"


def test_an_old_or_invented_link_is_refused(user: User, now: datetime) -> None:
    token = governance.create_sign_in_link(user=user, now=now)
    assert refused(token, now + timedelta(hours=24)) == "expired"
    assert refused("x" * 43, now) == "unknown"


def test_the_link_itself_is_not_kept(user: User, now: datetime) -> None:
    token = governance.create_sign_in_link(user=user, now=now)
    assert token.encode() not in bytes(SignInLink.objects.get().token_hash)


def test_a_login_finds_its_workspaces_without_a_scope(user: User, now: datetime) -> None:
    north = governance.create_workspace(name="North", owner=user)
    governance.create_workspace(name="South", owner=User.objects.create_user(email="other@example.test"))
    assert queries.workspaces_of(user) == [north]


def test_the_last_owner_cannot_be_switched_off(user: User) -> None:
    workspace = governance.create_workspace(name="North", owner=user)
    with queries.entered(workspace):
        staff = Staff.objects.get()
        with pytest.raises(StaffRefused, match="last_owner"):
            governance.set_active(staff=staff, active=False)
        second = governance.add_staff(email="zhou@example.test", name="Zhou", role="owner")
        governance.set_active(staff=staff, active=False)
        assert queries.staff_of(user) is None
        assert queries.staff_of(second.user) == second
    assert queries.workspaces_of(user) == []


def test_units_know_everything_above_them(workspace: Workspace) -> None:
    region = governance.add_unit(name="East")
    store = governance.add_unit(name="Store 14", parent=region)
    assert store.path == f"{region.pk}/{store.pk}/"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"email": "no address", "role": "advisor"}, "bad_email"),
        ({"email": "a@example.test\nBcc: b@example.test", "role": "advisor"}, "bad_email"),
        ({"email": "a@example.test", "role": "king"}, "unknown_role"),
        ({"email": "lin@example.test", "role": "advisor"}, "already_staff"),
    ],
)
def test_bad_staff_is_refused_with_a_reason(user: User, given: dict[str, Any], reason: str) -> None:
    with queries.entered(governance.create_workspace(name="North", owner=user)):
        with pytest.raises(StaffRefused, match=reason):
            governance.add_staff(name="A", **given)
        assert Staff.objects.count() == 1
