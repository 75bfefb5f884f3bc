"""`guanxi backup`: rows, lake and uploaded files as one file, while everything goes on running.

The order matters. The lake is read before the rows, so the rows know every fact that the lake holds, and perhaps more:
`events.rewind` sends those to the lake again. The files come last: each was stored before its row.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from deltalake import DeltaTable
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.json import Jsonb

import guanxi
from guanxi.config import archive, boot
from guanxi.config.installation import Installation, Misconfigured, say
from guanxi.kit import crypto, postgres

TABLES = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY relname
"""
MIGRATIONS = "SELECT app || '.' || name FROM django_migrations ORDER BY 1"
NOTE = """
    INSERT INTO governance_heartbeat (process, at, detail) VALUES ('backup', %s, %s)
    ON CONFLICT (process) DO UPDATE SET at = excluded.at, detail = excluded.detail
"""
LOG = "_delta_log"
CHECKPOINT = ".checkpoint.parquet"
DIGITS_OF_A_VERSION = 20


def backup(installation: Installation, target: Path, *, with_key: bool, now: datetime) -> None:
    """Write `target` whole or not at all. Raises Misconfigured."""
    _refuse(installation, target, with_key=with_key)
    installation.database_url("owner")
    try:
        with (
            tempfile.TemporaryDirectory(prefix=f"{target.name}.part-", dir=target.parent) as folder,
            installation.database(),
        ):
            part = Path(folder, "archive")
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                _write(installation, archive.Writer(file), Path(folder), with_key=with_key, now=now)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
            _note(installation.database_url("owner"), target.stat().st_size, now)
    except OSError as error:
        raise Misconfigured(f"The backup was not made: {error}.") from error
    say(f"Written: {target} ({_size(target.stat().st_size)})")
    _speak_of_the_key(installation.root_key_file(), with_key=with_key)


def _note(url: str, size: int, now: datetime) -> None:
    """For the health page and the check before an upgrade: when the last one was made, and how large it is."""
    with psycopg.connect(url) as connection:
        connection.execute(NOTE, [now, Jsonb({"bytes": size})])


def _refuse(installation: Installation, target: Path, *, with_key: bool) -> None:
    if target.exists():
        raise Misconfigured(f"{target} is there already. Name another file.")
    if not target.parent.is_dir():
        raise Misconfigured(f"There is no folder {target.parent}.")
    if "://" in installation.environment.get("GUANXI_LAKE", ""):
        raise Misconfigured("The lake is not in a folder of this machine. Only a lake in a folder can be backed up.")
    if with_key and not installation.root_key_file().exists():
        raise Misconfigured(f"There is no root key {installation.root_key_file()} to put into the archive.")


def _write(installation: Installation, writer: archive.Writer, folder: Path, *, with_key: bool, now: datetime) -> None:
    url, key = installation.database_url("owner"), installation.root_key_file()
    problems = boot.version_problems(url)
    if problems:
        raise Misconfigured(str(problems[0]))
    with psycopg.connect(url) as connection:
        if connection.execute("SELECT to_regclass('public.django_migrations')").fetchone() == (None,):
            raise Misconfigured("There is nothing to back up: the database has no tables. Run `guanxi up` first.")
        retracted = [row[0] for row in connection.execute("SELECT id FROM events_retraction WHERE done_at IS NOT NULL")]
    lake = _add_lake(installation.lake_folder(), writer)
    version, migrations, rows = _add_database(url, writer, folder / archive.DATABASE)
    _add_files(installation.files_folder(), writer)
    if with_key:
        writer.add(archive.KEY, key)
    manifest = archive.Manifest(
        format=archive.FORMAT,
        guanxi=guanxi.__version__,
        made_at=now,
        postgres=version,
        roles=roles_of(installation),
        schema=archive.schema_of(migrations),
        migrations=migrations,
        rows=rows,
        lake=lake,
        retracted=retracted,
        key=crypto.fingerprint(key) if key.exists() else None,
        members=writer.members,
    )
    writer.seal(manifest)


