"""What no page of ours would send: forms without their token, with fields of other tables, with files that are none;
and what leaves us for a spreadsheet. The routes drive these tests, so that a new form is attacked by itself."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from django.apps import apps
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models, transaction
from django.test import Client

from guanxi.audiences.models import Audience
from guanxi.channels.models import Account
from guanxi.content.models import Content
from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import Staff, Unit, User
from guanxi.kit import clock
from guanxi.kit.rows import WorkspaceRow
from guanxi.kit.spreadsheets import STARTS
from guanxi.people import operations as people
from guanxi.people.models import Field, Import, Person, Trait
from guanxi.reach.models import Broadcast
from tests.conftest import forget_files, taken_back
from tests.console.forms import Form, forms_of, once
from tests.console.pages import NO_PAGE, address_of, pages
from tests.console.test_access import ROUTES, routes
from tests.console.world import World, check, make_world, work

SAFE = {"get", "head", "options"}

# Forms that are taken without a token of ours.
WITHOUT_TOKEN = {
    "unsubscribe": "RFC 8058: the mail program posts without having loaded the page; the link is the proof",
}
# Entered with a key, and no cookie is read: tests/api/test_intake.py, tests/api/test_access.py.
BY_KEY = {"intake"}
ASKS_BY_ITSELF = {"import_new": "asks for the token once it has seen that the body is not too large"}


@pytest.fixture(scope="module")
def first_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    forget_files()
    with django_db_blocker.unblock(), taken_back():
        owner = User.objects.create_user(email="owner@example.test", name="Lin Yao")
        workspace = governance.create_workspace(name="Lumen", slug="lumen", owner=owner, is_demo=True)
        with queries.entered(workspace):
            yield make_world()


@pytest.fixture
def world(first_world: World, django_db_blocker: Any) -> Iterator[World]:
    """What a test does to it is taken back."""
    with django_db_blocker.unblock(), taken_back():
        yield first_world


def owner_of_it(**given: Any) -> Client:
    client = Client(**given)
    client.force_login(User.objects.get(email="owner@example.test"))
    return client


def test_a_form_without_its_token_is_refused_everywhere(world: World) -> None:
    client = owner_of_it(enforce_csrf_checks=True)
    let_in = {}
    for name, route in ROUTES.items():
        for method in set(route.methods) - SAFE:
            address = address_of(name, world)
            status = getattr(client, method)(address).status_code
            if status != 403 and name not in WITHOUT_TOKEN.keys() | BY_KEY:
                let_in[f"{method} {name}"] = status
    assert let_in == {}


def test_views_that_do_not_ask_for_the_token_say_why() -> None:
    loose = {name for name, pattern in routes() if getattr(pattern.callback, "csrf_exempt", False)}
    from_pages = {name for name in loose if not name.startswith("api") and ":" not in name}
    assert from_pages == WITHOUT_TOKEN.keys() | ASKS_BY_ITSELF.keys()


def all_forms(world: World, client: Client) -> list[Form]:
    found: list[Form] = []
    for name, address in pages(world, without_login=False):
        answer = client.get(address)
        if answer.status_code < 500 and answer.headers["Content-Type"].startswith("text/html"):
            found += forms_of(name, address, answer.content.decode())
    return [form for form in once(found) if form.method == "post"]


def attempts(world: World, client: Client) -> list[tuple[str, str, dict[str, Any]]]:
    """(route, address, what is sent): every form of a page, and every other address that takes one, bare."""
    found = [(form.route, form.action, form.sent()) for form in all_forms(world, client)]
    seen = {route for route, _, _ in found}
    bare = [name for name, route in ROUTES.items() if "post" in route.methods and name not in seen]
    return [one for one in found if one[0] in ROUTES] + [(name, address_of(name, world), {}) for name in bare]


def names_of_others() -> dict[str, str]:
    """Every id and foreign key of every table, pointing at a row that is there and is not the form's own."""
    given = {}
    for model in apps.get_models():
        for one in model._meta.concrete_fields:
            if one.primary_key or one.is_relation or one.name.endswith("_id"):
                target: Any = one.related_model if one.is_relation else model
                row = target._default_manager.order_by("pk").values_list("pk", flat=True).first() or 1
                for name in {one.name, one.attname, f"{model._meta.model_name}_{one.name}"}:
                    given[name] = str(row)
    return given | {"pk": "1", "is_staff": "1", "is_superuser": "1"}


