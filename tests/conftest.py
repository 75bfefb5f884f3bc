"""One embedded PostgreSQL a run, migrated by the owner, used as the application role; and a home that goes away.

`make test` shares the work between two processes (pytest-xdist). Each has a server, a database and a home of its own.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from _pytest.nodeid import coerce_node_id
from django.conf import settings
from django.core.management import call_command
from django.db import connections, transaction
from xdist.scheduler import LoadScopeScheduling

from guanxi.config.settings import database
from guanxi.governance import queries as governance
from guanxi.governance.models import Workspace
from guanxi.governance.passwords import Argon2
from guanxi.kit import crypto
from guanxi.kit.postgres import Cluster, Role
from guanxi.kit.translations import compile_catalogues
from tests import optional

SOURCE = Path(__file__).resolve().parent.parent / "src" / "guanxi"
# Their tests take minutes, and make everything for themselves.
LONG = {"test_every_page.py", "test_script_injection.py", "test_first_story.py"}
TRUE_COST = {"time_cost": Argon2.time_cost, "memory_cost": Argon2.memory_cost}
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
URLS: dict[str, Role] = {
    "GUANXI_DATABASE_URL": "app",
    "GUANXI_DATABASE_OWNER_URL": "owner",
    "GUANXI_DATABASE_WORKER_URL": "worker",
    "GUANXI_DATABASE_SUPERUSER_URL": "superuser",
}


def pytest_configure() -> None:
    home = Path(tempfile.mkdtemp(prefix="guanxi-test-"))
    os.environ["GUANXI_HOME"] = str(home)
    # Playwright's loop runs in the thread of the browser tests, and Django would take their queries for ones in it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    settings.HOME, settings.FILES, settings.LAKE = home, home / "files", home / "lake"
    settings.SECRET_KEY_FILE = crypto.ensure_root_key(home / "secret.key")
    # Hundreds of passwords are made and tried; whoever tests their cost wants the true one.
    Argon2.time_cost, Argon2.memory_cost = 1, 1024
    compile_catalogues(settings.LOCALE_PATHS[0])
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"


def pytest_unconfigure() -> None:
    shutil.rmtree(settings.HOME, ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: the loop that they leave running would refuse every other loop in this thread. Of them
    the long ones are first, so that neither process is left with one when the other has nothing more to do."""
    items.sort(key=lambda item: ("browser" in item.path.parts, item.path.name not in LONG))
    for item in items:
        if not item.nodeid.endswith(item.name):  # of an operation of the API: all had one id
            item._id = coerce_node_id(f"{item.nodeid.partition('::')[0]}::{item.name}")
    # Of tests with the same id pytest-xdist runs one.
    assert len({item.nodeid for item in items}) == len(items)


class OneFileInOnePlace(LoadScopeScheduling):  # type: ignore[misc]
    """A file's tests share what it makes; each long test goes to whoever is free."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return nodeid if Path(file).name in LONG else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    config.option.loadscopereorder = False
    return OneFileInOnePlace(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = (report.longrepr for report in terminalreporter.stats.get("skipped", []))
    for line in optional.summary(why[2] for why in skipped if isinstance(why, tuple)):
        terminalreporter.write_line(line, red=True, bold=True)
    for line in minutes(terminalreporter):
        terminalreporter.write_line(line)


def minutes(terminalreporter: pytest.TerminalReporter) -> Iterator[str]:
    """How long the tests of each folder took, all processes together."""
    spent: defaultdict[str, float] = defaultdict(float)
    for report in chain.from_iterable(terminalreporter.stats.values()):
        if isinstance(report, pytest.TestReport):
            folders = Path(report.nodeid.partition("::")[0]).parts[1:-1]
            spent["/".join(folders) or "house"] += report.duration
    if sum(spent.values()) > 60:
        yield "Minutes: " + ", ".join(
            f"{folder} {seconds / 60:.1f}" for folder, seconds in sorted(spent.items(), key=lambda one: -one[1])
        )


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A server for this run, or the one that GUANXI_TEST_CLUSTER names, which stays up between runs."""
    kept = os.environ.get("GUANXI_TEST_CLUSTER")
    cluster = Cluster(Path(kept) if kept else settings.HOME / "cluster", fast=True)
    cluster.start(dies_with_parent=not kept)
    yield cluster
    if not kept:
        cluster.remove()


