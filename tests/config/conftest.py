import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.conf import settings
from django.db import connections

from guanxi.config import demo, demo_slice
from guanxi.config.installation import Installation
from guanxi.governance.models import Workspace
from guanxi.governance.queries import entered
from guanxi.kit.postgres import Cluster
from tests.conftest import copy_of, forget_files, working_in

SOURCE = Path(__file__).parents[2] / "src"
NOON = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)  # in New York


def environment_of(home: Path, **more: str) -> dict[str, str]:
    """What a command sees on a machine of its own: nothing of ours but the home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GUANXI_", "DJANGO_", "PG"))}
    return kept | {"GUANXI_HOME": str(home), "GUANXI_POSTGRES_FAST": "1", "PYTHONPATH": str(SOURCE)} | more


def run_guanxi(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "guanxi.cli", *arguments], env=environment, capture_output=True, text=True, timeout=180
    )


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A healthy installation whose PostgreSQL runs, with nothing in its tables."""
    home = tmp_path_factory.mktemp("guanxi")
    home.chmod(0o700)
    (home / "secret.key").write_text("00" * 32)
    (home / "secret.key").chmod(0o600)
    cluster = Cluster(home, fast=True)
    cluster.start(dies_with_parent=True)
    environment = environment_of(home)
    done = run_guanxi(environment, "migrate")
    assert (done.returncode, done.stderr) == (0, "")
    yield Installation(home, environment)
    cluster.remove()


@pytest.fixture(scope="session")
def twenty_households(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the five hundred that the demo ships, those who bought least and redeemed something."""
    folder = tmp_path_factory.mktemp("slice")
    few = (
        "SELECT customer FROM orders WHERE customer IN (SELECT customer FROM redemptions) "
        "GROUP BY customer ORDER BY count(*), customer LIMIT 20"
    )
    keep = {
        "people": f"customer IN ({few})",
        "orders": f"customer IN ({few})",
        "redemptions": f"customer IN ({few})",
        "products": f"product IN (SELECT product FROM orders WHERE customer IN ({few}))",
        "refunds": f'"order" IN (SELECT "order" FROM orders WHERE customer IN ({few}))',
        "coupons": f"product IN (SELECT product FROM orders WHERE customer IN ({few}))",
    }
    with duckdb.connect() as engine:
        for name in keep:
            engine.execute(f"CREATE VIEW {name} AS FROM read_parquet('{demo_slice.DATA / name}.parquet')")
        for name, condition in keep.items():
            engine.execute(f"COPY (FROM {name} WHERE {condition}) TO '{folder / name}.parquet'")
    return folder


@pytest.fixture
def a_small_slice(twenty_households: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_slice, "DATA", twenty_households)
    monkeypatch.setattr(settings, "DEMO_SMTP", "127.0.0.1:2525")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A demo as it was loaded, to be copied."""

    database: str
    files: Path


@pytest.fixture(scope="session")
def loaded(
    cluster: Cluster,
    template: str,
    django_db_setup: None,
    django_db_blocker: Any,
    twenty_households: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Loaded]:
    kept = Loaded(f"demo_{os.getpid()}", tmp_path_factory.mktemp("demo"))
    forget_files()
    with copy_of(cluster, template, kept.database):
        with (
            working_in(cluster, kept.database),
            django_db_blocker.unblock(),
            pytest.MonkeyPatch.context() as patch,
        ):
            patch.setattr(demo_slice, "DATA", twenty_households)
            patch.setattr(settings, "DEMO_SMTP", "127.0.0.1:2525")
            demo.load(NOON)
            connections.close_all()
        for folder in (Path(settings.LAKE), settings.FILES):
            if folder.exists():
                shutil.move(folder, kept.files)
        yield kept


@pytest.fixture
def lumen(loaded: Loaded, cluster: Cluster, a_small_slice: None, django_db_blocker: Any) -> Iterator[Workspace]:
    """The demo's workspace in a database of its own, with real transactions."""
    forget_files()
    name = f"{loaded.database}_copy"
    with copy_of(cluster, loaded.database, name), working_in(cluster, name), django_db_blocker.unblock():
        shutil.copytree(loaded.files, settings.HOME, dirs_exist_ok=True)
        with entered(Workspace.objects.get()) as workspace:
            yield workspace
        connections.close_all()
    forget_files()
