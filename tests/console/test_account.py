"""One's own login: the name that colleagues see, and a password to come back with."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import Staff, User, Workspace
from guanxi.kit import clock

GOOD = "river lamp seven umbrellas"
BETTER = "quiet copper bicycle rain"


@pytest.fixture
def user(db: None) -> User:
    user = User.objects.create_user(email="lin.yao@example.test", name="Lin Yao")
    governance.create_workspace(name="Lumen", owner=user)
    return user


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def by_link(user: User) -> Client:
    client = Client()
    token = governance.create_sign_in_link(user=user, now=clock.wall())
    assert client.post(f"/sign-in/{token}").status_code == 302
    return client


def give(client: Client, route: str, status: int, **sent: str) -> str:
    answer = client.post(reverse(route), sent)
    assert answer.status_code == status
    return answer.content.decode()


def signs_in(password: str) -> bool:
    sent = {"email": "lin.yao@example.test", "password": password}
    return bool(Client().post("/sign-in", sent).status_code == 302)


def test_who_came_by_a_link_is_asked_for_a_password_until_there_is_one(user: User) -> None:
    client = by_link(user)
    assert "Set a password, so that you can come back" in client.get("/w/lumen/").content.decode()
    assert "Current password" not in client.get("/account").content.decode()
    give(client, "account_password", 302, password=GOOD)
    assert signs_in(GOOD)
    assert "Your password is saved" in client.get("/account").content.decode()
    assert "Set a password" not in client.get("/w/lumen/").content.decode()


def test_a_changed_password_ends_every_other_session_and_link(user: User) -> None:
    give(by_link(user), "account_password", 302, password=GOOD)
    user.refresh_from_db()
    here, elsewhere = browser(user), browser(user)
    token = governance.create_sign_in_link(user=user, now=clock.wall() - timedelta(hours=1))
    give(here, "account_password", 302, current=GOOD, password=BETTER)
    assert (signs_in(GOOD), signs_in(BETTER)) == (False, True)
    assert here.get("/account").status_code == 200
    assert elsewhere.get("/account").headers["Location"] == "/sign-in?next=%2Faccount"
    assert Client().post(f"/sign-in/{token}").status_code == 410


def test_the_current_password_is_asked_for(user: User) -> None:
    client = by_link(user)
    give(client, "account_password", 302, password=GOOD)
    assert "This is not your current password." in give(
        client, "account_password", 422, current="something else", password=BETTER
    )
    assert "This field is required" in give(client, "account_password", 422, password=BETTER)
    assert signs_in(GOOD)


def test_who_forgot_the_password_sets_another_while_the_link_is_fresh(user: User) -> None:
    give(by_link(user), "account_password", 302, password=GOOD)
    user.refresh_from_db()
    client = by_link(user)
    assert "Current password" not in client.get("/account").content.decode()
    give(client, "account_password", 302, password=BETTER)
    assert (signs_in(GOOD), signs_in(BETTER)) == (False, True)
    assert "Current password" in client.get("/account").content.decode()
    give(client, "account_password", 422, password=GOOD)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("river lamp", "This is too short. Use at least 12 characters."),
        ("lin.yao@example.test", "This is too much like your name or e-mail address."),
        ("q1w2e3r4t5y6", "Many people use this password, so it is guessed first."),
        ("", "This field is required"),
        ("x" * 257, "Ensure this value has at most 256 characters"),
    ],
)
def test_a_weak_password_is_refused_with_words(user: User, password: str, words: str) -> None:
    assert words in give(browser(user), "account_password", 422, password=password)
    user.refresh_from_db()
    assert not user.has_usable_password()


def test_spaces_belong_to_a_password(user: User) -> None:
    give(browser(user), "account_password", 302, password=f" {GOOD} ")
    assert (signs_in(GOOD), signs_in(f" {GOOD} ")) == (False, True)


def test_a_new_name_is_seen_in_every_workspace_of_ones_own(user: User) -> None:
    other = governance.create_workspace(name="Other", owner=User.objects.create_user(email="b@example.test", name="B"))
    with queries.entered(other):
        governance.add_staff(email="lin.yao@example.test", name="Yao", role="advisor")
    give(browser(user), "account_name", 302, name="Yao Lin")
    names = {}
    for workspace in Workspace.objects.all():
        with queries.entered(workspace):
            names[workspace.name] = sorted(Staff.objects.values_list("name", flat=True))
    assert names == {"Lumen": ["Yao Lin"], "Other": ["B", "Yao Lin"]}
    assert "This field is required" in give(browser(user), "account_name", 422, name=" ")


def test_who_is_switched_off_is_out_at_the_next_request(user: User) -> None:
    workspace = Workspace.objects.get()
    with queries.entered(workspace):
        staff = governance.add_staff(email="tom@example.test", name="Tom", role="operator")
        client = browser(staff.user)
        assert client.get("/w/lumen/").status_code == 200
        governance.set_active(staff=staff, active=False)
    assert client.get("/w/lumen/").headers["Location"] == "/sign-in?next=%2Fw%2Flumen%2F"


def test_who_is_switched_off_in_one_of_two_workspaces_stays_in_the_other(user: User) -> None:
    other = governance.create_workspace(name="Other", owner=User.objects.create_user(email="b@example.test", name="B"))
    with queries.entered(other):
        staff = governance.add_staff(email=user.email, name="Yao", role="advisor")
        client = browser(user)
        governance.set_active(staff=staff, active=False)
    assert [client.get(f"/w/{slug}/").status_code for slug in ("lumen", "other")] == [200, 404]
