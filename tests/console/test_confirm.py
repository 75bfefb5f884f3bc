"""What asks for a fresh proof gets one, or nothing happens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import resolve

from guanxi.console.access import confirmed, signed_in
from guanxi.governance import operations as governance
from guanxi.governance.models import User
from guanxi.kit import clock

EMAIL, GOOD = "lin@example.test", "river lamp seven umbrellas"


@pytest.fixture
def user(db: None) -> User:
    user = User.objects.create_user(email=EMAIL, name="Lin Yao", password=GOOD)
    governance.create_workspace(name="Lumen", owner=user)
    return user


def signed(minutes_ago: float) -> Client:
    client = Client()
    assert client.post("/sign-in", {"email": EMAIL, "password": GOOD}).status_code == 302
    session = client.session
    session["proved_at"] = (clock.wall() - timedelta(minutes=minutes_ago)).isoformat()
    session.save()
    return client


def age(client: Client, minutes: float) -> None:
    session = client.session
    for mark in {"proved_at", "by_link_at"} & set(session.keys()):
        session[mark] = (clock.wall() - timedelta(minutes=minutes)).isoformat()
    session.save()


@signed_in
@confirmed
def secret(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


def asked(client: Client, user: User, method: str = "get", path: str = "/secret?a=1", **headers: str) -> str:
    """`in`, or where it leads."""
    request = getattr(RequestFactory(), method)(path, headers=headers)
    request.session, request.user = client.session, user
    vars(request)["_messages"] = SessionStorage(request)
    answer = secret(request)
    return answer.headers.get("Location") or "in"


def test_a_proof_holds_for_ten_minutes(user: User) -> None:
    assert asked(signed(9.9), user) == "in"
    assert asked(signed(10), user) == "/confirm?next=%2Fsecret%3Fa%3D1"


def test_a_press_leads_back_to_the_page_it_was_on_and_nowhere_else(user: User) -> None:
    client = signed(11)
    assert asked(client, user, "post", referer="http://testserver/w/lumen/people?q=a") == (
        "/confirm?next=%2Fw%2Flumen%2Fpeople%3Fq%3Da"
    )
    assert asked(client, user, "post", referer="https://elsewhere.test/x") == "/confirm?next=%2F"
    assert asked(client, user, "post") == "/confirm?next=%2F"


def test_a_partial_load_leads_back_to_the_whole_page(user: User) -> None:
    headers = {"HX-Request": "true", "Referer": "http://testserver/account"}
    assert asked(signed(11), user, "get", **headers) == "/confirm?next=%2Faccount"


def test_the_right_password_is_a_proof_and_leads_back(user: User) -> None:
    client = signed(11)
    page = client.get("/confirm?next=/account").content.decode()
    assert 'name="next" value="/account"' in page
    answer = client.post("/confirm", {"password": "wrong", "next": "/account"})
    assert (answer.status_code, "This is not your password." in answer.content.decode()) == (422, True)
    assert asked(client, user) != "in"
    answer = client.post("/confirm", {"password": GOOD, "next": "/account"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/account")
    assert asked(client, user) == "in"


def test_it_never_leads_out_of_the_house(user: User) -> None:
    for to in ("https://elsewhere.test/", "//elsewhere.test", "/\\elsewhere.test", "javascript:alert(1)"):
        assert signed(11).post("/confirm", {"password": GOOD, "next": to}).headers["Location"] == "/"


def test_nobody_guesses_the_password_here(user: User) -> None:
    client = signed(11)
    assert [client.post("/confirm", {"password": "wrong"}).status_code for _ in range(6)] == [422] * 5 + [429]
    assert client.post("/confirm", {"password": GOOD}).status_code == 429


def link(user: User) -> str:
    return f"/sign-in/{governance.create_sign_in_link(user=user, now=clock.wall())}"


def test_a_session_that_was_left_open_is_made_no_first_password_for(user: User) -> None:
    """Only a new link proves who has nothing else, and it leads on to what they wanted."""
    user.set_unusable_password()
    user.save()
    client = Client()
    assert client.post(link(user)).headers["Location"] == "/"
    assert asked(client, user) == "in"
    age(client, 11)
    assert client.post("/account/password", {"password": GOOD}).headers["Location"].startswith("/confirm?")
    user.refresh_from_db()
    assert not user.has_usable_password()
    assert 'name="password"' not in client.get("/account").content.decode()
    assert "a new sign-in link proves it" in client.get("/confirm?next=/account/app").content.decode()
    assert asked(client, user) != "in"
    assert client.post(link(user)).headers["Location"] == "/account/app"
    assert asked(client, user) == "in"
    assert client.post("/account/password", {"password": GOOD}).status_code == 302


def test_the_way_back_is_not_that_of_the_next_login(user: User) -> None:
    client = signed(11)
    client.get("/confirm?next=/account/app")
    other = User.objects.create_user(email="other@example.test")
    assert client.post(link(other)).headers["Location"] == "/"


def test_the_page_itself_is_for_logins_only(db: None) -> None:
    assert Client().get("/confirm").headers["Location"] == "/sign-in?next=%2Fconfirm"
    assert resolve("/confirm").func.access == "login"  # type: ignore[attr-defined]
