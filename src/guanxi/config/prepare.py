"""What must be done once before the processes start: tables, message catalogues and static files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import psycopg
from psycopg import sql

from guanxi.config import boot
from guanxi.config.installation import Installation
from guanxi.kit.translations import compile_catalogues


def migrate(installation: Installation) -> None:
    """Bring the tables up to date, as their owner. What it makes, the role of the application may use."""
    from django.core.management import call_command

    owner_url, app_url = installation.database_url("owner"), installation.database_url("app")
    allow_application(owner_url, psycopg.conninfo.conninfo_to_dict(app_url)["user"])
    installation.connect_django("owner")
    boot.refuse_newer_schema()
    call_command("migrate", interactive=False, verbosity=0)


def allow_application(owner_url: str, application: object) -> None:
    """Only tables made from now on: a table made append-only by its migration stays so."""
    role = sql.Identifier(str(application))
    defaults = sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {} TO {}")
    with psycopg.connect(owner_url) as connection:
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role))
        for rights in ("SELECT, INSERT, UPDATE, DELETE ON TABLES", "USAGE ON SEQUENCES", "EXECUTE ON FUNCTIONS"):
            connection.execute(defaults.format(sql.SQL(rights), role))


def allow_nothing_by_default(owner_url: str, application: object) -> None:
    """For tables that bring their own rights: the default would let the application change an append-only one."""
    role = sql.Identifier(str(application))
    with psycopg.connect(owner_url) as connection:
        for things in ("TABLES", "SEQUENCES", "FUNCTIONS"):
            statement = sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON {} FROM {}")
            connection.execute(statement.format(sql.SQL(things), role))


def compile_messages() -> None:
    from django.conf import settings

    for folder in settings.LOCALE_PATHS:
        compile_catalogues(Path(folder))


def collect_static() -> None:
    """Compressing takes seconds, so only when a source file has changed."""
    from django.conf import settings
    from django.core.management import call_command

    root, sources = Path(settings.STATIC_ROOT), [Path(folder) for folder in settings.STATICFILES_DIRS]
    fingerprint, stamp = _fingerprint(sources), root / ".collected"
    if stamp.exists() and stamp.read_text() == fingerprint:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(fingerprint)


def _fingerprint(folders: list[Path]) -> str:
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            state = path.stat()
            digest.update(f"{os.fspath(path)}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()
