"""2,000 ways to smuggle in a script, through every text of every form and every column of every import; then the pages
that show them are opened in Chromium, without the page policy that would hide a hole.

A page is harmed when a script of theirs ran, when an element of theirs would run one at a click, or when the page is
broken. GUANXI_FULL=1 sends more to each form and opens every person and every answer; otherwise each page and a sample
of what there are many of.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator
from html import unescape
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, Route

from guanxi.audiences.models import Audience
from guanxi.content.models import Content
from guanxi.governance.models import Role, User
from guanxi.kit import clock
from guanxi.people import operations as people
from guanxi.people.models import Import, Person
from guanxi.people.registry import import_kinds
from guanxi.people.rules import guess_columns
from guanxi.reach.models import Broadcast
from tests.console.browser.conftest import Site
from tests.console.forms import Form, forms_of, once
from tests.console.pages import pages
from tests.console.test_access import ROUTES
from tests.console.vectors import VECTORS
from tests.console.world import World, make_world
from tests.factories.reach import write_lake

FULL = os.environ.get("GUANXI_FULL") == "1"
A_FORM = 20 if FULL else 6
LEAVES = {"sign_out", "account_sessions_end", "account_session_end", "account_password", "staff_access"}
# They end or remove what the next form needs.
LEAVES |= {name for name in ROUTES if name.endswith(("_remove", "_delete", "_switch", "_cancel", "_undo"))}

Answers = list[tuple[str, Any]]
HOOKS = (Path(__file__).parent / "hooks.js").read_text()
# What would run at a click, a key or an animation that nobody made here.
ARMED = (Path(__file__).parent / "armed.js").read_text()


@pytest.fixture
def world(site: Site) -> World:
    return make_world()


@pytest.fixture
def unguarded(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    """A page that would let every inline script run."""
    with browser.new_context(**browser_context_args, bypass_csp=True, service_workers="block") as context:
        context.add_init_script(HOOKS)
        yield context.new_page()


def harm(page: Page) -> list[str]:
    found: list[str] = page.evaluate(ARMED)
    if page.locator("main").count() != 1:
        found.append("the page is broken")
    return found


def test_what_looks_for_scripts_finds_them(unguarded: Page) -> None:
    """The same eyes on a page that shows the vectors unescaped, in its text and in its attributes."""
    seen = set()
    for number, vector in enumerate(VECTORS):
        markup = f'<main><div title="{vector}">{vector}</div><textarea>{vector}</textarea></main>'
        if number % 10 and not FULL:
            continue
        unguarded.set_content(markup, wait_until="commit")
        if harm(unguarded):
            seen.add(vector)
    tried = len(VECTORS) if FULL else len(VECTORS[::10])
    assert len(seen) / tried > 0.85


def bring_everything(now: Any) -> None:
    """Each column of each kind of file is vectors; what a column refuses is shown among the rows that stayed out."""
    for kind in import_kinds():
        columns = [one.key for one in kind.fields]
        if kind.takes_traits:
            columns += ["<img src=x onerror=alert(1)>", '"><script>alert(2)</script>']
        turn = cycle(VECTORS)
        for typed in (True, False):
            lines = [columns] + [line(columns, kind.key, number, turn, typed) for number in range(len(VECTORS))]
            bring(kind.key, lines, now)


SOUND = {
    "email": "v{}@example.test",
    "customer_number": "V-{}",
    "customer": "V-{}",
    "created": "2026-01-01",
    "placed_at": "2026-10-01 10:00",
    "refunded_at": "2026-10-02",
    "at": "2026-10-02",
    "quantity": "1",
    "amount": "5.00",
    "order": "VO-{}",
    "number": "vp{}",
    "member": "yes",
    "member_since": "2026-01-01",
    "advisor": "owner@example.test",
    "state": "active",
    "since": "2026-01-01",
    "group": "vg{}",
    "created_at": "2026-01-01",
    "bringer_customer_number": "V-0",
    "by": "word",
} | dict.fromkeys(
    (
        "wecom",
        "corp",
        "ended_at",
        "source",
        "amount_minor",
        "currency",
        "phone",
        "language",
        "country",
        "owner",
        "unit",
        "consent",
        "tags",
        "role",
        "staff",
        "how",
        "left",
        "invited_by",
        "bringer_email",
        "bringer_phone",
        "bringer_wecom",
    ),
    "",
)


def line(columns: list[str], kind: str, number: int, turn: Iterator[str], typed: bool) -> list[str]:
    """One row; `typed`: each value has the form and the length of its column, so that the row comes in."""
    if not typed:
        return [next(turn) for _ in columns]
    longest = 100 if kind == "people" else 60
    short = (re.sub(r"[\x00-\x1f\u2028]", " ", one) for one in turn if len(one) <= longest)
    return [SOUND[column].format(number) if column in SOUND else next(short) for column in columns]


def bring(kind: str, lines: list[list[str]], now: Any) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    name = f"{VECTORS[number_of(kind) % len(VECTORS)]}.csv".replace("/", "")[:150]
    of = people.start_import(file=io.BytesIO(text.getvalue().encode()), filename=name, kind=kind, by=None, now=now)
    names = {
        field.key: (field.key, *field.synonyms) for one in import_kinds() if one.key == kind for field in one.fields
    }
    columns = guess_columns(of.sheet["header"], names)
    columns |= {header: "new:text" for header in of.sheet["header"] if not columns.get(header) and kind == "people"}
    of = people.choose_options(of=people.choose_columns(of=of, columns=columns), options={})
    people.check_import(of=of)
    people.work_import(import_id=of.pk, now=now)
    of.refresh_from_db()
    if of.check_report.get("created"):
        people.run_import(of=of, now=now)
        people.work_import(import_id=of.pk, now=now)


def number_of(kind: str) -> int:
    return Import.objects.count() * 7 + len(kind)


def all_forms(client: Client, world: World) -> list[Form]:
    found: list[Form] = []
    for name, address in pages(world, without_login=False):
        answer = client.get(address)
        if answer.headers["Content-Type"].startswith("text/html"):
            found += forms_of(name, address, answer.content.decode())
    return [form for form in once(found) if form.route not in LEAVES]


def send_everything(client: Client, world: World, owner: Any) -> tuple[dict[str, set[str]], Answers]:
    """Vectors by field, and the pages that came back at once: each text alone, and all texts of a form together."""
    used: dict[str, set[str]] = {}
    answers: Answers = []
    turn = cycle(VECTORS)
    for form in all_forms(client, world):
        texts = [one.name for one in form.controls if one.is_written or one.kind == "file"]
        for free in [{one} for one in texts] + [set(texts)] * (A_FORM if texts else 0):
            client.force_login(owner)
            sent = form.sent({name: next(turn) for name in free})
            act = client.get if form.method == "get" else client.post
            answer = act(form.action.partition("?")[0], sent)
            assert answer.status_code < 500, (form.route, sent)
            for name in free:
                used.setdefault(f"{form.page}: {name}", set()).add(str(sent[name]))
            if is_page(answer):
                answers.append((form.route, answer))
    return used, answers


def is_page(answer: Any) -> bool:
    return answer.headers.get("Content-Type", "").startswith("text/html") and answer.status_code not in (301, 302)


def test_no_script_gets_into_any_page(site: Site, world: World, unguarded: Page) -> None:
    now, page, owner = clock.now(), unguarded, site.users[Role.OWNER]
    client = Client()
    client.force_login(owner)
    bring_everything(now)
    write_lake(now)
    used, answers = send_everything(client, world, owner)
    few = {field: len(given) for field, given in used.items() if len(given) < A_FORM}
    client.force_login(owner)
    page.context.add_cookies(
        [{"name": key, "value": one.value, "url": site.address} for key, one in client.cookies.items()]
    )
    harmed: dict[str, list[str]] = {}
    looked_at = 0
    for name, address in [*pages(world, without_login=False), *what_there_is_many_of()]:
        opened = page.goto(site.address + address, wait_until="load")
        looked_at += 1
        if found := harm(page) or ([f"status {opened.status}"] if opened and opened.status >= 500 else []):
            harmed[f"{name} {address}"] = found
    for number, (route, answer) in enumerate(sample(answers)):
        again(page, site, number, answer)
        looked_at += 1
        if found := harm(page):
            harmed[f"the answer of {route}"] = found
    print(f"{len(VECTORS)} vectors, {len(used)} fields of forms, {looked_at} pages")
    assert harmed == {}
    assert few == {}
    assert Person.objects.count() > len(VECTORS)


def what_there_is_many_of() -> Iterator[tuple[str, str]]:
    slug = ["lumen"]
    yield from ((f"people {n}", address) for n, address in enumerate(lists_of_people()))
    for name, model in (("audience", Audience), ("content", Content), ("broadcast", Broadcast), ("import", Import)):
        rows: Any = model._default_manager.order_by("-pk").values_list("public_id", flat=True)
        yield from ((name, reverse(name, args=[*slug, one])) for one in rows[: None if FULL else 12])
    rows = Person.objects.order_by("-pk").values_list("public_id", flat=True)
    yield from (("person", reverse("person", args=[*slug, one])) for one in (rows if FULL else rows[::200]))


def lists_of_people() -> Iterator[str]:
    """Pages of the list, by their links to the next one."""
    client, address = Client(), reverse("people", args=["lumen"])
    client.force_login(User.objects.get(email="owner@example.test"))
    for _ in range(60 if FULL else 10):
        yield address
        onward = re.search(r'href="([^"]*after=[^"]*)"', client.get(address).content.decode())
        if not onward:
            return
        query = unescape(onward[1])
        address = query if query.startswith("/") else address.partition("?")[0] + query


def sample(answers: Answers) -> Answers:
    if FULL:
        return answers
    kept: dict[str, Answers] = {}
    for route, answer in answers:
        kept.setdefault(f"{route} {answer.status_code}", []).append((route, answer))
    return [one for many in kept.values() for one in islice(many, 2)]


def again(page: Page, site: Site, number: int, answer: Any) -> None:
    """Open what a form was answered with, as the browser that sent it would."""
    address = f"{site.address}/answer/{number}"

    def give(route: Route) -> None:
        route.fulfill(status=200, content_type="text/html; charset=utf-8", body=answer.content)

    page.route(address, give)
    page.goto(address, wait_until="load")
    page.unroute(address)
