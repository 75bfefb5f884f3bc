"""People with names that nobody has go through everything; no line of the log knows them."""

from __future__ import annotations

import io
import logging
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, connection, transaction
from django.test import Client

from guanxi.channels import operations as channels
from guanxi.channels import registry
from guanxi.channels.models import Message
from guanxi.channels.registry import Words
from guanxi.config import worker
from guanxi.console.people import views as people_views
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff, User, Workspace
from guanxi.integrations import operations as integrations
from guanxi.integrations.models import Delivery
from guanxi.integrations.operations import telling
from guanxi.kit import clock, logs
from guanxi.people import operations as people
from guanxi.people.models import Import, Person
from tests.console.visitors import Visitor, lumen, owner
from tests.factories import channels as make
from tests.factories.people import csv_file, done, uploaded
from tests.integrations.receiver import Says, receivers
from tests.kit.listener import Listener

__all__ = ["lumen", "owner"]

NAME, EMAIL, PHONE = "Zephyrine Quackenbush", "zephyrine.q@canary.example.test", "+8613900998877"
NOTE, PASSWORD, TOKEN = "turquoise marzipan", "orchid ladder velvet 91", "canarytokenQ7x9Zk2LmN4pR6sT8vW0yB3dF5hJ"
CANARIES: tuple[str, ...] = (NAME, "Zephyrine", "Quackenbush", EMAIL, "canary.example", PHONE, "13900998877", NOTE)
CANARIES += ("139 0099 8877", "turquoise", PASSWORD, "orchid ladder", TOKEN)


class Raw(logging.Handler):
    """What records hold before anything is taken out: the proof that something could leak."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())
        error = record.exc_info[1] if record.exc_info else None
        while error is not None:
            self.said.append(f"{type(error).__name__}: {error}")
            error = error.__cause__ or error.__context__


@pytest.fixture
def log() -> Iterator[tuple[Raw, list[io.StringIO]]]:
    """Everything that is logged, raw, and as both forms write it."""
    raw, streams = Raw(), []
    handlers: list[logging.Handler] = [raw]
    for form in (logs.JSON, logs.TEXT):
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(logs.formatter(form))
        handler.addFilter(logs.Discreet())
        handlers.append(handler)
        streams.append(stream)
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers[:0] = handlers
    root.setLevel(logging.INFO)
    yield raw, streams
    root.handlers[:] = before
    root.setLevel(level)


def known(text: str) -> list[str]:
    """The canaries in a text, also as an address or a mail header would write them."""
    lower = text.lower()
    forms = {
        canary: {canary, quote(canary), quote_plus(canary), b64encode(canary.encode()).decode()} for canary in CANARIES
    }
    return [canary for canary, spelled in forms.items() if any(one.lower() in lower for one in spelled)]


def person(now: datetime) -> Person:
    made = people.create_person(name=NAME, now=now, identities={"email": EMAIL, "phone": PHONE})
    make.say(EMAIL, True, now)
    return made


def quoting(*values: Any) -> Callable[..., Any]:
    """Goes wrong in the database, which quotes what it was given."""

    def fails(*args: Any, **kwargs: Any) -> Any:
        local = {"name": NAME, "email": EMAIL}  # as the variables of real code would hold them
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT %s::bigint", [f"{local['name']} {values}"])

    return fails


def raising(error: Exception) -> Callable[..., Any]:
    def fails(*args: Any, **kwargs: Any) -> Any:
        raise error

    return fails


def imports(now: datetime) -> None:
    """Good rows, bad rows, and a failure in the middle of the work."""
    rows = [[NAME, EMAIL, PHONE], [NAME, "no address " + NAME, "12"], [NOTE, EMAIL, "x" + PHONE]]
    ann = Staff.objects.first()
    assert ann is not None
    of: Import = uploaded(
        csv_file(["Name", "Mail", "Phone"], *rows), {"Name": "name", "Mail": "email", "Phone": "phone"}, by=ann, now=now
    )
    assert done(of, now).rejected


def pages(owner: Visitor, somebody: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    client = owner.client
    client.raise_request_exception = False
    at = f"/w/lumen/people/{somebody.public_id}"
    for path in (
        "/w/lumen/people",
        "/w/lumen/find",
        f"/w/lumen/{quote(NAME)}",
        f"/nowhere/{quote(EMAIL)}",
        f"/sign-in/{TOKEN}",
    ):
        client.get(path, {"q": NAME, "email": EMAIL, "token": TOKEN})
    client.get("/w/lumen/people?q=" + quote(NAME) + "%00")
    client.post(f"{at}/notes", {"text": NOTE})
    client.post("/w/lumen/settings/suppressions", {"email": "another." + EMAIL, "do": "add"})
    Client().post("/sign-in", {"email": EMAIL, "password": PASSWORD})
    Client(enforce_csrf_checks=True).post(f"/sign-in/{TOKEN}", {"email": EMAIL, "password": PASSWORD})
    client.get(at, headers={"host": "zephyrine.quackenbush.canary.example"})
    for fails in (quoting(EMAIL, PHONE), raising(KeyError(EMAIL)), raising(SuspiciousOperation(f"{NAME} at {PHONE}"))):
        with monkeypatch.context() as patch:
            patch.setattr(people_views, "render", fails)
            answer = client.get(at, {"q": NAME, "token": TOKEN})
            assert answer.status_code in (400, 500)
            assert known(answer.content.decode()) == []


def sending(somebody: Person, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail server that refuses and quotes, one that breaks off, none at all; and words that cannot be written."""
    refusing = f"550 5.1.1 <{EMAIL}> {NAME} unknown\r\n".encode()
    with Listener(refusing) as server, Listener() as broken:
        monkeypatch.setenv("GUANXI_LOCAL_PEERS", f"127.0.0.1:{server.port},127.0.0.1:{broken.port},127.0.0.1:9")
        monkeypatch.setitem(
            registry._composers,
            "cnt",
            lambda group: {one.pk: Words(subject=NAME, text=NOTE, html="", locale="en") for one in group},
        )
        for number, port in enumerate((server.port, broken.port, 9)):
            message(somebody, now, number, port)
        channels.lane(now=now)
        monkeypatch.setitem(registry._composers, "cnt", raising(ValueError(f"{EMAIL} {NOTE}")))
        message(somebody, now, 5, server.port)
        worker.turn(worker.Lane("messages", channels.lane, 1))
        worker.turn(worker.Lane("messages", raising(ValueError(f"{EMAIL} {NOTE}")), 1))
    with monkeypatch.context() as patch:
        stopping = threading.Event()

        def lost(lane: worker.Lane) -> bool:
            stopping.set()
            raise DatabaseError(f"Key (lookup)=({EMAIL}) already exists for {NAME}")

        patch.setattr(worker, "turn", lost)
        patch.setattr(worker, "close_old_connections", lambda: None)
        patch.setattr(connection, "close", lambda: None)
        worker.run_lane(worker.Lane("messages", channels.lane, 0), stopping)


