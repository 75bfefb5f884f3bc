"""The one writer of the lake. Killed at any moment, it neither loses nor repeats a fact.

Waiting rows first get a commit number (one transaction); the append carries that number in the Delta log itself; then
the number is noted as appended. A writer that starts again sees in the log whether the append was done.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from django.db import transaction

from guanxi.events import changes, registry
from guanxi.events.lake import COLUMNS, EVENTS, MIRRORS, opened, place
from guanxi.events.models import Fact, FactBatch, Forgotten, LakeState, Retraction, Touched
from guanxi.events.operations import forgetting, lifetimes
from guanxi.events.operations.forgetting import forget_in_lake, sweep_old_files
from guanxi.events.operations.reassigning import put_back, remember_aliases
from guanxi.events.operations.shapes import APPENDED, PROPERTIES
from guanxi.events.rules import month_of
from guanxi.kit import bulk, leases, scope
from guanxi.kit.apart import apart

log = logging.getLogger(__name__)

FACTS_A_COMMIT = 100_000
BATCHES_A_COMMIT = 60
KEYS_A_COMMIT = 50_000
SET_ASIDE = 0  # no commit has this number
APPLICATION = "facts"
BODIES = f"SELECT id, body FROM {FactBatch._meta.db_table} WHERE workspace_id = %s AND lake_commit = %s ORDER BY id"  # noqa: S608
_OF = "workspace_id = %(workspace)s AND"
# Most turns of most workspaces find nothing: one statement says so, where the parts would ask fourteen.
WAITING = f"""
SELECT EXISTS (SELECT FROM {Fact._meta.db_table} WHERE {_OF} lake_commit IS NULL)
    OR EXISTS (SELECT FROM {FactBatch._meta.db_table} WHERE {_OF} lake_commit IS NULL)
    OR EXISTS (SELECT FROM {LakeState._meta.db_table} WHERE {_OF} assigned <> appended)
    OR EXISTS (SELECT FROM {Retraction._meta.db_table} WHERE {_OF} done_at IS NULL)
    OR EXISTS (SELECT FROM {Touched._meta.db_table} WHERE {_OF} true)
    OR EXISTS (SELECT FROM {Forgotten._meta.db_table}
               WHERE {_OF} swept_at IS NULL AND (done_at IS NULL OR done_at <= statement_timestamp() - %(stay)s))
