"""What an attacker tries at the doors: leading people away, a foreign host, races, and an access that was taken."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.urls import reverse

from guanxi.governance import operations as governance
from guanxi.governance.models import AuditEntry, Staff, User, Workspace
from guanxi.governance.queries import Permission, audit_verdict, entered
from guanxi.kit import clock
from guanxi.people import operations as people
from guanxi.people.models import Attachment, Person, PersonExport
from tests.conftest import make_workspace
from tests.console.visitors import Visitor, lumen, owner, visitor
from tests.factories.people import make_person, make_staff

__all__ = ["lumen", "owner"]
EMAIL, GOOD = "lin@example.test", "river lamp seven umbrellas"
EVIL = "evil.test"
BEFORE = (
    *("//", "///", "////", "/\\", "\\/", "\\\\", "/\t/", "/\n/", "/\r/", "\t//", "\n//", " //", "/ /", "//\t"),
    "\x00//",
)
SCHEMES = (
    *("https://", "http://", "HTTPS://", "https:", "https:/", "https:///", "https:\\\\", "h\tttps://", "\x01https://"),
    *("ftp://", "file://", "ws://", "blob:https://", "javascript:", "JavaScript:", "java\tscript:", "\x01javascript:"),
    *("data:text/html,", "vbscript:", "view-source:https://", "mailto:", "tel:"),
)
ENDS = (
    *("//evil.test%2f..", "//%65vil.test", "//evil。test", "//evil%E3%80%82test", "//user@evil.test", "//evil.test:80"),
    *("//testserver@evil.test", "//testserver.evil.test", "//evil.test/testserver", "//evil.test?testserver"),
    *("https://testserver@evil.test/", "https://testserver\\@evil.test/", "https://evil.test\\.testserver/"),
    *("//evil.test#//testserver", "//[::ffff:7f00:1]/", "//2130706433/", "//0x7f000001/", "/\u2028/evil.test"),
    *("/\u00a0/evil.test", "\u2215\u2215evil.test", "/.//evil.test", "/..//evil.test", "?next=//evil.test"),
)
AWAY = [*(before + EVIL for before in BEFORE), *(scheme + EVIL for scheme in SCHEMES), *ENDS]


def where(location: str) -> str:
    """The host that a browser goes to: it drops tabs and line breaks, and takes a backslash for a slash."""
    seen = "".join(letter for letter in location if letter not in "\t\r\n").strip().replace("\\", "/")
    return urlsplit(urljoin("http://testserver/sign-in", seen)).netloc


def test_sixty_ways_to_lead_somebody_away_lead_to_a_page_of_ours(db: None) -> None:
    User.objects.create_user(email=EMAIL, name="Lin", password=GOOD)
    client = Client()
    assert len(AWAY) >= 60
    for to in AWAY:
        for path, given in (
            ("/sign-in", {"email": EMAIL, "password": GOOD}),
            ("/language", {"language": "ko"}),
            ("/theme", {"theme": "dark"}),
        ):
            answer = client.post(path, given | {"next": to})
            if answer.status_code != 400:  # a NUL is refused as a whole
                assert answer.status_code == 302, (path, to)
                assert where(answer.headers["Location"]) == "testserver", (path, to)
        client.post("/sign-out")
        page = unescape(client.get("/sign-in", {"next": to}).content.decode())
        kept = page.partition('name="next" value="')[2].partition('"')[0]
        assert where(kept) == "testserver", to


@pytest.mark.parametrize(
    "name", ["HTTP_HOST", "HTTP_X_FORWARDED_HOST", "HTTP_X_HOST", "HTTP_FORWARDED", "HTTP_X_FORWARDED_SERVER"]
)
def test_a_foreign_host_reaches_no_page_and_no_link(owner: Visitor, name: str) -> None:
    tom = make_staff("Tom", "advisor")
    for method, path in (
        ("get", "/sign-in"),
        ("get", "/api/v1/openapi.json"),
        ("post", reverse("staff_link", args=["lumen", tom.public_id])),
    ):
        said = "host=evil.test" if name == "HTTP_FORWARDED" else EVIL
        answer = getattr(owner.client, method)(path, **{name: said})
        assert EVIL not in answer.content.decode()
        assert EVIL not in str(answer.headers)
        assert name != "HTTP_HOST" or answer.status_code == 400


def test_who_is_locked_out_sees_nothing_at_the_next_request_whatever_asks(owner: Visitor) -> None:
    tom = make_staff("Tom", "operator")
    me = Staff.objects.get(role="owner")
    made = governance.make_key(by=tom, name="Tom's", scopes=[Permission.PEOPLE_VIEW], now=clock.now())
    page, poll = visitor("tom@lumen.test"), {"HX-Request": "true", "X-Looks-Again": "1"}
    bearer = {"authorization": f"Bearer {made.secret}"}
    paths = [reverse(name, args=["lumen"]) for name in ("home", "people", "notices_bell", "imports")]
    assert {page.client.get(path, headers=poll).status_code for path in paths} == {200}
    assert Client().get("/api/v1/people", headers=bearer).status_code == 200
    governance.set_active(staff=tom, active=False, by=me)
    for path in paths:
        answer = page.client.get(path, headers=poll)
        assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (302, "/sign-in"), path
    assert Client().get("/api/v1/people", headers=bearer).status_code == 401


def at_once(number: int, work: Any) -> list[Any]:
    """What came of it in as many threads, that begin together."""
    answers: list[Any] = []
    gate = threading.Barrier(number)

    def go() -> None:
        gate.wait()
        try:
            answers.append(work())
        except Exception as error:
            answers.append(type(error).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=go) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_two_looks_at_once_at_the_end_of_the_hour_are_one(committed_workspace: Workspace, now: datetime) -> None:
    me = make_staff("Lin")
    for number in range(49):
        governance.record(act="person.revealed", by=me, subject=f"psn_{number}", now=now - timedelta(minutes=5))
    waiting = [make_person(now=now, identities={"email": f"p{number}@example.test"}) for number in range(4)]
    whom = iter(waiting)

    def look() -> str:
        with entered(committed_workspace):
            return "seen" if people.reveal(person=next(whom), by=me, why="contact", reason="", now=now) else "nothing"

    answers = at_once(4, look)
    assert sorted(answers) == ["RevealRefused", "RevealRefused", "RevealRefused", "seen"]


def test_eight_writers_at_once_leave_one_whole_chain(committed_workspace: Workspace, now: datetime) -> None:
    me = make_staff("Lin")

    def write() -> int:
        with entered(committed_workspace):
            for number in range(10):
                governance.record(act="person.revealed", by=me, subject=f"psn_{number}", now=now)
        return 10

    assert at_once(8, write) == [10] * 8
    assert list(AuditEntry.objects.order_by("pk").values_list("number", flat=True)) == list(range(1, 81))
    assert audit_verdict().fault is None


def test_the_file_of_an_export_is_for_who_may_and_only_as_a_whole(owner: Visitor, now: datetime) -> None:
    emma = people.create_person(name="Emma", now=clock.now())
    job = people.export_person(person=emma, by=None, reason="They asked", now=clock.now())
    people.work_personal(now=clock.now())
    path = reverse("person_export_file", args=["lumen", emma.public_id, job.public_id])
    size = PersonExport.objects.get().size
    for headers in ({}, {"range": "bytes=0-9"}):
        whole = owner.client.get(path, headers=headers)
        body = b"".join(whole.streaming_content)  # type: ignore[attr-defined]
        assert (whole.status_code, body[:2], len(body) > 100) == (200, b"PK", True)
        assert whole.headers["Cache-Control"].find("no-store") >= 0
    assert size
    head = owner.client.head(path)
    assert (head.status_code, b"".join(head)) == (200, b"")
    lin = make_person("Lin", now=clock.now())
    assert owner.client.get(path.replace(emma.public_id, lin.public_id)).status_code == 404
    for role in ("manager", "advisor", "analyst", "auditor"):
        make_staff(role.title(), role)
        assert visitor(f"{role}@lumen.test").client.get(path).status_code in (403, 404), role
    other = make_workspace("nova")
    with entered(other):
        make_staff("Nova")
    stranger = visitor("nova@lumen.test").client
    assert stranger.get(path).status_code == 404
    assert stranger.get(path.replace("/lumen/", "/nova/")).status_code == 404
    assert Client().get(path).status_code == 302


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a\r\nSet-Cookie: x=1.gif", "aSet-Cookie: x=1.gif"),
        ("", "file"),
    ],
)
def test_a_file_that_is_two_things_comes_back_as_neither(owner: Visitor, name: str, kept: str) -> None:
    emma: Person = people.create_person(name="Emma", now=clock.now())
    polyglot = b"GIF89a/*" + b"<html><script>alert(1)</script>*/=1;"
    people.attach_file(person=emma, by=None, file=SimpleUploadedFile("x", polyglot), filename=name, now=clock.now())
    file = Attachment.objects.select_related("person").get()
    assert people.name_of(file) == kept
    answer = owner.client.get(reverse("file", args=["lumen", emma.public_id, file.public_id]))
    assert answer.headers["Content-Type"] == "image/gif"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
