"""`guanxi restore`: a backup becomes a new installation, or nothing is left of the attempt."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

from guanxi.config import archive, backup, boot, prepare
from guanxi.config.installation import Installation, Misconfigured, say
from guanxi.kit import crypto


def restore(installation: Installation, source: Path, *, without_key: bool) -> None:
    """Raises Misconfigured, also for an archive that is newer than this program or was changed."""
    say(f"Checking {source} …")
    try:
        manifest = archive.verified(source)
        say(f"It is of {manifest.made_at:%Y-%m-%d %H:%M} UTC, made by Guanxi {manifest.guanxi}.")
        with installation.claimed():
            _refuse_used_folders(installation)
            _refuse_key(installation.root_key_file(), manifest, without_key=without_key)
            with _all_or_nothing(installation), installation.database():
                _restore(installation, source, manifest)
    except (archive.Broken, OSError) as error:
        raise Misconfigured(f"Nothing was restored: {error}") from error
    say(f"Restored into {installation.home}. `guanxi up` with GUANXI_HOME={installation.home} starts it.")


def _restore(installation: Installation, source: Path, manifest: archive.Manifest) -> None:
    url = installation.database_url("owner")
    _refuse_database(installation, manifest)
    _refuse_newer(installation, manifest)
    with tempfile.TemporaryDirectory(dir=installation.home) as folder:
        dump = Path(folder, archive.DATABASE)
        _unpack(source, {archive.DATABASE: dump})
        prepare.allow_nothing_by_default(url, manifest.roles.app)
        backup.run("pg_restore", url, "--no-owner", "--exit-on-error", "--single-transaction", str(dump))
    workspaces = _checked(url, manifest)
    say(f"The database: {len(manifest.rows)} tables, {sum(manifest.rows.values()):,} rows, as many as were backed up")
    _put_files(installation, source, workspaces)
    say("The lake and the uploaded files lie in their places")
    _catch_up(installation, manifest)
    _speak_of_waiting_messages(url)


def _refuse_used_folders(installation: Installation) -> None:
    for folder in (installation.lake_folder(), installation.files_folder()):
        if folder.exists() and any(folder.iterdir()):
            raise _used(f"{folder} is not empty")


def _used(what: str) -> Misconfigured:
    return Misconfigured(f"{what}. A backup is restored into a new installation only: name one with --home.")


def _refuse_key(key: Path, manifest: archive.Manifest, *, without_key: bool) -> None:
    if key.exists():
        if manifest.key is not None and crypto.fingerprint(key) != manifest.key:
            raise Misconfigured(f"{key} is not the root key of this archive. Put the right one there.")
    elif archive.KEY not in manifest.members and not without_key:
        raise Misconfigured(
            f"The root key is not in the archive. Put your copy of it to {key} (chmod 600) and restore again. "
            "If it is lost, --without-key restores what can be read without it; "
            "addresses, phone numbers and passwords cannot."
        )


def _refuse_database(installation: Installation, manifest: archive.Manifest) -> None:
    url = installation.database_url("owner")
    problems = boot.version_problems(url)
    if problems:
        raise Misconfigured(str(problems[0]))
    with psycopg.connect(url) as connection:
        tables, server = connection.execute(backup.TABLES).fetchall(), connection.info.server_version
    if tables:
        raise _used(f"The database has {len(tables)} tables")
    if server // 10_000 < manifest.postgres // 10_000:
        raise Misconfigured(
            f"The archive is of PostgreSQL {manifest.postgres // 10_000}, this server is {server // 10_000}. "
            "Restore into a server that is not older."
        )
    roles = backup.roles_of(installation)
    if roles != manifest.roles:
        raise Misconfigured(
            f"The archive gives its tables to the roles {manifest.roles.owner} and {manifest.roles.app}; "
            f"this installation uses {roles.owner} and {roles.app}. Use roles of the same names."
        )


def _refuse_newer(installation: Installation, manifest: archive.Manifest) -> None:
    installation.connect_django("owner")
    from django.db.migrations.loader import MigrationLoader

    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    unknown = sorted(set(manifest.migrations) - known)
    if unknown:
        raise Misconfigured(
            f"The archive is of a newer Guanxi ({manifest.guanxi}): this one does not know {unknown[0]}. "
            "Install that version, then restore."
        )


@contextmanager
def _all_or_nothing(installation: Installation) -> Iterator[None]:
    """The folders were empty before; a database that was there before is not ours to remove."""
    key, had_key = installation.root_key_file(), installation.root_key_file().exists()
    is_new = installation.is_embedded and not installation.cluster.exists()
    try:
        yield
    except BaseException:
        for folder in (installation.lake_folder(), installation.files_folder()):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(_part(folder), ignore_errors=True)
        if not had_key:
            key.unlink(missing_ok=True)
        if is_new:
            installation.cluster.remove()
        raise


def _checked(url: str, manifest: archive.Manifest) -> list[int]:
    """The ids of the workspaces, once every table has as many rows as it had."""
    with psycopg.connect(url) as connection:
        rows = backup.counted(connection)
        workspaces = [row[0] for row in connection.execute("SELECT id FROM governance_workspace ORDER BY id")]
    wrong = sorted(name for name, _ in rows.items() ^ manifest.rows.items())
    if wrong:
        raise Misconfigured(
            f"{wrong[0]} has {rows.get(wrong[0], 0):,} rows; {manifest.rows.get(wrong[0], 0):,} were backed up."
        )
    return workspaces


def _part(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.part")


def _put_files(installation: Installation, source: Path, workspaces: list[int]) -> None:
    """A workspace that was removed while the backup was made is in the lake and not in the rows; it stays away."""
    lake, files, key = installation.lake_folder(), installation.files_folder(), installation.root_key_file()
    places = {"files": _part(files), **{f"lake/{workspace}": _part(lake) / str(workspace) for workspace in workspaces}}
    if not key.exists():
        places[archive.KEY] = key
    _unpack(source, places)
    for folder in (lake, files):
        if _part(folder).exists():
            shutil.rmtree(folder, ignore_errors=True)
            _part(folder).replace(folder)


def _unpack(source: Path, places: Mapping[str, Path]) -> None:
    """Members that a place is named for, by their whole name or by the folder that they are in."""
    for name, content in archive.members(source):
        inside = next((place for place in places if name == place or name.startswith(f"{place}/")), None)
        if inside is not None:
            archive.write(content, places[inside] / name.removeprefix(inside).lstrip("/"))


def _catch_up(installation: Installation, manifest: archive.Manifest) -> None:
    """Tables of an older version are brought up to date first: the rooms know no others."""
    prepare.migrate(installation)
    from guanxi.connections import queries as connections
    from guanxi.events import operations as events
    from guanxi.governance import queries as governance
    from guanxi.governance.models import Workspace
    from guanxi.people.models import Person, PersonTag

    waiting = 0
    for workspace in Workspace.objects.order_by("pk"):
        with governance.entered(workspace):
            everybody = Person.objects.values_list("pk", flat=True)
            merged = everybody.filter(merged_into__isnull=False)
            tags = PersonTag.objects.values_list("pk", flat=True)
            mirrored = {
                "people": everybody.iterator(),
                "aliases": merged.iterator(),
                "ties": connections.every_tie(),
                "tags": tags.iterator(),
                "reach": everybody.iterator(),
            }
            waiting += events.rewind(retracted=manifest.retracted, mirrored=mirrored)
    say(f"The worker adds {waiting:,} facts to the lake that came after its copy, and writes the lake's people anew")


def _speak_of_waiting_messages(url: str) -> None:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM channels_message WHERE state IN ('waiting', 'claimed')"
        ).fetchone()
    if row and row[0]:
        say(f"!! {row[0]:,} messages waited when the backup was made. They leave when the worker starts,")
        say("!! also those that the old installation has sent since.")
