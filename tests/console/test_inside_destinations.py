"""Nobody makes us connect into our own network: every field that takes a host or an address gets every spelling of an
inside destination, every button that would dial is pressed, the worker does its turns, and nothing is dialled."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from guanxi.config import worker
from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import User
from guanxi.integrations.models import Delivery, Endpoint
from guanxi.kit import clock
from tests.console.forms import Form, forms_of
from tests.console.pages import address_of
from tests.console.things import make_things
from tests.console.world import World
from tests.integrations.receiver import Says, receivers
from tests.kit.listener import Listener
from tests.kit.test_net import ENCODINGS, INSIDE

NAMES = {"inside.example.test": ["127.0.0.1"], "both.example.test": ["8.8.8.8", "10.0.0.1"]}
NAMES |= {"metadata.example.test": ["169.254.169.254"], "six.example.test": ["::1"]}
HOSTS = [*dict.fromkeys([*ENCODINGS, *(f"[{one}]" if ":" in one else one for one in INSIDE)]), *NAMES]
# What a browser, a library and a person read as different hosts.
TRICKS = (
    "https://shop.example.test@127.0.0.1:{port}/",
    "https://shop.example.test:443@127.0.0.1:{port}/",
    "https://127.0.0.1:{port}#@shop.example.test/",
    "https://127.0.0.1:{port}\\@shop.example.test/",
    "https://127.0.0.1:{port}?@shop.example.test/",
    "https://127.0.0.1%00.shop.example.test:{port}/",
    "https://127.0.0.1%2f@shop.example.test:{port}/",
    "https://[::1]:{port}:443/",
    "https:127.0.0.1:{port}/",
    "https:///127.0.0.1:{port}/",
    "https://127.0.0.1:{port}\t/",
    "http://127.0.0.1:{port}/",
    "gopher://127.0.0.1:{port}/",
    "file:///etc/passwd",
)
FIELD = re.compile(r"(^|_)(host|url|server)$")
DIALLING = {"messages", "webhooks", "broadcasts"}


@pytest.fixture
def world(committed: None) -> Iterator[World]:
    owner = User.objects.create_user(email="owner@example.test", name="Lin Yao")
    workspace = governance.create_workspace(name="Lumen", slug="lumen", owner=owner, is_demo=True)
    with queries.entered(workspace):
        yield World(make_things(), {}, {})


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whom we connected to, by any socket of this process; nameservers apart, which nobody chooses by a form, and peers
    that the machine's owner named."""
    seen: list[str] = []
    real, really_connect = socket.getaddrinfo, socket.socket.connect

    def connect(self: socket.socket, address: Any) -> Any:
        if f"{address[0]}:{address[1]}" in os.environ.get("GUANXI_LOCAL_PEERS", "").split(","):
            return really_connect(self, address)
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[1] != 53:
            seen.append(f"{address[0]}:{address[1]}")
        raise ConnectionRefusedError

    def resolve(host: Any, port: Any, *more: Any, **given: Any) -> Any:
        if host in NAMES:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in NAMES[host]]
        if str(host).endswith("example.test"):
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        return real(host, port, *more, **given)

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect)
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.delenv("GUANXI_LOCAL_PEERS", raising=False)
    return seen


def owner_of_it() -> Client:
    client = Client()
    client.force_login(User.objects.get(email="owner@example.test"))
    return client


def places(world: World, client: Client) -> list[tuple[Form, str]]:
    """Each field of a form that takes a destination."""
    found = []
    for name in ("channel_new", "channel", "webhook_new", "webhook_edit"):
        address = address_of(name, world)
        for form in forms_of(name, address, client.get(address).content.decode()):
            fields = [one.name for one in form.controls if FIELD.search(one.name) and one.is_written]
            found += [(form, field) for field in fields]
    return found


def destinations(field: str, port: int) -> list[str]:
    if field.endswith("host"):
        return HOSTS
    return [f"https://{host}:{port}/" for host in HOSTS] + [one.format(port=port) for one in TRICKS]


def try_out(client: Client, page: str) -> int:
    """Press every button of the page that is led to, as long as it asks somebody; says how many were pressed."""
    pressed = 0
    for form in forms_of("", page, client.get(page).content.decode()):
        if form.method == "post" and re.search(r"_(check|test|reconnect)$", form.route):
            cache.clear()  # no limit of tries saves us here
            assert client.post(form.action, form.sent()).status_code < 500
            pressed += 1
    return pressed


def take_turns() -> None:
    """What the worker would do now by itself, until nothing is in the air; what is tried again is so later."""
    lanes, now = [lane for lane in worker.lanes() if lane.name in DIALLING], clock.now()
    deadline = time.monotonic() + 60
    while any(lane.work(now=now) for lane in lanes) or Delivery.objects.filter(state="sending").exists():
        assert time.monotonic() < deadline


def test_no_field_of_a_form_makes_us_dial_inside(world: World, dialled: list[str]) -> None:
    client = owner_of_it()
    fields = places(world, client)
    assert {field for _, field in fields} >= {"host", "url"}
    tried = pressed = 0
    with Listener() as listener:
        for form, field in fields:
            for destination in destinations(field, listener.port):
                cache.clear()
                Endpoint.objects.exclude(public_id=world.things.endpoint).delete()
                more = {"port": str(listener.port), "box_port": str(listener.port), "events": "order.paid"}
                sent = form.sent() | {name: value for name, value in more.items() if name in form.names}
                answer = client.post(form.action, sent | {field: destination})
                tried += 1
                assert answer.status_code in (200, 302, 400, 422), (destination, answer.status_code)
                if answer.status_code == 302:
                    pressed += try_out(client, answer.headers["Location"].partition("#")[0])
                elif made := Endpoint.objects.exclude(public_id=world.things.endpoint).first():
                    pressed += try_out(client, reverse("webhook", args=["lumen", made.public_id]))
                    take_turns()
        take_turns()
        came = listener.connections
    print(f"{tried} destinations tried, {pressed} buttons pressed, {came} connections")
    assert (dialled, came) == ([], 0)
    assert tried >= 60 * len(fields)
    assert pressed > 0


def test_no_redirect_of_a_webhook_leads_us_inside(
    world: World, dialled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The endpoint is made and tried by the pages; it sends us to each inside destination, and we stay where we are."""
    client, form = owner_of_it(), next(form for form, field in places(world, owner_of_it()) if field == "url")
    Endpoint.objects.all().delete()
    with Listener() as listener:
        to = destinations("url", listener.port)
        says = [
            Says(status, headers={"location": place.encode().decode("latin-1")})
            for place, status in zip(to, cycle((301, 302, 303, 307, 308)), strict=False)
        ]
        with receivers(monkeypatch, says) as [hears]:
            client.post(form.action, form.sent() | {"url": hears.url, "events": "order.paid"})
            page = client.get(reverse("webhook", args=["lumen", Endpoint.objects.get().public_id]))
            [button] = [one for one in forms_of("", "", page.content.decode()) if one.route == "webhook_test"]
            for _ in to:
                cache.clear()
                assert client.post(button.action, button.sent()).status_code == 302
            take_turns()
        came = listener.connections
    answered = Delivery.objects.values_list("state", "attempts", "status").distinct()
    assert (len(hears.heard), len(to) >= 60) == (len(to), True)
    # None: it sent us to what is no address at all.
    assert set(answered) == {("waiting", 1, status) for status in (301, 302, 303, 307, 308, None)}
    assert (dialled, came) == ([], 0)


def test_what_counts_would_have_noticed(dialled: list[str]) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", 9), 1)
    assert dialled == ["127.0.0.1:9"]
