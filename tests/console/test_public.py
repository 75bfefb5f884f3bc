"""The links of a message: who has the token may unsubscribe that address, and nothing else."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from guanxi.channels.models import Message
from guanxi.channels.queries import link
from guanxi.events.models import Fact
from guanxi.governance.models import Consent, Workspace
from guanxi.people.models import Identity, Person
from tests.factories import channels as make

ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def message(workspace: Workspace, now: datetime) -> Message:
    person = make.person(now, "emma@example.test", language="ko")
    sent: Message = Message.objects.create(
        origin="cnt_a",
        person=person,
        account=make.account(now),
        purpose="marketing",
        state="accepted",
        planned_at=now,
        address=make.lookup("emma@example.test"),
        identity_id=Identity.objects.get(person=person).pk,
    )
    return sent


@pytest.fixture
def visitor() -> Client:
    """A browser or mail program without a cookie, which Django would refuse without a CSRF token elsewhere."""
    return Client(enforce_csrf_checks=True)


def path(message: Message, use: str) -> str:
    return "/" + link(message, use).split("/", 3)[3]  # type: ignore[arg-type]


def granted() -> list[bool]:
    return list(Consent.objects.values_list("granted", flat=True))


def test_following_the_link_only_asks(visitor: Client, message: Message) -> None:
    page = visitor.get(path(message, "unsubscribe"), headers={"accept-language": "en"})
    assert page.status_code == 200
    assert "e•••@example.test" in page.content.decode()
    assert "emma@example.test" not in page.content.decode()
    assert "Lumen" in page.content.decode()
    assert granted() == [True]


def test_a_language_that_no_page_of_ours_set_does_not_break_the_link(visitor: Client, message: Message) -> None:
    for odd in ("x" * 5000, "tlh"):
        visitor.cookies["guanxi_language"] = odd
        assert visitor.get(path(message, "unsubscribe"), headers={"accept-language": "ko"}).status_code == 200


def test_one_click_of_rfc_8058_unsubscribes_without_a_token_and_without_a_redirect(
    visitor: Client, message: Message
) -> None:
    for _twice in range(2):
        answer = visitor.post(path(message, "unsubscribe"), ONE_CLICK, content_type=FORM)
        assert answer.status_code == 200
    assert granted() == [False]
    assert list(Fact.objects.filter(name="message.unsubscribed").values_list("message_id", flat=True)) == [message.pk]


def test_the_button_unsubscribes(visitor: Client, message: Message) -> None:
    answer = visitor.post(path(message, "unsubscribe"), headers={"cookie": "guanxi_language=en"})
    assert "You are unsubscribed" in answer.content.decode()
    assert granted() == [False]


@pytest.mark.parametrize(
    ("cookie", "person", "browser", "spoken"),
    [("", "ko", "en", "ko"), ("zh-hans", "ko", "en", "zh-hans"), ("", "", "zh-CN", "zh-hans"), ("", "fr", "en", "en")],
)
def test_the_page_speaks_the_language_that_was_chosen_then_that_of_the_person(
    visitor: Client, message: Message, cookie: str, person: str, browser: str, spoken: str
) -> None:
    Person.objects.update(language=person)
    if cookie:
        visitor.cookies["guanxi_language"] = cookie
    answer = visitor.get(path(message, "unsubscribe"), headers={"accept-language": browser})
    assert f'<html lang="{spoken}"' in answer.content.decode()
    assert answer.headers["Content-Language"] == spoken


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: "A" + t[1:], lambda t: "x", lambda t: t + "AA"])
def test_a_broken_link_says_what_to_do_and_changes_nothing(visitor: Client, message: Message, change: object) -> None:
    token = path(message, "unsubscribe").removeprefix("/u/")
    broken = f"/u/{change(token)}"  # type: ignore[operator]
    for answer in (
        visitor.get(broken, headers={"accept-language": "en"}),
        visitor.post(broken, headers={"accept-language": "en"}),
    ):
        assert answer.status_code == 404
        assert "This link is not complete" in answer.content.decode()
    assert granted() == [True]


def test_the_token_of_a_picture_does_not_unsubscribe(visitor: Client, message: Message) -> None:
    token = path(message, "open").removeprefix("/o/").removesuffix(".gif")
    assert visitor.post(f"/u/{token}").status_code == 404
    assert granted() == [True]


def test_a_link_works_after_the_address_is_gone(visitor: Client, message: Message) -> None:
    Identity.objects.all().delete()
    assert visitor.get(path(message, "unsubscribe")).status_code == 200
    assert visitor.post(path(message, "unsubscribe")).status_code == 200
    assert granted() == [False]


def test_a_link_of_a_message_that_is_gone_is_broken(visitor: Client, message: Message) -> None:
    url = path(message, "unsubscribe")
    Message.objects.all().delete()
    assert visitor.get(url).status_code == 404


def opened() -> list[int | None]:
    return list(Fact.objects.filter(name="message.opened").values_list("message_id", flat=True))


def test_the_picture_counts_once_and_is_not_kept(visitor: Client, message: Message) -> None:
    visitor.head(path(message, "open"))
    assert opened() == []
    for _twice in range(2):
        answer = visitor.get(path(message, "open"))
        assert answer.headers["Content-Type"] == "image/gif"
        assert answer.content.startswith(b"GIF89a")
        assert "no-store" in answer.headers["Cache-Control"]
    assert opened() == [message.pk]


def test_a_broken_picture_is_still_a_picture(visitor: Client, message: Message) -> None:
    answer = visitor.get("/o/nonsense.gif")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/gif")
    assert opened() == []


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_not_for_these_links(visitor: Client, message: Message, method: str) -> None:
    assert getattr(visitor, method)(path(message, "unsubscribe")).status_code == 405
