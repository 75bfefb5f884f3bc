"""Before tables are changed: what that takes, and no step on tables of a newer version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from guanxi.config.installation import Installation
from tests.config.conftest import run_guanxi

NEWER = "people.9999_of_the_future"


def as_owner(installation: Installation, statement: str) -> None:
    with psycopg.connect(installation.database_url("owner"), autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.fixture
def newer(migrated: Installation) -> Iterator[Installation]:
    """Its database was used by a newer Guanxi."""
    future = "('people', '9999_of_the_future', now())"
    as_owner(migrated, f"INSERT INTO django_migrations (app, name, applied) VALUES {future}")
    yield migrated
    as_owner(migrated, "DELETE FROM django_migrations WHERE name = '9999_of_the_future'")


@pytest.fixture
def behind(migrated: Installation) -> Iterator[Installation]:
    """As if the last migration of a room had come with this version."""
    as_owner(migrated, "DELETE FROM django_migrations WHERE app = 'integrations' AND name = '0002_lock_rows'")
    yield migrated
    as_owner(
        migrated,
        "INSERT INTO django_migrations (app, name, applied) SELECT 'integrations', '0002_lock_rows', now() "
        "WHERE NOT EXISTS (SELECT FROM django_migrations WHERE app = 'integrations' AND name = '0002_lock_rows')",
    )


@pytest.mark.parametrize("command", [("web", "--port", "18999"), ("worker",), ("migrate",), ("doctor",), ("upgrade",)])
def test_no_process_touches_a_database_of_a_newer_version(newer: Installation, command: tuple[str, ...]) -> None:
    done = run_guanxi(newer.environment, *command)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert f"The database is of a newer Guanxi: this one, 0.1.0, does not know {NEWER}." in said or NEWER in said
    assert "Install the newer version again, or restore a backup of this one." in said
    assert "Traceback" not in said


@pytest.mark.parametrize("command", [("web", "--port", "18999"), ("worker",)])
def test_no_process_serves_with_tables_of_an_older_version(behind: Installation, command: tuple[str, ...]) -> None:
    done = run_guanxi(behind.environment, *command)
    assert done.returncode == 1
    assert "1 migrations are not applied, the first is integrations.0002_lock_rows." in done.stderr


def test_the_check_says_what_an_upgrade_does_and_wants_a_backup_of_today_first(
    behind: Installation, tmp_path: Path
) -> None:
    as_owner(behind, "DELETE FROM governance_heartbeat WHERE process = 'backup'")
    checked = run_guanxi(behind.environment, "upgrade", "--check")
    assert checked.returncode == 1
    for said in ("on PostgreSQL 18", "fine   1 migrations to apply (integrations)", "wrong  No backup was ever made"):
        assert said in checked.stdout, checked.stdout
    assert run_guanxi(behind.environment, "upgrade").returncode == 1
    assert run_guanxi(behind.environment, "backup", "--to", str(tmp_path / "b.tar")).returncode == 0
    checked = run_guanxi(behind.environment, "upgrade", "--check")
    assert (checked.returncode, "fine   The last backup is 0 hours old" in checked.stdout) == (0, True)
    as_owner(behind, "DELETE FROM governance_heartbeat WHERE process = 'backup'")


def test_an_installation_that_is_up_to_date_has_nothing_to_do(migrated: Installation) -> None:
    done = run_guanxi(migrated.environment, "upgrade")
    assert (done.returncode, done.stderr) == (0, "")
    assert "fine   0 migrations to apply" in done.stdout
