"""The shape of the house, checked on every run; each rule is also shown to turn red."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grimp
import pytest
from django.apps import apps
from django.db import connection

from guanxi.kit.rows import WorkspaceRow

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "guanxi"
PUBLIC = {"models", "operations", "queries", "events", "port", "registry"}
DOORS = {"console", "api", "config"}
FLOORS = [
    ["events"],
    ["governance"],
    ["people"],
    ["channels"],
    ["connections"],
    ["content"],
    ["audiences"],
    ["acquisition", "conversations", "reach", "commerce"],
    ["loyalty"],
    ["advocacy"],
    ["journeys"],
    ["insight", "integrations"],
]
HEIGHT = {room: height for height, floor in enumerate(FLOORS) for room in floor}
GLOBAL_TABLES = {
    "governance_user",
    "governance_workspace",
    "governance_remembereddevice",
    "governance_signinlink",
    "governance_signinfailure",
    "governance_authenticator",
    "governance_recoverycode",
    "governance_passkey",
    "governance_heartbeat",
}
NETWORK = {"socket", "ssl", "http", "urllib", "smtplib", "imaplib", "httpx", "httpcore", "requests", "aiohttp"}
HARMLESS = {"urllib.parse", "http.HTTPStatus", "http"}


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def borrowed_insides(graph: Any) -> set[str]:
    """Every import that reaches past another room's front door."""
    borrowed = set()
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            parts = imported.split(".")
            if len(parts) < 3 or parts[1] not in HEIGHT:
                continue
            if room_of(importer) != parts[1] and parts[2] not in PUBLIC | {"apps"}:
                borrowed.add(f"{importer} -> {imported}")
    return borrowed