def pointers(before: dict[type[models.Model], set[Any]]) -> dict[str, list[tuple[str, ...]]]:
    """Whom each row of each table points at; rows that were not there before are only "new"."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for model, known in before.items():
        keys = [one for one in model._meta.concrete_fields if one.is_relation or one.attname == "workspace_id"]
        lines = []
        for pk, *values in model._default_manager.values_list("pk", *(one.attname for one in keys)):
            line = [str(pk) if pk in known else "new"]
            for one, value in zip(keys, values, strict=True):
                target = before.get(cast(Any, one.related_model), set()) if one.is_relation else {value}
                line.append(f"{one.attname}={value if value is None or value in target else 'new'}")
            lines.append(tuple(line))
        found[model.__name__] = sorted(lines)
    return found


def ids() -> dict[type[models.Model], set[Any]]:
    kept = [model for model in apps.get_models() if issubclass(model, (WorkspaceRow, User))]
    return {model: set(model._default_manager.values_list("pk", flat=True)) for model in kept}


def after(client: Client, address: str, sent: dict[str, Any], before: Any) -> tuple[int, dict[str, Any]]:
    """What the tables are like after the form was sent; it is taken back."""
    for one in sent.values():
        if isinstance(one, SimpleUploadedFile):
            one.seek(0)
    with transaction.atomic():
        client.force_login(User.objects.get(email="owner@example.test"))  # some forms end the session
        status = client.post(address, sent).status_code
        seen = pointers(before)
        transaction.set_rollback(True)
    return status, seen


# Fields of a form's own that are called like a column.
OWN = {"export_new": ("audience",), "export_count": ("audience",)}


def test_names_of_other_tables_in_a_form_change_nothing(world: World) -> None:
    client = owner_of_it()
    before, others = ids(), names_of_others()
    wrong = {}
    came_through = set()
    for route, address, sent in attempts(world, client):
        plain = after(client, address, sent, before)
        laden = after(
            client, address, {name: others[name] for name in others if name not in OWN.get(route, ())} | sent, before
        )
        if plain[0] in (200, 302) and sent:
            came_through.add(route)
        if max(plain[0], laden[0]) >= 500 or plain[1] != laden[1] or (sent and plain[0] != laden[0]):
            changed = [name for name in plain[1] if plain[1][name] != laden[1][name]]
            wrong[f"{route} {address}"] = (plain[0], laden[0], changed)
    assert wrong == {}
    assert {"person_edit", "staff_new", "content_new", "unit_new", "channel_new"} <= came_through


EVIL = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "＝1+1",
    "x;=1+1",
    'x";=1+1',
    "x\n=1+1",
    "x\t=1+1",
)
HOLDERS: tuple[tuple[type[WorkspaceRow], str], ...] = (
    (Person, "name"),
    (Field, "label"),
    (Trait, "value"),
    (Audience, "name"),
    (Content, "name"),
    (Broadcast, "name"),
    (Unit, "name"),
    (Staff, "name"),
    (Account, "name"),
    (Import, "filename"),
)


def poison() -> None:
    """Each name that somebody gave is now something that a spreadsheet would evaluate."""
    for model, name in HOLDERS:
        texts = model._default_manager.exclude(field__kind__in=("number", "date", "yes_no")) if model is Trait else None
        for number, row in enumerate((texts or model._default_manager).order_by("pk")):
            model._default_manager.filter(pk=row.pk).update(**{name: EVIL[number % len(EVIL)]})
    lines = "".join('"{}",bad\n'.format(text.replace('"', '""')) for text in EVIL)
    table = io.BytesIO(f"name,email\n{lines}".encode())
    of = people.start_import(file=table, filename="=1+1.csv", kind="people", by=None, now=clock.now())
    people.choose_columns(of=of, columns={"name": "name", "email": "email"})
    for step in (check, work):
        of.refresh_from_db()
        step(of)
    Import.objects.exclude(pk=of.pk).delete()


def downloads(world: World, client: Client) -> Iterator[tuple[str, Any]]:
    """Every answer that a browser would keep as a file."""
    rejects = Import.objects.get().public_id
    for name, route in ROUTES.items():
        if "get" in route.methods:
            address = address_of(name, world)
            address = re.sub(r"imp_\w+", rejects, address)
            yield name, client.get(address)
    for name, address, sent in attempts(world, client):
        with transaction.atomic():
            client.force_login(User.objects.get(email="owner@example.test"))
            yield name, client.post(address, sent)
            transaction.set_rollback(True)


def test_no_file_to_take_away_holds_what_a_spreadsheet_would_evaluate(world: World) -> None:
    poison()
    client = owner_of_it()
    wrong, looked_at = [], set()
    for name, answer in downloads(world, client):
        if "attachment" not in answer.headers.get("Content-Disposition", ""):
            continue
        kind = answer.headers["Content-Type"]
        assert answer.headers.get("X-Content-Type-Options") == "nosniff", name
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        looked_at.add(name)
        if kind.startswith("text/csv"):
            wrong += [(name, cell) for cell in evaluated(body.decode("utf-8-sig"))]
    assert wrong == []
    assert "import_rejected" in looked_at


def evaluated(text: str) -> list[str]:
    """Cells that are formulas where columns are parted at commas, or at semicolons as in half of Europe."""
    by_comma = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    by_semicolon = [cell for line in text.splitlines() for cell in line.split(";")]
    numbers = r"-?\d+(\.\d+)?(,.*)?"
    cells = (*by_comma, *by_semicolon)
    return [cell for cell in cells if re.match(STARTS, cell) and not re.fullmatch(numbers, cell)]


def test_a_formula_would_be_found() -> None:
    assert evaluated('a,"x;=1+1"\n=2,3\n') == ["=2", '=1+1"', "=2,3"]


FILES: dict[str, tuple[str, bytes]] = {
    "a picture that is a script": ("people.csv", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
    "svg": ("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
    "a page": ("people.html", b"<html><script>alert(1)</script></html>"),
    "a program": ("people.exe", b"MZ\x90\x00" + bytes(64)),
    "a picture": ("people.csv", b"\x89PNG\r\n\x1a\n" + bytes(64)),
    "nothing": ("people.csv", b""),
    "a folder above": ("../../../../tmp/outside.csv", b"name,email\nAnn,ann@example.test\n"),
    "a folder above, as Windows writes it": ("..\\..\\outside.csv", b"name,email\nAnn,ann@example.test\n"),
    "an absolute path": ("/etc/passwd", b"name,email\nAnn,ann@example.test\n"),
    "a name that ends twice": ("people.csv\x00.svg", b"name,email\nAnn,ann@example.test\n"),
    "a name with a line break": ("a\r\nSet-Cookie: x=1.csv", b"name,email\nAnn,ann@example.test\n"),
    "a very long name": ("n" * 5000 + ".csv", b"name,email\nAnn,ann@example.test\n"),
    "a script for a name": ("<img src=x onerror=alert(1)>.csv", b"name,email\nAnn,ann@example.test\n"),
    "no workbook": ("people.xlsx", b"PK\x03\x04" + bytes(64)),
    "a bomb's name": ("people.parquet", b"PAR1" + bytes(64) + b"PAR1"),
}


def test_a_file_of_any_kind_and_name_is_refused_or_kept_under_a_name_of_ours(world: World) -> None:
    client = owner_of_it()
    takers = [form for form in all_forms(world, client) if any(one.kind == "file" for one in form.controls)]
    assert "import_new" in {form.route for form in takers}
    for form in takers:
        fields = [one.name for one in form.controls if one.kind == "file"]
        for number, (what, (name, body)) in enumerate(FILES.items()):
            sent = form.sent() | {field: SimpleUploadedFile("x", body) for field in fields}
            for field in fields:
                sent[field].name = name
            answer = client.post(form.action, sent | {"press": f"{number}"})
            assert answer.status_code in (200, 302, 400, 413, 422), (form.route, what)
            assert "Set-Cookie: x" not in str(answer.headers), what
    assert_names_are_plain()
    kept = [str(path.relative_to(settings.HOME)) for path in Path(settings.HOME).rglob("*") if path.is_file()]
    assert [path for path in kept if "outside" in path or "passwd" in path or ".." in path] == []
    assert not Path("/tmp/outside.csv").exists()


def assert_names_are_plain() -> None:
    """What a row keeps as the name of a file is no path."""
    for model in apps.get_models():
        for one in model._meta.concrete_fields:
            if one.name in ("filename", "file_name"):
                names = model._default_manager.values_list(one.name, flat=True)
                assert [name for name in names if re.search(r"[/\\\x00\r\n]", name)] == []


def test_what_is_kept_is_never_shown_as_a_page(world: World) -> None:
    """A file from outside comes back as a file to take away, whatever it is."""
    client = owner_of_it()
    for name, why in NO_PAGE.items():
        if why == "a file to take away":
            headers = client.get(address_of(name, world)).headers
            assert headers["Content-Disposition"].startswith("attachment"), name
            assert headers["X-Content-Type-Options"] == "nosniff", name
