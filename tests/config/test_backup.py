"""A backup is drilled here: made of real rows, lake and files while they change, restored elsewhere, and compared."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, LiteralString

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from psycopg import sql

from guanxi.config import archive, backup
from guanxi.config.installation import Installation
from guanxi.events import operations as events
from guanxi.events import queries
from guanxi.events.models import Fact, LakeState, Retraction
from guanxi.events.operations import writing
from guanxi.governance import queries as governance
from guanxi.governance.models import Heartbeat, Workspace
from guanxi.integrations import operations as integrations
from guanxi.kit.postgres import Cluster
from guanxi.people.models import Person
from tests.config.conftest import NOON, environment_of, run_guanxi
from tests.conftest import make_workspace, use
from tests.factories.events import touched
from tests.factories.people import csv_file, done, make_person, make_staff, uploaded

OWN = ("GUANXI_DATABASE_URL", "GUANXI_DATABASE_OWNER_URL", "GUANXI_DATABASE_WORKER_URL")

RIGHTS: dict[str, LiteralString] = {
    "rights": "SELECT relname, relrowsecurity, (aclexplode(relacl))::text FROM pg_class "
    "WHERE relnamespace = 'public'::regnamespace",
    "rights to functions": "SELECT proname, (aclexplode(proacl))::text FROM pg_proc "
    "WHERE pronamespace = 'public'::regnamespace",
    "policies": "SELECT tablename, policyname, qual FROM pg_policies",
}


@dataclass(frozen=True, slots=True)
class CupFilled:
    name: ClassVar[str] = "cup.filled"
    person: int
    amount_minor: int
    import_id: int | None = None


def cups(people: range, now: datetime, **given: Any) -> list[events.Happened]:
    return [events.Happened(CupFilled(person=i, amount_minor=i, **given), now) for i in people]


@pytest.fixture
def old(committed: None, now: datetime) -> Iterator[Installation]:
    """A workspace with an import of people, two kinds of waiting rows and a lake; another one whose lake is empty, with
    a webhook that waits."""
    shutil.rmtree(settings.FILES, ignore_errors=True)
    with governance.entered(make_workspace()):
        ann = make_staff("Ann")
        rows = [[f"Lin {i}", f"lin{i}@example.test", f"+86138000{i:05}"] for i in range(70)]
        file = csv_file(["Name", "Mail", "Phone"], *rows)
        of = uploaded(file, {"Name": "name", "Mail": "email", "Phone": "phone"}, by=ann, now=now)
        assert done(of, now).created == 70
        uploaded(csv_file(["Mail"], ["kim@example.test"]), {"Mail": "email"}, by=ann, now=now)
        events.announce_many(cups(range(60), now, import_id=901), received_at=now)
        events.announce_many(cups(range(100, 103), now), received_at=now)
        write_all(now)
        events.announce(CupFilled(person=7, amount_minor=120), at=now)
    with governance.entered(make_workspace("quiet")):
        make_person(now=now)
        endpoint, _ = integrations.make_endpoint(url="https://a.example/", events=["order.paid"], by=None, now=now)
        integrations.send_test(endpoint=endpoint, now=now)
    more = {name: os.environ[name] for name in OWN}
    yield Installation(settings.HOME, environment_of(settings.HOME, **more))


def write_all(now: datetime) -> None:
    while queries.waiting():
        events.write_lake(now=now)


def in_lake(table: str) -> list[tuple[Any, ...]]:
    with queries.lake() as lake:
        return sorted((tuple(row.values()) for row in lake.run(getattr(lake, table)).to_pylist()), key=repr)


def contents(url: str) -> dict[str, str]:
    """A fingerprint of every row of every table, and of what the roles may do with it."""
    found: dict[str, str] = {}
    with psycopg.connect(url) as connection:
        for (table,) in connection.execute(backup.TABLES).fetchall():
            whole = "SELECT md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) FROM {} t"
            row = connection.execute(sql.SQL(whole).format(sql.Identifier(table))).fetchone()
            assert row
            found[table] = row[0]
        for name, rights in RIGHTS.items():
            found[name] = repr(sorted(connection.execute(rights).fetchall()))
    return found


def files(folder: Path) -> dict[str, str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A place for a new installation."""
    home = tmp_path / "new"
    home.mkdir(mode=0o700)
    yield home
    Cluster(home).remove()


