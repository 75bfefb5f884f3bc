"""Where one is signed in, and how to end it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from guanxi.console.account.agents import words
from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import AuditEntry, Staff, User
from guanxi.kit import clock

GOOD = "river lamp seven umbrellas"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/19 "
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture
def user(db: None) -> User:
    return make("lin@example.test")


def make(email: str) -> User:
    return User.objects.create_user(email=email, name="Lin Yao", password=GOOD)


def signed_in(agent: str, email: str = "lin@example.test") -> Client:
    client = Client(headers={"user-agent": agent})
    assert client.post("/sign-in", {"email": email, "password": GOOD}).status_code == 302
    return client


def listed(client: Client) -> list[tuple[str, bool, str]]:
    return [(one["device"], one["here"], one["seen"]) for one in client.get("/account").context["sessions"]]


def is_in(client: Client) -> bool:
    return bool(client.get("/account").status_code == 200)


def name_of(client: Client, device: str) -> str:
    rows: list[dict[str, Any]] = client.get("/account").context["sessions"]
    return str(next(row["name"] for row in rows if row["device"] == device))


def age(client: Client, **given: float) -> None:
    session = client.session
    session["seen_at"] = (clock.wall() - timedelta(**given)).isoformat()
    session.save()


def test_each_device_is_listed_with_its_last_use(user: User) -> None:
    desk, phone = signed_in(CHROME), signed_in(IPHONE + "Mobile Safari/604.1")
    make("tom@example.test")
    signed_in(FIREFOX, "tom@example.test")
    age(phone, hours=3)
    assert listed(desk) == [
        ("Chrome on Windows", True, "in use now"),
        ("Safari on iPhone", False, "last used 3 hours ago"),
    ]
    age(phone, minutes=11)
    phone.get("/account")
    assert listed(desk)[0] == ("Safari on iPhone", False, "in use now")


def test_one_device_is_signed_out_and_the_others_stay(user: User) -> None:
    desk, phone, laptop = signed_in(CHROME), signed_in(IPHONE + "Mobile Safari/604.1"), signed_in(FIREFOX)
    name = name_of(desk, "Safari on iPhone")
    assert desk.post(f"/account/sessions/{name}/end").headers["Location"] == "/account"
    assert "That device is signed out." in desk.get("/account").content.decode()
    assert [is_in(client) for client in (desk, phone, laptop)] == [True, False, True]
    desk.post(f"/account/sessions/{name}/end")
    assert "signed out already" in desk.get("/account").content.decode()


def test_all_others_are_signed_out(user: User) -> None:
    desk, phone, laptop = signed_in(CHROME), signed_in(IPHONE), signed_in(FIREFOX)
    assert desk.post("/account/sessions/others/end").status_code == 302
    assert [is_in(client) for client in (desk, phone, laptop)] == [True, False, False]
    assert [here for _device, here, _seen in listed(desk)] == [True]


def test_nobody_ends_a_session_of_somebody_else(user: User) -> None:
    make("tom@example.test")
    desk, others = signed_in(CHROME), signed_in(FIREFOX, "tom@example.test")
    others.post(f"/account/sessions/{name_of(desk, 'Chrome on Windows')}/end")
    others.post("/account/sessions/others/end")
    assert is_in(desk)


def test_the_page_does_not_show_what_lets_one_in(user: User) -> None:
    desk = signed_in(CHROME)
    signed_in(FIREFOX)
    page = desk.get("/account").content.decode()
    keys = list(Session.objects.values_list("session_key", flat=True))
    assert [key for key in keys if key in page] == []
    assert len(keys) == 2


def test_a_session_that_a_new_password_ended_is_not_listed(user: User) -> None:
    desk, _phone = signed_in(CHROME), signed_in(IPHONE)
    assert len(listed(desk)) == 2
    desk.post("/account/password", {"current": GOOD, "password": "quiet copper bicycle rain"})
    assert [here for _device, here, _seen in listed(desk)] == [True]


def test_a_session_that_is_over_is_not_listed(user: User) -> None:
    signed_in(CHROME)
    assert queries.sessions_of(user, clock.wall() + timedelta(days=8)) == []
    assert governance.end_other_sessions(user=user, but="", now=clock.wall()) == 1


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (CHROME, "Chrome on Windows"),
        (CHROME + " Edg/142.0", "Edge on Windows"),
        (FIREFOX, "Firefox on Linux"),
        (IPHONE + "Mobile Safari/604.1", "Safari on iPhone"),
        (IPHONE + "Mobile MicroMessenger/8.0", "WeChat on iPhone"),
        ("Mozilla/5.0 (Linux; Android 16; SM-S931N) Chrome/142 Mobile Safari/537.36;KAKAOTALK", "KakaoTalk on Android"),
        ("curl/8.5", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_a_browser_is_named_as_people_call_it(agent: str, said: str) -> None:
    assert words(agent) == said


# How long one stays signed in


def moved(client: Client, **given: float) -> None:
    """The session as it is after this time without use."""
    session, span = client.session, timedelta(**given)
    for name in ("seen_at", "begun_at"):
        session[name] = (clock.wall() - span).isoformat()
    session.save()


def test_an_idle_session_ends_and_leads_back_after_the_next_sign_in(user: User) -> None:
    governance.create_workspace(name="Lumen", owner=user)
    client = signed_in(CHROME)
    age(client, hours=11, minutes=59)
    assert client.get("/w/lumen/").status_code == 200
    age(client, hours=12)
    answer = client.get("/w/lumen/people?q=a")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in?next=%2Fw%2Flumen%2Fpeople%3Fq%3Da")
    assert not is_in(client)


def test_a_session_that_is_used_all_the_time_ends_after_thirty_days(user: User) -> None:
    client = signed_in(CHROME)
    moved(client, days=29, hours=23)
    age(client, minutes=11)
    assert is_in(client)
    moved(client, days=30)
    age(client, minutes=11)
    assert not is_in(client)


def test_a_page_that_looks_again_by_itself_keeps_nobody_signed_in(user: User) -> None:
    client = signed_in(CHROME)
    age(client, hours=11)
    before = client.session["seen_at"]
    assert client.get("/account", headers={"x-looks-again": "1"}).status_code == 200
    assert client.session["seen_at"] == before
    client.get("/account")
    assert client.session["seen_at"] > before


def test_the_strictest_workspace_decides_and_its_owner_says_how_strict(user: User) -> None:
    governance.create_workspace(name="Lumen", owner=user)
    other = governance.create_workspace(name="Nova", owner=user)
    client = signed_in(CHROME)
    wrong = {"do": "sessions", "idle_hours": "3", "days": "7"}
    assert client.post("/w/nova/settings/security", wrong).status_code == 422
    assert client.post("/w/nova/settings/security", wrong | {"idle_hours": "1"}).status_code == 302
    with queries.entered(other):
        [entry] = AuditEntry.objects.filter(act="security.sessions_limited")
        assert entry.detail == {"idle_hours": 1, "session_days": 7}
    age(client, hours=1)
    assert client.get("/w/lumen/").status_code == 302
    with queries.entered(other), pytest.raises(governance.StaffRefused, match="bad_limit"):
        governance.limit_sessions(workspace=other, idle_hours=0, days=7, by=Staff.objects.get())
