"""Who gives wrong passwords waits; who was here before does not wait for others."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from guanxi.console.session.places import COOKIE, address_of
from guanxi.governance import operations as governance
from guanxi.governance.models import User
from guanxi.kit import clock

EMAIL, GOOD = "lin@example.test", "river lamp seven umbrellas"


@pytest.fixture
def user(db: None) -> User:
    user = User.objects.create_user(email=EMAIL, name="Lin Yao", password=GOOD)
    governance.create_workspace(name="Lumen", owner=user)
    return user


def attempt(client: Client, password: str = "wrong", email: str = EMAIL) -> int:
    return client.post("/sign-in", {"email": email, "password": password}).status_code


def test_the_page_says_how_long_to_wait(user: User) -> None:
    client = Client()
    assert [attempt(client) for _ in range(6)] == [422] * 5 + [429]
    answer = client.post("/sign-in", {"email": EMAIL.upper(), "password": GOOD})
    assert answer.status_code == 429
    assert 50 <= int(answer.headers["Retry-After"]) <= 60
    assert "Too many wrong passwords. Try again in 1 minute." in answer.content.decode()
    assert GOOD not in answer.content.decode()


def test_unknown_logins_wait_with_the_same_words(user: User) -> None:
    answers = []
    for email in (EMAIL, "nobody@example.test"):
        pages = [Client().post("/sign-in", {"email": email, "password": "x"}) for _ in range(6)]
        answers.append([(page.status_code, page.context["form"].non_field_errors()) for page in pages])
    assert answers[0] == answers[1]


@pytest.mark.parametrize("way", ["password", "link"])
def test_a_device_that_was_here_before_is_not_held_up_by_others(user: User, way: str) -> None:
    known, other = Client(), Client()
    if way == "password":
        assert attempt(known, GOOD) == 302
    else:
        token = governance.create_sign_in_link(user=user, now=clock.wall())
        assert known.post(f"/sign-in/{token}").status_code == 302
    assert known.post("/sign-out").status_code == 302
    assert [attempt(other) for _ in range(6)][-1] == 429
    assert attempt(other, GOOD) == 429
    assert attempt(known, GOOD) == 302


@pytest.mark.parametrize(
    "to", ["https://elsewhere.test/", "//elsewhere.test", "/\\elsewhere.test", "javascript:alert(1)"]
)
def test_signing_in_never_leads_out_of_the_house(user: User, to: str) -> None:
    answer = Client().post("/sign-in", {"email": EMAIL, "password": GOOD, "next": to})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_a_session_gets_a_new_name_when_its_login_comes_in(user: User) -> None:
    client = Client()
    session = client.session
    session["planted"] = "x"
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key or ""
    assert attempt(client, GOOD) == 302
    assert client.session.session_key != session.session_key
    old = Client(headers={"cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}"})
    assert old.get("/account").status_code == 302


def test_a_form_from_elsewhere_signs_nobody_in(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    assert attempt(client, GOOD) == 403


def test_a_device_is_known_only_for_those_who_signed_in_on_it(user: User) -> None:
    User.objects.create_user(email="tom@example.test", password=GOOD)
    client = Client()
    assert attempt(client, GOOD, "tom@example.test") == 302
    assert [attempt(client) for _ in range(6)][-1] == 429
    assert attempt(client, GOOD, "tom@example.test") == 302
    cookie = client.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 365 * 24 * 3600)
    assert "tom" not in cookie.value


def test_an_invented_device_is_none(user: User) -> None:
    client = Client()
    assert [attempt(client) for _ in range(6)][-1] == 429
    for value in ("x", "W10:x:y", "é"):
        client.cookies[COOKIE] = value
        assert attempt(client, GOOD) == 429


def test_in_an_open_session_nobody_guesses_the_password(user: User) -> None:
    client = Client()
    client.force_login(user)
    sent = {"current": "wrong", "password": "quiet copper bicycle rain"}
    assert [client.post("/account/password", sent).status_code for _ in range(6)] == [422] * 5 + [429]
    answer = client.post("/account/password", sent | {"current": GOOD})
    assert (answer.status_code, "Try again in 1 minute." in answer.content.decode()) == (429, True)
    user.refresh_from_db()
    assert user.check_password(GOOD)


@pytest.mark.parametrize(
    ("secure", "remote", "forwarded", "address"),
    [
        (False, "192.0.2.1", "203.0.113.5", "192.0.2.1"),
        (True, "127.0.0.1", "203.0.113.5, 198.51.100.9", "198.51.100.9"),
        (True, "127.0.0.1", "", "127.0.0.1"),
        (False, "2001:db8:1:2:aaaa::1", "", "2001:db8:1:2::/64"),
        (False, "::ffff:192.0.2.1", "", "192.0.2.1"),
        (False, "", "", "unknown"),
    ],
)
def test_the_address_is_the_one_that_we_or_our_proxy_saw(
    monkeypatch: pytest.MonkeyPatch, secure: bool, remote: str, forwarded: str, address: str
) -> None:
    monkeypatch.setattr(settings, "SECURE", secure)
    request = RequestFactory().get("/", headers={"x-forwarded-for": forwarded} if forwarded else {})
    request.META["REMOTE_ADDR"] = remote
    assert address_of(request) == address