def use(url: str) -> None:
    connections["default"].close()
    connections["default"].settings_dict.update(database(url))


def schema_fingerprint() -> str:
    files = [*sorted(SOURCE.glob("*/migrations/*.py")), SOURCE / "kit" / "rows.py"]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


@pytest.fixture(scope="session")
def template(cluster: Cluster, django_db_blocker: Any) -> str:
    """The name of a migrated, empty database to copy from."""
    import psycopg

    name = f"template_{schema_fingerprint()}"
    with psycopg.connect(cluster.url("superuser", "postgres"), autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(71)")
        if not admin.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone():
            cluster.create_database(name)
            use(cluster.url("owner", name))
            with django_db_blocker.unblock():
                call_command("migrate", verbosity=0)
                connections["default"].close()
    return name


@contextmanager
def copy_of(cluster: Cluster, template: str, name: str) -> Iterator[None]:
    """A database that is dropped at the end."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(cluster.url("superuser", "postgres"), autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(71)")
        copy, original = sql.Identifier(name), sql.Identifier(template)
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER guanxi_owner").format(copy, original))
        admin.execute(sql.SQL("GRANT TEMP, CONNECT ON DATABASE {} TO guanxi_app").format(copy))
    yield
    cluster.drop_database(name)


@contextmanager
def working_in(cluster: Cluster, name: str) -> Iterator[None]:
    """Meanwhile this is the database, for other processes too."""
    before = {variable: os.environ.get(variable) for variable in URLS}
    os.environ.update({variable: cluster.url(role, name) for variable, role in URLS.items()})
    use(cluster.url("app", name))
    yield
    os.environ.update({variable: url for variable, url in before.items() if url})
    use(os.environ["GUANXI_DATABASE_URL"])


@pytest.fixture(scope="session")
def django_db_setup(cluster: Cluster, template: str) -> Iterator[None]:
    name = f"test_{os.getpid()}"
    with copy_of(cluster, template, name), working_in(cluster, name):
        yield


@pytest.fixture
def committed(cluster: Cluster, django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Real transactions, for what other processes or threads must see; every row is removed afterwards."""
    with django_db_blocker.unblock():
        yield
        connections.close_all()
        empty(cluster.url("superuser", f"test_{os.getpid()}"))
        forget_files()


KEPT = ("django_migrations", "django_content_type", "auth_permission")
MANY = 8 * 1024 * 1024


def empty(url: str) -> None:
    """TRUNCATE makes new files for each of the tables, which takes a second; few rows are deleted in less."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(url, autocommit=True) as admin:
        every = [
            sql.Identifier(name)
            for (name,) in admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            if name not in KEPT
        ]
        asked = sql.SQL("SELECT {}::text, pg_relation_size({}) WHERE EXISTS (SELECT FROM {})")
        each = [asked.format(sql.Literal(one.as_string()), sql.Literal(one.as_string()), one) for one in every]
        filled = admin.execute(sql.SQL(" UNION ALL ").join(each)).fetchall()
        if any(size > MANY for _name, size in filled):
            admin.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(sql.SQL(", ").join(every)))
            return
        admin.execute("SET session_replication_role = replica")
        for name, _size in filled:
            admin.execute(sql.SQL("DELETE FROM {}").format(sql.SQL(name)))
        admin.execute(
            "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) "
            "FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
        )


@contextmanager
def taken_back() -> Iterator[None]:
    """A transaction that comes to nothing. Around a module it keeps what its tests share; around a test, the rest."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def forget_files() -> None:
    """Ids of workspaces begin anew with each test; what another one left under the same id must not be found."""
    for folder in (settings.LAKE, settings.FILES):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def now() -> datetime:
    return NOW


def make_workspace(slug: str = "lumen", **given: Any) -> Workspace:
    values = {"name": slug.title(), "country": "CN", "timezone": "Asia/Shanghai", "currency": "CNY"} | given
    return Workspace.objects.create(slug=slug, **values)


@pytest.fixture
def workspace(db: None) -> Iterator[Workspace]:
    """A workspace whose scope holds for the whole test."""
    forget_files()
    with governance.entered(make_workspace()) as workspace:
        yield workspace


@pytest.fixture
def committed_workspace(committed: None) -> Iterator[Workspace]:
    """The same with real transactions."""
    with governance.entered(make_workspace()) as workspace:
        yield workspace