"""  # noqa: S608
_json = msgspec.json.Encoder()


def write_lake(*, now: datetime) -> int:
    """Bring the lake of the current workspace up to date by one commit each; returns how many rows were written."""
    if not bulk.asked(WAITING, {"workspace": scope.current(), "stay": forgetting.OLD_FILES_STAY})[0][0]:
        return 0
    with leases.only_one("lake") as alone:
        if not alone:
            return 0
        parts: list[tuple[str, Callable[[], int]]] = [
            ("facts", lambda: _append_facts(now)),
            ("retractions", lambda: _retract(now)),
            *((f"mirror {name}", partial(_mirror, name)) for name in registry.mirrors()),
            ("erasures", lambda: forget_in_lake(PROPERTIES)),
            ("old files", sweep_old_files),
        ]
        written = 0
        for name, write in parts:
            with apart("lake:", name):
                written += write()
        return written


def _append_facts(now: datetime) -> int:
    state, _ = LakeState.objects.get_or_create()
    if state.assigned == state.appended and not _assign(state):
        return 0
    commit = state.assigned
    table = rows_of(commit)
    remember_aliases(table)
    delta = opened(scope.current(), "events")
    if delta is None or (delta.transaction_version(APPLICATION) or 0) < commit:
        _append(table, commit)
        lifetimes.follow(table, delta)
    with transaction.atomic():
        LakeState.objects.filter(pk=state.pk).update(appended=commit, appended_at=now)
    return int(table.num_rows)


@transaction.atomic
def _assign(state: LakeState) -> bool:
    """Give the waiting facts the next commit number."""
    number = state.assigned + 1
    facts = Fact.objects.filter(lake_commit__isnull=True).order_by("id")[:FACTS_A_COMMIT].values("pk")
    batches = FactBatch.objects.filter(lake_commit__isnull=True).order_by("id")[:BATCHES_A_COMMIT].values("pk")
    taken = Fact.objects.filter(pk__in=facts).update(lake_commit=number)
    taken += FactBatch.objects.filter(pk__in=batches).update(lake_commit=number)
    if taken:
        LakeState.objects.filter(pk=state.pk).update(assigned=number)
        state.assigned = number
    return bool(taken)


def rows_of(commit: int) -> pa.Table:
    """What a commit of the lake holds, from the rows: what is not there any more is missing."""
    bodies = bulk.asked(BODIES, [scope.current(), commit])
    parts = [table for pk, body in bodies if (table := unpacked(pk, body)) is not None]
    facts = list(Fact.objects.filter(lake_commit=commit))
    if facts:
        parts.append(facts_table(facts))
    return pa.concat_tables(parts) if parts else EVENTS.empty_table()


def unpacked(pk: int, body: bytes) -> pa.Table | None:
    """A batch that cannot be read is set aside, and said so: those behind it would wait for ever."""
    try:
        table = pa.ipc.open_stream(body).read_all()
        whole = pa.concat_tables([EVENTS.empty_table(), table], promote_options="default")
        return whole.select(EVENTS.names).cast(EVENTS)
    except (pa.ArrowException, KeyError):
        log.exception("fact batch %s cannot be read and is set aside", pk)
        FactBatch.objects.filter(pk=pk).update(lake_commit=SET_ASIDE)
        return None


def facts_table(facts: list[Fact]) -> pa.Table:
    values: dict[str, list[Any]] = {name: [getattr(fact, name) for fact in facts] for name in COLUMNS}
    values["event_id"] = [bytes(fact.event_id) for fact in facts]
    values["month"] = [month_of(fact.occurred_at) for fact in facts]
    values["props"] = [_json.encode(fact.props).decode() for fact in facts]
    values["written_for"] = [None] * len(facts)
    return pa.table({name: pa.array(values[name], EVENTS.field(name).type) for name in EVENTS.names})


def _append(table: pa.Table, commit: int) -> None:
    ordered = table.sort_by([("name", "ascending"), ("person", "ascending"), ("occurred_at", "ascending")])
    write_deltalake(
        place(scope.current(), "events"),
        ordered,
        partition_by=["month"],
        mode="append",
        schema_mode="merge",
        writer_properties=APPENDED,
        commit_properties=CommitProperties(app_transactions=[Transaction(APPLICATION, commit)]),
    )


def _retract(now: datetime) -> int:
    waiting = list(Retraction.objects.filter(done_at__isnull=True))
    if not waiting:
        return 0
    delta = opened(scope.current(), "events")
    if delta is not None:
        ids = ", ".join(str(int(row.import_id)) for row in waiting)
        delta.delete(f"import_id IN ({ids})", writer_properties=PROPERTIES)
    with transaction.atomic():
        changes.note_everybody("retraction")
        Retraction.objects.filter(pk__in=[row.pk for row in waiting]).update(done_at=now)
    return len(waiting)


def _mirror(name: str) -> int:
    waiting = _waiting(name)
    if not waiting:
        return 0
    wanted = sorted({key for _, first, last in waiting for key in range(first, last + 1)})
    rows = registry.mirrors()[name](wanted).cast(MIRRORS[name])
    delta = opened(scope.current(), name)
    notes, whose = changes.begun(name, changes.named_in(name, rows, delta, wanted))
    if delta is None:
        write_deltalake(place(scope.current(), name), rows, mode="append", writer_properties=PROPERTIES)
    else:
        _replace(_grown(delta, name), rows, wanted, key=MIRRORS[name].names[0])
    if name == "aliases":
        put_back(wanted)
    with transaction.atomic():
        changes.ended(name, notes, whose)
        Touched.objects.filter(pk__in=[pk for pk, _first, _last in waiting]).delete()
    return len(wanted)


def _waiting(mirror: str) -> list[tuple[int, int, int]]:
    """Notes with their first and last key, as many as make a commit."""
    notes = Touched.objects.filter(mirror=mirror).order_by("id").values_list("pk", "key", "last")[:KEYS_A_COMMIT]
    found, many = [], 0
    for pk, first, last in notes:
        if many >= KEYS_A_COMMIT:
            break
        found.append((pk, first, last or first))
        many += (last or first) - first + 1
    return found


def _grown(delta: DeltaTable, name: str) -> DeltaTable:
    """With every column that the mirror has by now; those that are new hold nothing yet."""
    wanted = MIRRORS[name]
    if {field.name for field in delta.schema().fields} >= set(wanted.names):
        return delta
    rows = pa.concat_tables([wanted.empty_table(), delta.to_pyarrow_table()], promote_options="default")
    path = place(scope.current(), name)
    write_deltalake(
        path, rows.select(wanted.names), mode="overwrite", schema_mode="overwrite", writer_properties=PROPERTIES
    )
    return DeltaTable(path)


def _replace(delta: DeltaTable, rows: pa.Table, wanted: list[int], key: str) -> None:
    """Write these keys anew in one commit: changed rows are updated, new ones added, missing ones removed."""
    gone = pc.invert(pc.is_in(pa.array(wanted, pa.int64()), rows.column(key).combine_chunks()))
    missing = pa.array(wanted, pa.int64()).filter(gone)
    blank = {name: pa.nulls(len(missing), rows.schema.field(name).type) for name in rows.schema.names}
    blank[key] = missing
    source = pa.concat_tables(
        [
            rows.append_column("gone", pa.array([False] * rows.num_rows, pa.bool_())),
            pa.table(blank).append_column("gone", pa.array([True] * len(missing), pa.bool_())),
        ]
    )
    columns = {name: f"new.{name}" for name in rows.schema.names}
    (
        delta.merge(
            source, f"old.{key} = new.{key}", source_alias="new", target_alias="old", writer_properties=PROPERTIES
        )
        .when_matched_delete("new.gone")
        .when_matched_update(columns)
        .when_not_matched_insert(columns, "NOT new.gone")
        .execute()
    )