def sources(under: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(under.rglob("*.py")):
        name = file.relative_to(under).as_posix()
        if "migrations/" not in name:
            yield name, file.read_text(encoding="utf-8")


def imports_of(text: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def django_http_outside_doors(under: Path) -> list[str]:
    return [
        name
        for name, text in sources(under)
        if name.split("/")[0] not in DOORS
        and any(found.startswith(("django.http", "django.shortcuts")) for found in imports_of(text))
    ]


def ways_to_the_network(under: Path) -> list[str]:
    """Only kit.net opens connections. What the house itself starts (simulators, supervisor) listens."""
    allowed = ("kit/net/", "simulators/", "config/", "cli.py", "bench/")
    return [
        f"{name}: {found}"
        for name, text in sources(under)
        if not name.startswith(allowed)
        for found in sorted(imports_of(text))
        if found.split(".")[0] in NETWORK and not found.startswith("urllib.parse") and found not in HARMLESS
    ]


def kind_branches(under: Path) -> list[str]:
    """A channel's kind is compared nowhere outside the plug-ins: callers ask for the capability."""
    pattern = re.compile(r"(account|plugin|adapter|channel)\.kind\s*(==|!=|in\b)")
    return [
        f"{name}:{number}"
        for name, text in sources(under)
        if not name.startswith("channels/plugins/")
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def models_by_name(under: Path) -> list[str]:
    return [name for name, text in sources(under) if "get_model(" in text]


def one_door_out(under: Path) -> list[str]:
    """Nothing but channels opens a plug-in or calls an adapter."""
    pattern = re.compile(r"\.open\(.*config|\bOutbound\(")
    return [
        name
        for name, text in sources(under)
        if not name.startswith(("channels/", "simulators/", "bench/")) and pattern.search(text)
    ]


def code_from_text(under: Path) -> list[str]:
    pattern = re.compile(r"(?<![\w.])(eval|exec)\(|pickle|yaml\.load\(|shell=True|mark_safe\(")
    return [
        f"{name}:{number}"
        for name, text in sources(under)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


CHECKS = {
    "no django.http outside the doors": django_http_outside_doors,
    "one way out to the network": ways_to_the_network,
    "nobody compares the kind of a channel": kind_branches,
    "no models by name": models_by_name,
    "one door out to people": one_door_out,
    "no text is ever code": code_from_text,
}
PLANTED = {
    "no django.http outside the doors": ("people/operations.py", "from django.http import HttpResponse\n"),
    "one way out to the network": ("reach/queries.py", "import httpx\n"),
    "nobody compares the kind of a channel": ("reach/operations.py", "if account.kind == 'email':\n    pass\n"),
    "no models by name": ("people/queries.py", "from django.apps import apps\napps.get_model('people', 'Person')\n"),
    "one door out to people": ("reach/operations.py", "message = Outbound(key='', address='', text='')\n"),
    "no text is ever code": ("audiences/queries.py", "eval(rule)\n"),
}


def test_rooms_are_entered_by_the_front_door() -> None:
    assert borrowed_insides(grimp.build_graph("guanxi", exclude_type_checking_imports=True)) == set()


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_the_house_keeps(check: str) -> None:
    assert CHECKS[check](SOURCE) == []


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_a_planted_breach_is_found(check: str, tmp_path: Path) -> None:
    name, text = PLANTED[check]
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert CHECKS[check](tmp_path) != []


def cross_room_foreign_keys() -> Iterator[tuple[Any, str, str]]:
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if field.is_relation and getattr(field, "concrete", False) and field.related_model:
                assert not isinstance(field.related_model, str)
                source, target = model._meta.app_label, field.related_model._meta.app_label
                if {source, target} <= HEIGHT.keys() and source != target:
                    yield field, source, target


def test_foreign_keys_point_downstairs_and_leave_no_trace() -> None:
    found = list(cross_room_foreign_keys())
    assert found
    for field, source, target in found:
        assert HEIGHT[target] < HEIGHT[source], f"{field} points upstairs"
        assert field.remote_field.hidden, f"{field} needs related_name='+'"


def test_every_table_is_a_workspace_row_under_lock_or_on_the_short_list(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity")
        locked = {row[0] for row in cursor.fetchall()}
    ours = {m._meta.db_table: m for m in apps.get_models() if m._meta.app_label in HEIGHT}
    assert {table for table, model in ours.items() if not issubclass(model, WorkspaceRow)} == GLOBAL_TABLES
    assert {table for table, model in ours.items() if issubclass(model, WorkspaceRow)} == locked


# Each contract of pyproject.toml, and a line that breaks it: (file, line).
BREACHES = {
    "Rooms stand on the rooms below them": ("people/operations/breach.py", "from guanxi.reach import models"),
    "Inside a room": ("people/queries/breach.py", "from guanxi.people import operations"),
    "Rules are pure": ("channels/rules/breach.py", "import django"),
    "A channel plugin knows the port and the kit": (
        "channels/plugins/email/breach.py",
        "from guanxi.channels import models",
    ),
    "Channel plugins do not know each other": (
        "channels/plugins/breach/breach.py",
        "from guanxi.channels.plugins.email import adapter",
    ),
    "No cycles anywhere": ("kit/money.py", "from guanxi.events import rules"),
    "Only the doors speak HTTP frameworks": ("people/queries/breach.py", "import ninja"),
    "Only tasks.py knows the queue": ("people/operations/breach.py", "import procrastinate"),
}


def lint_imports(source: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--config", ROOT / "pyproject.toml", "--no-cache"],
        cwd=source.parent,
        env={"PYTHONPATH": str(source.parent), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_contracts_hold() -> None:
    answer = lint_imports(SOURCE)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("contract", BREACHES, ids=str)
def test_a_contract_turns_red_when_it_is_broken(contract: str, tmp_path: Path) -> None:
    copy = tmp_path / "guanxi"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("static", "demo_data", "locale", "__pycache__"))
    name, line = BREACHES[contract]
    package = (copy / name).parent
    package.mkdir(parents=True, exist_ok=True)
    module = package.with_suffix(".py")
    if module.exists():  # the room has a module of this name, not a package: the line goes into it
        with module.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
        shutil.rmtree(package)
    else:
        (package / "__init__.py").touch()
        with (copy / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    answer = lint_imports(copy)
    assert answer.returncode != 0
    assert re.search(rf"{re.escape(contract)}.* BROKEN", answer.stdout), answer.stdout