def moved_to(home: Path) -> None:
    """The rooms work with the restored rows and lake from now on."""
    settings.LAKE = home / "lake"
    use(Cluster(home).url("app"))


@pytest.fixture
def at_home_again() -> Iterator[None]:
    before = settings.LAKE
    yield
    settings.LAKE = before
    connections["default"].close()
    use(os.environ["GUANXI_DATABASE_URL"])


def test_a_restored_installation_is_the_old_one_and_its_writer_adds_what_the_lake_had_not_seen_once(
    old: Installation, home: Path, tmp_path: Path, now: datetime, at_home_again: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "b.tar"
    with_lake, lumen = backup._add_lake, Workspace.objects.get(slug="lumen")

    def while_life_goes_on(lake: Path, writer: archive.Writer) -> dict[str, int]:
        """Between the copy of the lake and that of the rows: appended, taken back, and half-way through the writer."""
        versions = with_lake(lake, writer)
        with governance.entered(lumen):
            events.retract(import_id=901, now=now)
            Person.objects.filter(name="Lin 3").update(level="fan")
            events.touch("people", Person.objects.values_list("pk", flat=True))
            write_all(now)
            make_person("Late", now=now)
            events.announce_many(cups(range(200, 260), now), received_at=now)
            write_all(now)
            events.announce(CupFilled(person=8, amount_minor=80), at=now)
            writing._assign(LakeState.objects.get())
        return versions

    monkeypatch.setattr(backup, "_add_lake", while_life_goes_on)
    backup.backup(old, target, with_key=True, now=now)
    assert (target.stat().st_mode & 0o777, sorted(tmp_path.iterdir())) == (0o600, [target, home])
    noted = Heartbeat.objects.get(process="backup")
    assert (noted.at, noted.detail) == (now, {"bytes": target.stat().st_size})
    rows, uploads = contents(old.database_url("owner")), files(settings.FILES)

    restored = run_guanxi(environment_of(tmp_path / "other"), "restore", "--from", str(target), "--home", str(home))
    assert (restored.returncode, restored.stderr) == (0, "")
    assert "The worker adds 3 facts" in restored.stdout, restored.stdout

    with governance.entered(lumen):
        write_all(now)
        expected = in_lake("events"), in_lake("people")
    Cluster(home, fast=True).start(dies_with_parent=True)
    changed = {"events_fact", "events_factbatch", "events_lakestate", "events_retraction", "events_touched"}
    changed |= {"events_change"}
    changed |= {"governance_heartbeat"}  # the note that this backup was made
    there = contents(Cluster(home).url("owner"))
    assert {name for name in rows.keys() | there.keys() if rows.get(name) != there.get(name)} <= changed
    assert (files(home / "files"), len(uploads) > 0) == (uploads, True)
    key = home / "secret.key"
    assert (key.read_text(), key.stat().st_mode & 0o777) == (Path(settings.SECRET_KEY_FILE).read_text(), 0o600)
    moved_to(home)
    with governance.entered(lumen):
        assert (Fact.objects.filter(lake_commit__isnull=True).count(), len(touched())) == (2, 71)
        assert Retraction.objects.get().done_at is None
        write_all(now)
        assert (in_lake("events"), in_lake("people")) == expected
        events.announce(CupFilled(person=9, amount_minor=90), at=now)
        write_all(now)
        assert len(in_lake("events")) == len(expected[0]) + 1


def test_the_demo_comes_back_row_by_row_with_its_lake(
    lumen: Workspace, home: Path, tmp_path: Path, at_home_again: None
) -> None:
    """The drill with the demo: its imports, orders, consents and broadcast, and what the lake has of them."""
    write_all(NOON)
    of_demo = Installation(settings.HOME, environment_of(settings.HOME, **{name: os.environ[name] for name in OWN}))
    rows, lake = contents(of_demo.database_url("owner")), (in_lake("events"), in_lake("people"))
    assert min(len(lake[0]), len(lake[1])) > 15
    backup.backup(of_demo, tmp_path / "b.tar", with_key=True, now=NOON)
    environment = environment_of(tmp_path / "other")
    restored = run_guanxi(environment, "restore", "--from", str(tmp_path / "b.tar"), "--home", str(home))
    assert (restored.returncode, restored.stderr) == (0, "")
    Cluster(home, fast=True).start(dies_with_parent=True)
    there = contents(Cluster(home).url("owner"))
    assert {name for name in rows.keys() | there.keys() if rows.get(name) != there.get(name)} == {
        "events_touched",
        "events_change",
    }
    moved_to(home)
    with governance.entered(lumen):
        assert (in_lake("events"), in_lake("people")) == lake
        write_all(NOON)
        assert (in_lake("events"), in_lake("people")) == lake


def test_a_changed_byte_anywhere_is_refused(old: Installation, tmp_path: Path, now: datetime) -> None:
    whole, bent = tmp_path / "b.tar", tmp_path / "bent.tar"
    backup.backup(old, whole, with_key=True, now=now)
    manifest = archive.verified(whole)
    with tarfile.open(whole) as tar:
        places = [place for one in tar for place in (one.offset, one.offset_data, one.offset_data + one.size - 1)]
    assert archive.KEY in manifest.members
    body = bytearray(whole.read_bytes())
    accepted = []
    for place in places:
        body[place] ^= 1
        bent.write_bytes(body)
        body[place] ^= 1
        try:
            archive.verified(bent)
        except archive.Broken:
            continue
        accepted.append(place)
    bent.write_bytes(body[: len(body) // 2])
    with pytest.raises(archive.Broken):
        archive.verified(bent)
    assert accepted == []


@pytest.fixture(scope="module")
def small(migrated: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of an installation with nothing in its tables."""
    target = tmp_path_factory.mktemp("backup") / "b.tar"
    made = run_guanxi(migrated.environment, "backup", "--to", str(target))
    assert (made.returncode, made.stderr) == (0, "")
    assert f"!! The root key is NOT in the archive. It is {migrated.home / 'secret.key'}." in made.stdout
    return target


def refused(environment: dict[str, str], *arguments: str) -> str:
    done = run_guanxi(environment, *arguments)
    assert done.returncode == 1
    return done.stderr


def test_what_must_not_be_overwritten_or_mixed_is_refused(
    small: Path, migrated: Installation, home: Path, tmp_path: Path
) -> None:
    fresh, there = environment_of(home), dict(migrated.environment)
    again = ("restore", "--from", str(small))
    assert f"{small} is there already" in refused(there, "backup", "--to", str(small))
    assert "The database has" in refused(there, *again)
    assert "The root key is not in the archive" in refused(fresh, *again)
    (home / "secret.key").write_text("11" * 32)
    assert "is not the root key of this archive" in refused(fresh, *again)
    (home / "lake" / "1").mkdir(parents=True)
    assert "is not empty" in refused(fresh, *again)
    assert sorted(path.name for path in home.iterdir()) == ["lake", "secret.key", "up.json"]
    assert "There is no PostgreSQL" in refused(environment_of(tmp_path / "none"), "backup", "--to", f"{tmp_path}/x.tar")


def test_an_archive_of_a_newer_schema_is_refused_and_leaves_nothing(small: Path, home: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.tar"
    manifest = archive.verified(small)
    with newer.open("wb") as file:
        writer = archive.Writer(file)
        for name, content in archive.members(small):
            if name in manifest.members:
                (tmp_path / "member").write_bytes(content.read())
                writer.add(name, tmp_path / "member")
        told = {name: getattr(manifest, name) for name in manifest.__struct_fields__}
        told |= {"migrations": [*manifest.migrations, "people.9999_from_the_future"], "guanxi": "99.0"}
        writer.seal(archive.Manifest(**told))
    said = refused(environment_of(home), "restore", "--from", str(newer), "--without-key")
    assert said.startswith(
        "The archive is of a newer Guanxi (99.0): this one does not know people.9999_from_the_future"
    )
    assert [path.name for path in home.iterdir()] == ["up.json"]


def test_ctrl_c_leaves_no_half_file(migrated: Installation, tmp_path: Path) -> None:
    """The backup waits for a table that another transaction holds, until the signal comes."""
    target = tmp_path / "b.tar"
    with psycopg.connect(migrated.cluster.url("owner")) as holder:
        holder.execute("LOCK TABLE people_person")
        command = [sys.executable, "-m", "guanxi.cli", "backup", "--to", str(target)]
        process = subprocess.Popen(command, env=migrated.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("b.tar.part-*/archive")) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert list(tmp_path.iterdir()) != []
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said, list(tmp_path.iterdir())) == (
        130,
        b"Stopped. Nothing half-made is left.\n",
        [],
    )
