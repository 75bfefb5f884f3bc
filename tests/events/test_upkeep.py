"""A month that is written anew changes nothing of what anybody reads, and an undone merge nothing of what was whose."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest
from deltalake import CommitProperties, Transaction, write_deltalake
from django.conf import settings

from guanxi.events import lake as lake_files
from guanxi.events import operations as events
from guanxi.events import queries, registry
from guanxi.events.models import FactBatch, Reassigned, Tidying
from guanxi.events.operations import tidying
from guanxi.events.rules import Happened
from guanxi.governance.models import Workspace
from guanxi.kit import scope

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class CupFilled:
    name: ClassVar[str] = "cup.filled"
    person: int
    tea: str = "oolong"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tidying, "LOOKS_APART", timedelta(0))
    monkeypatch.setattr(tidying, "REWRITES_APART", timedelta(0))
    monkeypatch.setattr(tidying, "ALIAS_STAYS", timedelta(0))


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> dict[int, int]:
    """Who became whom, as the room of people would say it."""
    keepers: dict[int, int] = {}

    def rows(keys: Any) -> pa.Table:
        known = [key for key in keys if key in keepers]
        return pa.table({"person": known, "keeper": [keepers[key] for key in known]}, lake_files.ALIASES)

    monkeypatch.setitem(registry._mirrors, "aliases", rows)
    return keepers


def fill(people: list[int], at: datetime) -> None:
    events.announce_many([Happened(CupFilled(person), at) for person in people], received_at=at)
    while events.write_lake(now=at):
        pass


def tidy(now: datetime) -> None:
    for _ in range(9):
        if not events.tidy_lake(now=now):
            return
    raise AssertionError("the same month is due again and again")


def read() -> Counter[int]:
    """Cups by person, as audiences count them."""
    with queries.lake() as lake:
        rows = lake.run(lake.events.select("person")).to_pydict()["person"]
        aliases = lake.run(lake.aliases).to_pydict() if lake.aliases is not None else {"person": [], "keeper": []}
    keepers = dict(zip(aliases["person"], aliases["keeper"], strict=True))
    return Counter(keepers.get(person, person) for person in rows)


def stored() -> list[int]:
    with queries.lake() as lake:
        return sorted(lake.run(lake.events.select("person")).to_pydict()["person"])


def written_files() -> int:
    return len(lake_files.files(scope.current(), "events"))


def test_many_small_files_become_one_that_is_sorted(workspace: Workspace, now: datetime) -> None:
    for turn in range(tidying.SMALL_FILES):
        fill([turn % 3, 7, turn], now)
    before = read()
    assert written_files() == tidying.SMALL_FILES
    tidy(now)
    assert (written_files(), read()) == (1, before)
    with queries.lake() as lake:
        rows = lake.run(lake.events.select("name", "person", "occurred_at")).to_pylist()
    assert [tuple(row.values()) for row in rows] == sorted(tuple(row.values()) for row in rows)
    fill([1], now)
    tidy(now)
    assert written_files() == 2


def test_a_month_is_rewritten_for_whom_people_became_and_the_alias_goes(
    workspace: Workspace, now: datetime, become: dict[int, int]
) -> None:
    fill([1, 2, 2, 3], now)
    become[2] = 1
    events.touch("aliases", [2])
    fill([1], now)
    assert (stored(), read()) == ([1, 1, 2, 2, 3], {1: 4, 3: 1})
    tidy(now)
    assert (stored(), read()) == ([1, 1, 1, 1, 3], {1: 4, 3: 1})
    with queries.lake() as lake:
        assert lake.aliases is None or lake.run(lake.aliases).num_rows == 0
    del become[2]
    events.touch("aliases", [2])
    fill([2], now)
    assert stored() == [1, 1, 2, 2, 2, 3]
    assert not Reassigned.objects.exists()


@pytest.mark.parametrize("seed", range(20))
def test_merges_undone_around_rewrites_give_back_exactly_what_was_whose(
    workspace: Workspace, now: datetime, become: dict[int, int], seed: int
) -> None:
    chance = random.Random(seed)
    told: Counter[int] = Counter()
    merged: list[tuple[int, int]] = []

    def root(person: int) -> int:
        return root(parent[person]) if person in parent else person

    parent: dict[int, int] = {}
    for _ in range(30):
        match chance.randrange(5):
            case 0:
                people = [chance.randrange(6) for _ in range(3)]
                told.update(people)
                fill(people, now)
            case 1:
                keep, drop = root(chance.randrange(6)), root(chance.randrange(6))
                if keep != drop:
                    parent[drop] = keep
                    merged.append((drop, keep))
            case 2 if merged:
                drop, _keep = merged.pop(chance.randrange(len(merged)))
                del parent[drop]
            case 3:
                tidy(now)
            case _:
                events.write_lake(now=now)
        wanted = {person: root(person) for person in range(6) if root(person) != person}
        if wanted != become:
            changed = [person for person in range(6) if become.get(person) != wanted.get(person)]
            become.clear()
            become.update(wanted)
            events.touch("aliases", changed)
    while events.write_lake(now=now):
        pass
    expected: Counter[int] = Counter()
    for person, count in told.items():
        expected[root(person)] += count
    assert read() == expected, f"seed {seed}"
    tidy(now)
    assert read() == expected, f"seed {seed}"


def test_an_event_that_was_on_its_way_while_its_alias_went_brings_it_back(
    workspace: Workspace, now: datetime, become: dict[int, int]
) -> None:
    fill([1, 2], now)
    become[2] = 1
    events.touch("aliases", [2])
    fill([1], now)
    tidy(now)
    fill([2], now)
    assert read() == {1: 4}


def test_who_is_erased_is_gone_from_rewritten_months_too(
    workspace: Workspace, now: datetime, become: dict[int, int]
) -> None:
    fill([1, 2, 3], now)
    become[2] = 1
    events.touch("aliases", [2])
    fill([3], now)
    tidy(now)
    events.forget(people=[2])
    events.write_lake(now=now)
    assert stored() == [1, 3, 3]
    assert not Reassigned.objects.exists()


def test_who_reads_while_months_are_rewritten_always_sees_all_of_it(workspace: Workspace, now: datetime) -> None:
    for turn in range(6):
        fill(list(range(turn * 100, turn * 100 + 100)), now)
    seen, failures, over = set(), [], threading.Event()

    def watch() -> None:
        try:
            with scope.workspace(workspace.pk):
                while not over.is_set():
                    with queries.lake() as lake:
                        people = lake.run(lake.events.select("person")).to_pydict()["person"]
                        seen.add((len(people), sum(people)))
        except Exception as error:
            failures.append(error)

    watchers = [threading.Thread(target=watch) for _ in range(2)]
    for watcher in watchers:
        watcher.start()
    for _ in range(5):
        Tidying.objects.create(month=f"{now:%Y-%m}", files=6, rows=600, asked_at=now)
        tidy(now)
    over.set()
    for watcher in watchers:
        watcher.join()
    assert (failures, seen) == ([], {(600, sum(range(600)))})


def test_killed_in_the_middle_of_a_rewrite_the_month_is_as_it_was_or_new(
    committed: None, workspace: Workspace, now: datetime
) -> None:
    for turn in range(8):
        fill(list(range(turn * 3_000, turn * 3_000 + 3_000)), now)
    before = read()
    command = [sys.executable, "-m", "tests.events.rewriter", str(workspace.pk), f"{now:%Y-%m}"]
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "GUANXI_LAKE": str(settings.LAKE)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline() == b"at work\n"
        time.sleep(random.uniform(0.0, 0.4))
        process.send_signal(signal.SIGKILL)
    assert read() == before
    tidy(now)
    fill([1], now)
    assert read() == before + Counter([1])


@pytest.mark.parametrize("damage", ["nothing", "a file is gone", "the log is gone", "the table is gone"])
def test_the_lake_is_made_anew_from_what_came_in(
    workspace: Workspace, now: datetime, become: dict[int, int], damage: str
) -> None:
    fill([1, 2, 3], now)
    events.announce_many([Happened(CupFilled(5), now)] * 60, received_at=now)
    become[2] = 1
    events.touch("aliases", [2])
    fill([1], now)
    tidy(now)
    place = lake_files.folder(workspace.pk, "events")
    match damage:
        case "a file is gone":
            Path(lake_files.files(workspace.pk, "events")[0]).unlink()
        case "the log is gone":
            for file in (place / "_delta_log").iterdir():
                file.unlink()
        case "the table is gone":
            place.rename(place.with_name("elsewhere"))
    assert events.rebuild() == 64
    events.write_lake(now=now)
    assert read() == {1: 3, 3: 1, 5: 60}
    fill([3], now)
    assert read() == {1: 3, 3: 2, 5: 60}


def test_behaviour_that_only_the_lake_holds_survives_a_rebuild(workspace: Workspace, now: datetime) -> None:
    events.announce_many([Happened(CupFilled(5), now)] * 60, received_at=now)
    fill([1], now)
    FactBatch.objects.all().delete()
    assert events.rebuild() == 61
    assert read() == {1: 1, 5: 60}


def summed() -> Counter[int] | None:
    """Cups by person, as their lifetimes sum them up; None while nobody may ask those."""
    with queries.lake() as lake:
        if lake.lifetime is None:
            return None
        rows = lake.run(lake.lifetime.table).to_pylist()
        aliases = lake.run(lake.aliases).to_pydict() if lake.aliases is not None else {"person": [], "keeper": []}
    keepers = dict(zip(aliases["person"], aliases["keeper"], strict=True))
    found: Counter[int] = Counter()
    for row in rows:
        found[keepers.get(row["person"], row["person"])] += row["happened"]
    return found


def test_a_lifetime_sums_up_the_events_of_this_moment_or_is_not_asked(
    workspace: Workspace, now: datetime, become: dict[int, int]
) -> None:
    fill([1, 2, 2, 3], now)
    assert summed() == read() == {1: 1, 2: 2, 3: 1}
    for _ in range(tidying.SMALL_FILES):
        fill([3, 1], now)
    tidy(now)
    assert (written_files(), summed()) == (1, read())
    become[2] = 1
    events.touch("aliases", [2])
    fill([1], now)
    assert summed() == read()
    tidy(now)  # the events are under whom they became, and the alias is gone
    assert summed() == read()
    del become[2]
    events.touch("aliases", [2])
    fill([2], now)
    assert summed() in (None, read())
    tidy(now)
    assert summed() == read()
    events.forget(people=[3])
    fill([1], now)
    assert summed() in (None, read())
    tidy(now)
    assert summed() == read()
    assert 3 not in read()
    events.rebuild()
    fill([], now)
    assert summed() == read()


def test_a_lifetime_with_a_column_of_another_version_is_followed_and_asked(workspace: Workspace, now: datetime) -> None:
    fill([1, 2, 2], now)
    happened, held = (lake_files.opened(workspace.pk, name) for name in ("events", "lifetime"))
    assert happened is not None and held is not None
    rows = held.to_pyarrow_table()
    write_deltalake(
        held,
        rows.append_column("of_another_version", pa.repeat(True, rows.num_rows)),
        mode="overwrite",
        schema_mode="overwrite",
        commit_properties=CommitProperties(
            app_transactions=[Transaction(str(happened.metadata().id), happened.version())]
        ),
    )
    fill([1, 3], now)
    assert summed() == read() == {1: 2, 2: 2, 3: 1}
    events.rebuild()
    fill([3], now)
    assert summed() == read()
