"""A worker that dies in the midst of a file of people, and a person who is erased while it is written."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction

from guanxi.audiences import operations as audiences
from guanxi.audiences.models import Audience, Export
from guanxi.audiences.operations import exports
from guanxi.audiences.operations.exports import files, running
from guanxi.audiences.rules.exporting import Shape
from guanxi.governance import queries as governance
from guanxi.governance.models import AuditEntry, Notice, Workspace
from guanxi.people import operations as people
from guanxi.people.queries import Wanted
from guanxi.people.queries.who import who
from tests.factories.people import make_person, make_staff
from tests.factories.reach import write_lake

ROOT = Path(__file__).parents[2]
NAMES = Shape(columns=("name",), clear=True)
EVERYBODY = {"version": 1, "where": {"type": "level", "levels": ["visitor"]}}


def killed_at(point: str, workspace: Workspace) -> None:
    """A worker of its own, until it is there."""
    command = [sys.executable, "-m", "tests.audiences.exporter", str(workspace.pk), point]
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "GUANXI_LAKE": str(settings.LAKE)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"here\n"
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("of_audience", [False, True], ids=["a list", "an audience"])
def test_a_worker_that_is_killed_loses_nobody_and_doubles_nobody(
    committed_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, of_audience: bool
) -> None:
    monkeypatch.setattr(running, "CHUNK", 2)
    now = datetime.now(UTC)
    boss, crowd = make_staff("Boss"), [make_person(f"P{number}", now=now) for number in range(7)]
    of: Audience | Wanted = Wanted()
    if of_audience:
        write_lake(now)
        of = audiences.save_audience(name="All", rule=EVERYBODY, by=None, now=now)
    one = exports.start_export(of=of, shape=NAMES, by=boss, why="analysis", now=now)

    killed_at("part", committed_workspace)
    one.refresh_from_db()
    assert (one.state, one.through, one.done, one.total) == ("running", 1, 2, 7)
    killed_at("seal", committed_workspace)
    one.refresh_from_db()
    assert (one.state, one.through, one.done, one.size) == ("running", 4, 7, None)
    with pytest.raises(FileNotFoundError):
        b"".join(exports.read_export(one, now=now))
    assert not exports.export_lane(now=now)  # whoever seals it has ten minutes
    Export.objects.update(lease_until=now)

    while exports.export_lane(now=now):
        pass
    one.refresh_from_db()
    assert (one.state, one.problem, one.done, one.rows) == ("done", "", 7, 7)
    text = b"".join(exports.read_export(one, now=now)).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[1:] == [[person.public_id, person.name] for person in crowd]
    assert [path.name for path in files.path_of(one).parent.iterdir()] == [one.public_id]
    assert AuditEntry.objects.filter(act="export.finished").count() == Notice.objects.count() == 1


def test_a_person_who_is_erased_while_their_part_is_written_stays_in_no_file(
    committed_workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss, lin = make_staff("Boss"), make_person("Lin", now=now)
    one = exports.start_export(of=Wanted(), shape=NAMES, by=boss, why="analysis", now=now)
    exports.export_lane(now=now)
    writing, erased, written = threading.Event(), threading.Event(), files.write

    def write(*given: Any) -> int:
        size = written(*given)
        writing.set()
        erased.wait(30)
        return size

    def work() -> None:
        with governance.entered(committed_workspace):
            exports.export_lane(now=now)
        connection.close()

    monkeypatch.setattr(files, "write", write)
    worker = threading.Thread(target=work)
    worker.start()
    assert writing.wait(30)
    people.erase_person(person=lin, by=boss, reason="asked", now=now)
    with pytest.raises(OperationalError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
        files.forget_in_exports(who(lin), now)  # the part is on disk and not counted: it must wait for its end
    erased.set()
    worker.join()
    with transaction.atomic():
        files.forget_in_exports(who(lin), now)
    one.refresh_from_db()
    assert (one.state, one.problem, one.salt) == ("expired", "erased", None)
    assert list(files.path_of(one).parent.iterdir()) == []
    assert not exports.export_lane(now=now)