def roles_of(installation: Installation) -> archive.Roles:
    owner, app = (conninfo_to_dict(installation.database_url(role)).get("user") for role in ("owner", "app"))
    return archive.Roles(str(owner), str(app))


def _add_lake(lake: Path, writer: archive.Writer) -> dict[str, int]:
    """All versions are taken before the first file is copied; files of a Delta table never change."""
    folders = sorted(log.parent for log in lake.glob(f"*/*/{LOG}") if any(log.iterdir()))
    tables = {folder: DeltaTable(str(folder)) for folder in folders}
    versions: dict[str, int] = {}
    size = 0
    for folder, table in tables.items():
        name = folder.relative_to(lake).as_posix()
        versions[name] = table.version()
        data = [folder / Path(uri).relative_to(folder.resolve()) for uri in table.file_uris()]
        for path in [*data, *_log(folder / LOG, table.version())]:
            size += writer.add(f"lake/{name}/{path.relative_to(folder).as_posix()}", path)
    say(f"The lake: {len(tables)} tables, {_size(size)}")
    return versions


def _log(folder: Path, version: int) -> Iterator[Path]:
    """What tells of this version: the last checkpoint up to it and the commits since. Later ones stay out."""
    numbered = {path: int(path.name[:DIGITS_OF_A_VERSION]) for path in folder.glob("[0-9]*") if path.is_file()}
    known = {path: number for path, number in numbered.items() if number <= version}
    start = max((number for path, number in known.items() if path.name.endswith(CHECKPOINT)), default=0)
    yield from sorted(path for path, number in known.items() if number >= start)


def _add_database(url: str, writer: archive.Writer, dump: Path) -> tuple[int, list[str], dict[str, int]]:
    """Counts and dump are of one snapshot: PostgreSQL's version, the migrations, and the rows of each table."""
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        exported = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert exported is not None
        rows = counted(connection)
        migrations = [row[0] for row in connection.execute(MIGRATIONS)]
        run("pg_dump", url, "--format=custom", f"--snapshot={exported[0]}", f"--file={dump}")
        version = connection.info.server_version
    size = writer.add(archive.DATABASE, dump)
    dump.unlink()
    say(f"The database: {len(rows)} tables, {sum(rows.values()):,} rows, {_size(size)}")
    return version, migrations, rows


def counted(connection: psycopg.Connection) -> dict[str, int]:
    """The rows of each table; the connection must be its owner's, whom row-level security does not stop."""
    counts: dict[str, int] = {}
    for (table,) in connection.execute(TABLES).fetchall():
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
        counts[table] = int(row[0]) if row else 0
    return counts


def run(program: str, url: str, *arguments: str) -> None:
    """A program of PostgreSQL on a database; the password does not show among its arguments. Raises Misconfigured."""
    known: dict[str, Any] = conninfo_to_dict(url)
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
    environment["PGPASSWORD"] = str(known.pop("password", ""))
    command = [
        str(postgres.program(program)),
        *arguments,
        "--no-password",
        f"--dbname={make_conninfo(**known)}",
    ]
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise Misconfigured(f"{program} failed:\n{done.stderr.strip()}")


def _add_files(folder: Path, writer: archive.Writer) -> None:
    """A file that goes away meanwhile was not wanted any more."""
    count = size = 0
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        try:
            size += writer.add(f"files/{path.relative_to(folder).as_posix()}", path)
        except FileNotFoundError:
            continue
        count += 1
    say(f"Uploaded files: {count}, {_size(size)}")


def _size(count: int) -> str:
    return f"{count / 1024**2:,.1f} MB"


def _speak_of_the_key(key: Path, *, with_key: bool) -> None:
    if with_key:
        say(f"The archive holds the root key {key}: whoever has the archive can read every sealed value in it.")
        return
    say(f"!! The root key is NOT in the archive. It is {key}.")
    say("!! Keep a copy of it in another place: without it the addresses, phone numbers and passwords are lost.")
