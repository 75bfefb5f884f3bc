"""Say that something happened: a row in the announcer's transaction, and a call to everyone who listens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from django.db import connection, transaction

from guanxi.events import registry
from guanxi.events.lake import EVENTS
from guanxi.events.models import Fact, FactBatch, LakeState, Retraction, Touched
from guanxi.events.rules import Happened, columns, columns_of, props
from guanxi.kit import bulk, keys, scope

ROWS_UP_TO = 50
BATCH = 10_000
_json = msgspec.json.Encoder()


def announce(fact: Any, *, at: datetime, received_at: datetime | None = None, source: str = "") -> None:
    """Write one fact. `at` is when it happened, `received_at` (default: the same) when we learnt of it."""
    announce_many([Happened(fact, at)], received_at=received_at or at, source=source)


@transaction.atomic
def announce_many(
    happened: Sequence[Happened], *, received_at: datetime, source: str = "", quietly: bool = False
) -> None:
    """Write many facts of one change. Beyond fifty they are kept as compressed batches, not as single rows. `quietly`:
    nobody is called, for whoever tells of all of them by one word."""
    if not happened:
        return
    if len(happened) <= ROWS_UP_TO:
        Fact.objects.bulk_create(_row(item, received_at, source) for item in happened)
    else:
        for start in range(0, len(happened), BATCH):
            _keep(happened[start : start + BATCH], received_at, source)
    if quietly:
        return
    by_name = sorted(happened, key=lambda item: item.fact.name)
    for name, group in groupby(by_name, key=lambda item: item.fact.name):
        heard = list(group)
        for receiver in registry.receivers(name):
            receiver(heard)


def tell(fact: Any, *, at: datetime) -> None:
    """Say something that happened to no person, such as the end of an import: whoever listens hears it in this
    transaction; the lake, which holds what happened to people, does not."""
    for receiver in registry.receivers(fact.name):
        receiver([Happened(fact, at)])


def _row(item: Happened, received_at: datetime, source: str) -> Fact:
    return Fact(
        person=item.fact.person,
        name=item.fact.name,
        occurred_at=item.at,
        received_at=received_at,
        source=source,
        props=props(item.fact),
        **columns(item.fact),
    )


def _keep(happened: Sequence[Happened], received_at: datetime, source: str) -> None:
    table = as_table(happened, received_at, source)
    imports = {getattr(item.fact, "import_id", None) for item in happened}
    bulk.put(
        FactBatch,
        rows=len(happened),
        body=packed(table),
        received_at=received_at,
        import_id=imports.pop() if len(imports) == 1 else None,
    )


def keep(table: pa.Table, *, received_at: datetime, until: datetime) -> None:
    """Hand many things that happened to the lake as a table with its columns; nobody is called.

    The rows go with the transaction of the caller, and are dropped some time after `until`.
    """
    bulk.put(FactBatch, rows=table.num_rows, body=packed(table), received_at=received_at, kept_until=until)


def drop_kept(*, now: datetime) -> int:
    """What was kept long enough, and is in the lake."""
    state = LakeState.objects.first()
    over = FactBatch.objects.filter(kept_until__lt=now, lake_commit__lte=state.appended if state else 0)
    return over.delete()[0]


def packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, EVENTS, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def as_table(happened: Sequence[Happened], received_at: datetime, source: str) -> pa.Table:
    size = len(happened)
    facts = [item.fact for item in happened]
    kinds = {fact.__class__ for fact in facts}
    moments = pa.array([item.at for item in happened], EVENTS.field("occurred_at").type)
    months, of_month = np.unique(moments.to_numpy().astype("datetime64[M]"), return_inverse=True)
    values: dict[str, Any] = {
        "month": pa.array(months.astype(str).tolist(), pa.string()).take(pa.array(of_month)),
        "event_id": keys.event_ids(size),
        "person": [fact.person for fact in facts],
        "name": [fact.name for fact in facts],
        "occurred_at": moments,
        "received_at": pa.repeat(pa.scalar(received_at, EVENTS.field("received_at").type), size),
        "source": pa.repeat(pa.scalar(source, pa.string()), size),
        "props": [_said(fact) for fact in facts] if any(columns_of(kind)[1] for kind in kinds) else ["{}"] * size,
    }
    for name in EVENTS.names:
        if name not in values:
            carried = any(name in columns_of(kind)[0] for kind in kinds)
            values[name] = [getattr(fact, name, None) for fact in facts] if carried else pa.nulls(size)
    return pa.table({name: _column(values[name], EVENTS.field(name).type) for name in EVENTS.names})


def _column(values: Any, kind: pa.DataType) -> pa.Array:
    return values.cast(kind) if isinstance(values, pa.Array) else pa.array(values, kind)


def _said(fact: Any) -> str:
    return _json.encode(props(fact)).decode() if columns_of(fact.__class__)[1] else "{}"


@transaction.atomic
def retract(*, import_id: int, now: datetime) -> None:
    """The facts of an import never happened: their rows go now, the copies in the lake with the writer's turn."""
    Fact.objects.filter(import_id=import_id).delete()
    FactBatch.objects.filter(import_id=import_id).delete()
    Retraction.objects.create(import_id=import_id, asked_at=now)


_TOUCH = f"""
INSERT INTO {Touched._meta.db_table} (workspace_id, mirror, key, last)
SELECT %s, %s, key, nullif(last, key)
FROM unnest(string_to_array(%s, ',')::bigint[], string_to_array(%s, ',')::bigint[]) AS neighbours(key, last)
"""  # noqa: S608


def touch(mirror: str, keys: Iterable[int]) -> None:
    """These rows changed: the writer copies them to the lake again. Neighbours, such as people who came together, are
    noted as one."""
    rising = np.unique(np.fromiter(keys, np.int64))
    gaps = np.flatnonzero(np.diff(rising) != 1)
    first, last = rising[np.append(0, gaps + 1)[: len(rising)]], rising[np.append(gaps, -1)[: len(rising)]]
    with connection.cursor() as cursor:
        bounds = (",".join(map(str, bound.tolist())) for bound in (first, last))
        cursor.execute(_TOUCH, [scope.current(), mirror, *bounds])
