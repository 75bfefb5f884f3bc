"""What the database must be before any process of ours uses it."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

import guanxi
from guanxi.config.installation import Misconfigured
from guanxi.kit.schema import Schema, schema

OLDEST_POSTGRES = 15

ROLE = """
    SELECT rolname, rolsuper, rolbypassrls,
           EXISTS (SELECT FROM pg_class
                   WHERE relnamespace = to_regnamespace('public') AND relkind IN ('r', 'p')
                     AND pg_has_role(relowner, 'MEMBER'))
    FROM pg_roles WHERE rolname = current_user
"""
UNLOCKED_TABLES = """
    SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relnamespace = to_regnamespace('public') AND relkind IN ('r', 'p') AND attname = 'workspace_id'
      AND NOT (relrowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid))
    ORDER BY relname
"""


@dataclass(frozen=True)
class Problem:
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.what} {self.mend}"


def version_problems(url: str) -> list[Problem]:
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.OperationalError as error:
        return [
            Problem(
                f"PostgreSQL does not answer: {str(error).strip()}.",
                "Start it (`guanxi up` starts the embedded one), or correct GUANXI_DATABASE_URL.",
            )
        ]
    if version < OLDEST_POSTGRES:
        return [
            Problem(
                f"PostgreSQL is version {version}; Guanxi needs {OLDEST_POSTGRES} or later.",
                "Upgrade the server, or unset GUANXI_DATABASE_URL to use the embedded one.",
            )
        ]
    return []


def role_problems(url: str) -> list[Problem]:
    """A superuser, BYPASSRLS and the owner of a table all step around the lock between workspaces."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        row = connection.execute(ROLE).fetchone()
    assert row is not None
    name, is_superuser, bypasses, owns = row
    make_own = "Give the application a role of its own and put it into GUANXI_DATABASE_URL."
    problems = []
    if is_superuser:
        problems.append(Problem(f"The role {name} is a superuser.", make_own))
    if bypasses and not is_superuser:
        problems.append(Problem(f"The role {name} bypasses row-level security.", f"ALTER ROLE {name} NOBYPASSRLS."))
    if owns and not is_superuser:
        problems.append(Problem(f"The role {name} owns the tables of Guanxi.", make_own))
    return problems


def lock_problems(url: str) -> list[Problem]:
    with psycopg.connect(url, connect_timeout=10) as connection:
        unlocked = [name for (name,) in connection.execute(UNLOCKED_TABLES)]
    if not unlocked:
        return []
    return [
        Problem(
            f"Row-level security is off for {', '.join(unlocked)}.",
            "ALTER TABLE … ENABLE ROW LEVEL SECURITY as the owner, and find out who switched it off.",
        )
    ]


def newer_problems(found: Schema) -> list[Problem]:
    if not found.unknown:
        return []
    return [
        Problem(
            f"The database is of a newer Guanxi: this one, {guanxi.__version__}, does not know {found.unknown[0]}.",
            "Install the newer version again, or restore a backup of this one.",
        )
    ]


def missing_problems(found: Schema) -> list[Problem]:
    if not found.missing:
        return []
    said = f"{len(found.missing)} migrations are not applied, the first is {found.missing[0]}."
    return [Problem(said, "Run `guanxi migrate`; `guanxi upgrade --check` says what that does.")]


def refuse_other_schema() -> None:
    """Before a process serves: with tables of another version it would fail in the middle of something."""
    found = schema()
    problems = newer_problems(found) or missing_problems(found)
    if problems:
        raise Misconfigured("\n".join(str(problem) for problem in problems))


def refuse_newer_schema() -> None:
    problems = newer_problems(schema())
    if problems:
        raise Misconfigured(str(problems[0]))


def refuse_unsafe_database(url: str) -> None:
    problems = version_problems(url) or role_problems(url)
    if problems:
        raise Misconfigured("\n".join(str(problem) for problem in problems))
