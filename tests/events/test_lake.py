from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pyarrow as pa
import pytest

from guanxi.events import lake as lake_files
from guanxi.events import operations as events
from guanxi.events import queries, registry
from guanxi.events.models import Fact, LakeState, Touched
from guanxi.events.operations import writing
from guanxi.events.rules import Happened
from guanxi.governance import queries as governance
from guanxi.governance.models import Workspace
from tests.conftest import make_workspace


@dataclass(frozen=True, slots=True)
class CupFilled:
    name: ClassVar[str] = "cup.filled"
    person: int
    amount_minor: int
    tea: str = ""
    import_id: int | None = None


def cups(count: int, now: datetime, **given: Any) -> list[Happened]:
    return [Happened(CupFilled(person=i, amount_minor=i, tea="oolong", **given), now) for i in range(count)]


def in_lake() -> list[tuple[int, str, int, str]]:
    with queries.lake() as lake:
        rows = lake.run(lake.events.select("person", "name", "amount_minor", "props").order_by("person"))
    return [tuple(row.values()) for row in rows.to_pylist()]


def test_a_fact_reaches_the_lake_once_and_whole(workspace: Workspace, now: datetime) -> None:
    events.announce(CupFilled(person=7, amount_minor=120, tea="oolong"), at=now)
    assert events.write_lake(now=now) == 1
    assert events.write_lake(now=now) == 0
    assert in_lake() == [(7, "cup.filled", 120, '{"tea":"oolong"}')]


def test_many_facts_are_kept_as_batches_and_arrive_all(workspace: Workspace, now: datetime) -> None:
    events.announce_many(cups(25_000, now), received_at=now)
    assert Fact.objects.count() == 0
    assert events.write_lake(now=now) == 25_000
    assert len(in_lake()) == 25_000


@pytest.mark.parametrize("moment", ["before the append", "after the append"])
def test_a_writer_killed_in_the_middle_neither_loses_nor_repeats(
    workspace: Workspace, now: datetime, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    events.announce(CupFilled(person=7, amount_minor=120), at=now)
    append = writing._append

    def killed(table: pa.Table, commit: int) -> None:
        if moment == "after the append":
            append(table, commit)
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "_append", killed)
    with pytest.raises(KeyboardInterrupt):
        events.write_lake(now=now)
    monkeypatch.setattr(writing, "_append", append)
    events.announce(CupFilled(person=8, amount_minor=80), at=now)
    events.write_lake(now=now)
    events.write_lake(now=now)
    assert [row[0] for row in in_lake()] == [7, 8]
    assert LakeState.objects.get().appended == 2


def test_the_facts_of_an_undone_import_leave_the_lake(workspace: Workspace, now: datetime) -> None:
    events.announce_many(cups(60, now, import_id=5), received_at=now)
    events.announce_many(cups(3, now), received_at=now)
    events.write_lake(now=now)
    events.retract(import_id=5, now=now)
    events.write_lake(now=now)
    assert [row[0] for row in in_lake()] == [0, 1, 2]


def test_listeners_hear_of_a_fact_in_the_same_transaction(
    workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[int] = []
    monkeypatch.setitem(
        registry._receivers, "cup.filled", [lambda happened: heard.extend(h.fact.person for h in happened)]
    )
    events.announce_many(cups(3, now), received_at=now)
    assert heard == [0, 1, 2]


def test_a_mirror_follows_changes_and_removals(
    workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels = {1: "visitor", 2: "visitor", 3: "fan"}

    def rows(keys: Any) -> pa.Table:
        known = [key for key in keys if key in levels]
        blank = dict.fromkeys(lake_files.PEOPLE.names[2:], pa.nulls(len(known)))
        return pa.table({"person": known, "level": pa.array([levels[key] for key in known], pa.string()), **blank})

    def mirrored() -> dict[int, str]:
        with queries.lake() as lake:
            return {row["person"]: row["level"] for row in lake.run(lake.people).to_pylist()}

    monkeypatch.setitem(registry._mirrors, "people", rows)
    events.touch("people", [1, 2, 3])
    events.write_lake(now=now)
    assert mirrored() == levels
    levels[1] = "customer"
    levels[4] = "visitor"
    del levels[2]
    events.touch("people", [4, 2, 1])
    assert list(Touched.objects.order_by("key").values_list("key", "last")) == [(1, 2), (4, None)]
    events.write_lake(now=now)
    assert mirrored() == {1: "customer", 3: "fan", 4: "visitor"}
    assert Touched.objects.count() == 0


def test_the_timeline_joins_what_waits_and_what_is_in_the_lake_without_repeats(
    workspace: Workspace, now: datetime
) -> None:
    for hours in range(4):
        events.announce(CupFilled(person=7, amount_minor=hours), at=now + timedelta(hours=hours))
        if hours == 1:
            events.write_lake(now=now)
    entries = queries.timeline([7], limit=3)
    assert [entry.amount_minor for entry in entries] == [3, 2, 1]
    last = entries[-1]
    assert [entry.amount_minor for entry in queries.timeline([7], limit=3, before=(last.at, last.event_id))] == [0]


def test_one_workspace_never_reads_the_lake_of_another(workspace: Workspace, now: datetime) -> None:
    events.announce(CupFilled(person=7, amount_minor=1), at=now)
    events.write_lake(now=now)
    with governance.entered(make_workspace("other")):
        assert in_lake() == []
        assert queries.timeline([7], limit=5) == []


def test_a_mirror_that_was_written_before_it_had_all_its_columns_gets_them(
    workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows(keys: Any) -> pa.Table:
        wanted = lake_files.MIRRORS["people"]
        blank = {name: pa.nulls(len(keys), wanted.field(name).type) for name in wanted.names}
        return pa.table(blank | {"person": pa.array(keys, pa.int64())})

    def mirrored() -> list[dict[str, Any]]:
        with queries.lake() as lake:
            return sorted(lake.run(lake.people).to_pylist(), key=lambda row: row["person"])

    monkeypatch.setitem(registry._mirrors, "people", rows)
    with monkeypatch.context() as before:
        old = pa.schema([lake_files.PEOPLE.field(name) for name in lake_files.PEOPLE.names[:8]])
        before.setitem(lake_files.MIRRORS, "people", old)
        events.touch("people", [1, 2])
        events.write_lake(now=now)
    blank = dict.fromkeys(lake_files.PEOPLE.names)
    assert mirrored() == [blank | {"person": 1}, blank | {"person": 2}]
    events.touch("people", [2, 3])
    events.write_lake(now=now)
    assert mirrored() == [blank | {"person": 1}, blank | {"person": 2}, blank | {"person": 3}]
