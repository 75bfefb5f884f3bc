import os
import shutil
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from guanxi.events import lake as lake_files
from guanxi.events import operations as events
from guanxi.events import queries, readers
from guanxi.governance import queries as governance
from guanxi.governance.models import Workspace
from guanxi.kit import scope
from tests.conftest import make_workspace
from tests.events.test_lake import cups, in_lake


def written(count: int, now: datetime) -> None:
    events.announce_many(cups(count, now), received_at=now)
    events.write_lake(now=now)


def log() -> Path:
    return lake_files.folder(scope.current(), "events") / "_delta_log"


def test_a_commit_is_seen_where_the_clock_of_the_folder_stood_still(workspace: Workspace, now: datetime) -> None:
    written(2, now)
    assert len(in_lake()) == 2
    before = log().stat().st_mtime_ns
    written(3, now)
    os.utime(log(), ns=(before, before))
    assert len(in_lake()) == 5


def test_nothing_is_read_again_of_a_log_that_did_not_move(workspace: Workspace, now: datetime) -> None:
    written(2, now)
    first = lake_files.snapshot(workspace.pk, "events")
    assert first is not None
    assert lake_files.snapshot(workspace.pk, "events") is first
    written(1, now)
    assert lake_files.snapshot(workspace.pk, "events") is not first


def test_a_lake_that_took_the_place_of_another_is_read(workspace: Workspace, now: datetime, tmp_path: Path) -> None:
    written(2, now)
    assert len(in_lake()) == 2
    kept = log().stat().st_mtime_ns
    other = make_workspace("Other")
    with governance.entered(other):
        written(7, now)
        shutil.copytree(log().parent, tmp_path / "other")
    shutil.move(log().parent, tmp_path / "aside")
    shutil.copytree(tmp_path / "other", log().parent)
    os.utime(log(), ns=(kept, kept))
    assert len(in_lake()) == 7


def test_a_lake_that_went_away_is_empty(workspace: Workspace, now: datetime) -> None:
    written(2, now)
    assert len(in_lake()) == 2
    shutil.rmtree(log().parent)
    assert in_lake() == []
    written(1, now)
    assert len(in_lake()) == 1


def test_a_connection_goes_on_to_the_next_question_without_what_was_lent_to_it(
    workspace: Workspace, now: datetime
) -> None:
    written(2, now)
    with queries.lake() as lake:
        lake.register("asked", pa.table({"person": [1]}))
        assert len(lake.ask("SELECT * FROM events SEMI JOIN asked USING (person)")) == 1
        first = lake.backend
    with queries.lake() as lake:
        assert lake.backend is first
        with pytest.raises(duckdb.CatalogException, match="asked"):
            lake.ask("SELECT * FROM asked")
        with queries.lake() as beside:
            assert beside.backend is not first


def test_one_on_which_something_went_wrong_is_given_up(workspace: Workspace, now: datetime) -> None:
    written(2, now)
    with pytest.raises(LookupError), queries.lake() as lake:
        broken = lake.backend
        raise LookupError
    with queries.lake() as lake:
        assert lake.backend is not broken
    with pytest.raises(duckdb.ConnectionException):
        broken.con.execute("SELECT 1")


def test_no_connection_goes_on_to_another_workspace_and_only_some_wait(workspace: Workspace, now: datetime) -> None:
    with queries.lake() as lake:
        first = lake.backend
    for number in range(readers.WAITING + 1):
        with governance.entered(make_workspace(f"Other {number}")), queries.lake() as lake:
            assert lake.backend is not first
    assert len(readers._waiting(os.getpid())) == readers.WAITING
    with pytest.raises(duckdb.ConnectionException):
        first.con.execute("SELECT 1")


def test_two_who_ask_at_once_never_share_a_connection(workspace: Workspace, now: datetime) -> None:
    written(2, now)
    with queries.lake() as first, queries.lake() as second:
        apart = {id(first.backend), id(second.backend)}
    for _ in range(3):
        with queries.lake() as first, queries.lake() as second:
            assert {id(first.backend), id(second.backend)} == apart
