"""`guanxi upgrade`: what this version would do to the tables, and whether it may."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psycopg

import guanxi
from guanxi.config import boot, doctor
from guanxi.config.boot import Problem
from guanxi.config.installation import Installation
from guanxi.kit.schema import schema

OLDEST_BACKUP = timedelta(days=1)
LAST_BACKUP = "SELECT at FROM governance_heartbeat WHERE process = 'backup'"
SIZE = "SELECT pg_database_size(current_database())"


@dataclass(frozen=True)
class Step:
    """A line of the check: what was found, and what stands in the way."""

    told: str
    problems: list[Problem] = field(default_factory=list)


def look(installation: Installation, now: datetime) -> tuple[list[Step], int]:
    """The findings, and how many migrations are to be applied. The database must run."""
    url = installation.database_url("app")
    problems = boot.version_problems(url)
    if problems:
        return [Step("PostgreSQL", problems)], 0
    with psycopg.connect(url) as connection:
        version = connection.info.server_version // 10_000
        size = _number(connection, SIZE)
    installation.connect_django("app")
    found = schema()
    waiting = len(found.missing)
    steps = [Step(f"Guanxi {guanxi.__version__} on PostgreSQL {version}", boot.newer_problems(found))]
    rooms = sorted({name.split(".")[0] for name in found.missing})
    steps.append(Step(f"{waiting} migrations to apply" + (f" ({', '.join(rooms)})" if rooms else "")))
    steps.append(_space(installation, size))
    steps.append(_backup(url, now, needed=bool(waiting)))
    return steps, waiting


def _space(installation: Installation, size: int) -> Step:
    """A migration may write the largest table anew, and the backup before it is as large again."""
    told = f"The database takes {_megabytes(size)}"
    if not installation.is_embedded:
        return Step(f"{told}; its server is not ours to measure")
    place = doctor.existing(installation.cluster.log_file().parent)
    free = shutil.disk_usage(place).free
    problems = []
    if free < size + doctor.LEAST_FREE_BYTES:
        wanted = _megabytes(size + doctor.LEAST_FREE_BYTES)
        problems = [Problem(f"That is too little: {wanted} should be free.", "Free some space first.")]
    return Step(f"{told}, {_megabytes(free)} are free", problems)


def _backup(url: str, now: datetime, *, needed: bool) -> Step:
    with psycopg.connect(url) as connection:
        row = connection.execute(LAST_BACKUP).fetchone()
    age = now - row[0] if row else None
    told = f"The last backup is {age.total_seconds() / 3600:.0f} hours old" if age else "No backup was ever made"
    problems = []
    if needed and (age is None or age > OLDEST_BACKUP):
        problems = [Problem("There is no way back without a backup of today.", "guanxi backup --to FILE.tar")]
    return Step(told, problems)


def _number(connection: psycopg.Connection, question: str) -> int:
    row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return int(row[0])


def _megabytes(count: int) -> str:
    return f"{count / 1024**2:,.0f} MB"
