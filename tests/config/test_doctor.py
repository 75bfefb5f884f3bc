import shutil
import socket
import sys
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from guanxi.config import doctor
from guanxi.config.installation import Installation
from guanxi.kit.net import ports
from guanxi.kit.postgres import Cluster
from tests.config.conftest import environment_of, run_guanxi


def findings(installation: Installation, **environment: str) -> tuple[int, dict[str, list[str]]]:
    """The exit code, and what is wrong by check."""
    done = run_guanxi({**installation.environment, **environment}, "doctor")
    assert done.stderr == ""
    found: dict[str, list[str]] = {}
    check = ""
    for line in done.stdout.splitlines():
        if line.startswith(("wrong", "fine")):
            check = line[7:]
            found[check] = []
        elif not line.lstrip().startswith("→"):
            found[check].append(line.strip())
    return done.returncode, {check: problems for check, problems in found.items() if problems}


@contextmanager
def mode(path: Path, planted: int) -> Iterator[None]:
    before = path.stat().st_mode
    path.chmod(planted)
    yield
    path.chmod(before)


def test_a_healthy_installation_has_nothing_wrong(migrated: Installation) -> None:
    assert findings(migrated, GUANXI_BASE_URL=f"http://127.0.0.1:{ports.first_free('127.0.0.1', 18000)}") == (0, {})


def test_open_files_a_busy_port_and_a_lake_that_cannot_be_written_are_found(
    migrated: Installation, tmp_path: Path
) -> None:
    key, lake = migrated.home / "secret.key", tmp_path / "lake"
    lake.write_text("a file where a folder should be")
    with mode(migrated.home, 0o755), mode(key, 0o644), listening() as port:
        found = findings(migrated, GUANXI_LAKE=str(lake), GUANXI_BASE_URL=f"http://127.0.0.1:{port}")
    assert found == (
        1,
        {
            "Home folder": [f"Other users may look into {migrated.home}."],
            "Root key": [f"Other users may read the root key {key}."],
            "Lake": [f"The lake {lake} cannot be written: Not a directory."],
            "Port": [f"Another program uses port {port}."],
        },
    )


def test_a_dangerous_role_and_an_open_table_are_found(migrated: Installation) -> None:
    superuser = migrated.cluster.url("superuser")
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("CREATE TABLE leak (workspace_id bigint)")
        try:
            code, found = findings(migrated, GUANXI_DATABASE_URL=superuser)
        finally:
            connection.execute("DROP TABLE leak")
    assert (code, found) == (
        1,
        {
            "Database roles": ["The role postgres is a superuser."],
            "Locks between workspaces": ["Row-level security is off for leak."],
        },
    )


def test_a_running_installation_whose_web_and_worker_are_silent_is_found(migrated: Installation) -> None:
    with psycopg.connect(migrated.cluster.url("owner"), autocommit=True) as connection, migrated.claimed():
        migrated.note_address("http://127.0.0.1:9")
        connection.execute("INSERT INTO governance_heartbeat VALUES ('worker', '2026-01-02 03:04Z', '{}')")
        try:
            code, found = findings(migrated)
        finally:
            connection.execute("DELETE FROM governance_heartbeat")
    assert (code, found) == (
        1,
        {
            "Port": ["The web server at http://127.0.0.1:9 does not answer."],
            "Worker": ["The worker was last heard of at 2026-01-02 03:04 UTC."],
        },
    )


def test_a_machine_without_an_installation_is_told_how_to_begin_and_left_as_it_was(tmp_path: Path) -> None:
    home = tmp_path / "none"
    code, found = findings(Installation(home, environment_of(home)))
    assert (code, home.exists()) == (1, False)
    assert found["Home folder"] == [f"There is no home folder {home}."]
    assert found["Root key"] == [f"There is no root key {home / 'secret.key'}."]
    assert found["PostgreSQL"] == [f"There is no PostgreSQL under {home} yet. Run `guanxi up` first."]


def test_missing_migrations_are_found(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, fast=True)
    cluster.start(dies_with_parent=True)
    try:
        _, found = findings(Installation(tmp_path, environment_of(tmp_path)))
    finally:
        cluster.remove()
    assert [problem.split(" ", 1)[1] for problem in found["Migrations"]] == [
        "migrations are not applied, the first is acquisition.0001_initial."
    ]


def test_an_address_where_no_database_answers_is_found(migrated: Installation) -> None:
    _, found = findings(migrated, GUANXI_DATABASE_URL="postgresql:///guanxi?host=/nowhere")
    assert [problem.split(":")[0] for problem in found["PostgreSQL"][:1]] == ["PostgreSQL does not answer"]


def test_a_full_disk_is_found(migrated: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 5, 5 * 1024**2))
    problems = doctor.MACHINE_CHECKS["Disk space"](migrated)
    assert {problem.what.split(" where ")[0] for problem in problems} == {"Only 5 MB are free"}


def test_an_old_python_is_found(migrated: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    (problem,) = doctor.MACHINE_CHECKS["Python"](migrated)
    assert problem.mend == "Install a newer Python."


@contextmanager
def listening() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]