def message(somebody: Person, now: datetime, step: int, port: int) -> None:
    Message.objects.create(
        origin="cnt_a",
        step=step,
        person=somebody,
        account=make.account(now, port=port),
        purpose="transactional",
        state="waiting",
        planned_at=now,
        due_at=now,
    )


def telling_others(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver that answers with all that it knows."""
    with receivers(monkeypatch, [Says(500, f"{NAME} {EMAIL} {PHONE} {TOKEN}".encode())]) as [other]:
        to, secret = integrations.make_endpoint(url=other.url, events=["order.paid"], name=NAME, by=None, now=now)
        integrations.send_test(endpoint=to, now=now)
        while Delivery.objects.filter(attempts=0).exists() or Delivery.objects.filter(state="sending").exists():
            telling.lane(now=now)
        assert secret not in Delivery.objects.get().answer
        assert EMAIL not in Delivery.objects.get().answer


def test_no_line_of_the_log_knows_anybody(
    owner: Visitor, lumen: Workspace, log: tuple[Raw, list[io.StringIO]], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    raw, streams = log
    User.objects.create_user(email=EMAIL, name=NAME, password=PASSWORD)
    imports(now)
    somebody = Person.objects.filter(name=NAME).first() or person(now)
    pages(owner, somebody, monkeypatch)
    sending(somebody, now, monkeypatch)
    telling_others(now, monkeypatch)
    governance.beat(process="worker:x", now=now)
    logging.getLogger("guanxi").warning("somebody wrote %s of %s into a line", EMAIL, PHONE)

    assert Message.objects.exclude(state__in=["skipped", "accepted"]).count() == 4
    could = " ".join(raw.said)
    assert {NAME, EMAIL, PHONE, NOTE} <= set(known(could)), "nothing could have leaked"
    assert TOKEN.lower() in could.lower()
    for stream in streams:
        text = stream.getvalue()
        assert known(text) == []
        for said in (
            "500 GET w/<slug:slug>/people/<str:public_id>",
            "words of cnt_a failed",
            "lane messages in workspace",
            "lost the database",
            "psycopg.errors",
        ):
            assert said in text, said
