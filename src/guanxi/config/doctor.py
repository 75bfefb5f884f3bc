"""`guanxi doctor`: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from guanxi.config import boot
from guanxi.config.boot import Problem
from guanxi.config.installation import DatabaseRole, Installation, Misconfigured
from guanxi.kit.net import objects, ports
from guanxi.kit.postgres import ClusterFailed
from guanxi.kit.schema import schema

OLDEST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 1024**3
NO_KEY = "`guanxi up` makes it for a new installation. Otherwise restore it from your backup: it opens the sealed data."
WORKER_SILENT_AFTER = timedelta(minutes=2)

Check = Callable[[Installation], list[Problem]]


@dataclass(frozen=True)
class Finding:
    check: str
    problems: list[Problem]


def examine(installation: Installation, now: datetime) -> list[Finding]:
    """Every check in order; those that need the database are left out when it cannot be reached."""
    findings = [Finding(name, check(installation)) for name, check in MACHINE_CHECKS.items()]
    try:
        installation.database_url("app")
        with installation.database():
            return findings + list(_database_findings(installation, now))
    except (ClusterFailed, Misconfigured) as error:
        mend = "Mend that first; the checks of the tables were left out."
        return [*findings, Finding("PostgreSQL", [Problem(str(error), mend)])]


def _database_findings(installation: Installation, now: datetime) -> Iterator[Finding]:
    problems = boot.version_problems(installation.database_url("app"))
    yield Finding("PostgreSQL", problems)
    if problems:
        return
    roles: tuple[DatabaseRole, ...] = ("app", "worker")
    urls = dict.fromkeys(installation.database_url(role) for role in roles)
    yield Finding("Database roles", [problem for url in urls for problem in boot.role_problems(url)])
    yield Finding("Locks between workspaces", boot.lock_problems(installation.database_url("app")))
    installation.connect_django("app")
    found = schema()
    missing = boot.newer_problems(found) or boot.missing_problems(found)
    yield Finding("Migrations", missing)
    if installation.running() is not None and not missing:
        yield Finding("Worker", _worker_problems(installation.database_url("app"), now))


def _python_problems(installation: Installation) -> list[Problem]:
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return []
    return [Problem(f"This is Python {sys.version.split()[0]}; Guanxi needs 3.11 or later.", "Install a newer Python.")]


def _disk_problems(installation: Installation) -> list[Problem]:
    places = {existing(installation.home), existing(installation.cluster.log_file().parent)}
    return [
        Problem(
            f"Only {free // 1024**2} MB are free where {place} lies.",
            f"Free some space; Guanxi wants {LEAST_FREE_BYTES // 1024**2} MB.",
        )
        for place in sorted(places)
        if (free := shutil.disk_usage(place).free) < LEAST_FREE_BYTES
    ]


def _home_problems(installation: Installation) -> list[Problem]:
    home = installation.home
    if not home.exists():
        return [Problem(f"There is no home folder {home}.", "Run `guanxi up`, which makes it, or correct GUANXI_HOME.")]
    state = home.stat()
    problems = []
    if state.st_uid != os.geteuid():
        problems.append(Problem(f"{home} belongs to another user.", "Run Guanxi as that user, or set GUANXI_HOME."))
    if stat.S_IMODE(state.st_mode) & 0o077:
        problems.append(Problem(f"Other users may look into {home}.", f"chmod 700 {home}"))
    return problems


def _key_problems(installation: Installation) -> list[Problem]:
    key = installation.root_key_file()
    if not key.exists():
        return [
            Problem(f"There is no root key {key}.", "Restore it from your backup; only a new installation makes one.")
        ]
    if stat.S_IMODE(key.stat().st_mode) & 0o077:
        return [Problem(f"Other users may read the root key {key}.", f"chmod 600 {key}")]
    return []


def _lake_problems(installation: Installation) -> list[Problem]:
    lake = installation.environment.get("GUANXI_LAKE", str(installation.home / "lake"))
    if objects.is_address(lake):
        wrong = objects.problem(lake)
        return [Problem(*wrong)] if wrong else []
    try:
        with tempfile.TemporaryFile(dir=existing(Path(lake))):
            return []
    except OSError as error:
        return [
            Problem(f"The lake {lake} cannot be written: {error.strerror}.", "Give this user the right to write there.")
        ]


def _port_problems(installation: Installation) -> list[Problem]:
    running = installation.running()
    if running is None:
        return _busy_port_problems(installation)
    address = urlsplit(running.get("url", ""))
    if address.hostname and address.port and not ports.answers(address.hostname, address.port, "/healthz"):
        log = installation.home / "logs" / "web.log"
        return [Problem(f"The web server at {running['url']} does not answer.", f"Its last words are in {log}.")]
    return []


def _busy_port_problems(installation: Installation) -> list[Problem]:
    address = urlsplit(installation.environment.get("GUANXI_BASE_URL", "http://127.0.0.1:8000"))
    port = address.port or 8000
    if ports.is_free("127.0.0.1", port):
        return []
    return [Problem(f"Another program uses port {port}.", "Stop it, or choose another with `guanxi up --port`.")]


def _worker_problems(url: str, now: datetime) -> list[Problem]:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT max(at) FROM governance_heartbeat WHERE process LIKE 'worker%'").fetchone()
    last: datetime | None = row[0] if row else None
    if last is not None and now - last < WORKER_SILENT_AFTER:
        return []
    heard = f"was last heard of at {last:%Y-%m-%d %H:%M} UTC" if last else "was never heard of"
    return [
        Problem(f"The worker {heard}.", "Look at the end of logs/worker.log in the home folder, and restart Guanxi.")
    ]


def existing(path: Path) -> Path:
    return path if path.exists() else existing(path.parent)


MACHINE_CHECKS: dict[str, Check] = {
    "Python": _python_problems,
    "Disk space": _disk_problems,
    "Home folder": _home_problems,
    "Root key": _key_problems,
    "Lake": _lake_problems,
    "Port": _port_problems,
}
