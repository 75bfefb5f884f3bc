"""A person's events leave: rows and batches at once, the lake with the writer's turn, its old files an hour later."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, WriterProperties
from django.db import transaction
from django.db.models.functions import Now

from guanxi.events.lake import TABLES, opened
from guanxi.events.models import Fact, FactBatch, Forgotten, Reassigned
from guanxi.events.operations import lifetimes
from guanxi.events.operations.announcing import packed, touch
from guanxi.kit import scope

log = logging.getLogger(__name__)

# Whoever began to read a snapshot before the rewrite may still hold its files: reports take minutes, not an hour.
OLD_FILES_STAY = timedelta(hours=1)


@transaction.atomic
def forget(*, people: Sequence[int]) -> None:
    """What happened to them never comes up again. Asking twice does no harm."""
    Fact.objects.filter(person__in=people).delete()
    known = set(Forgotten.objects.filter(person__in=people).values_list("person", flat=True))
    Forgotten.objects.bulk_create(Forgotten(person=one, asked_at=Now()) for one in people if one not in known)
    touch("people", people)
    touch("reach", people)


def forget_in_batches(*, people: Sequence[int], after: int, limit: int = 50) -> int | None:
    """Takes these people out of the next packed batches beyond the mark; gives the next mark, None at the end."""
    wanted = pa.array(people, pa.int64())
    with transaction.atomic():
        batches = list(FactBatch.objects.select_for_update().filter(pk__gt=after).order_by("pk")[:limit])
        for batch in batches:
            try:
                table = pa.ipc.open_stream(batch.body).read_all()
            except pa.ArrowException:  # nobody else can read it either
                log.exception("fact batch %s cannot be read", batch.pk)
                continue
            staying = table.filter(pc.invert(pc.is_in(table["person"], wanted)))
            if staying.num_rows < table.num_rows:
                FactBatch.objects.filter(pk=batch.pk).update(rows=staying.num_rows, body=packed(staying))
    return batches[-1].pk if batches else None


def forget_in_lake(properties: WriterProperties) -> int:
    """The writer's turn: nobody who reads the lake from now on finds them."""
    waiting = list(Forgotten.objects.filter(done_at=None))
    if waiting:
        ids = ", ".join(str(row.person) for row in waiting)
        for name, schema in TABLES.items():
            delta = opened(scope.current(), name)
            if delta is not None and "person" in schema.names:
                delta.delete(_of(ids, delta), writer_properties=properties)
        Reassigned.objects.filter(person__in=[row.person for row in waiting]).delete()
        Forgotten.objects.filter(pk__in=[row.pk for row in waiting]).update(done_at=Now())
    return len(waiting)


def _of(ids: str, delta: DeltaTable) -> str:
    """Theirs, and what was theirs before a merge."""
    known = {field.name for field in delta.schema().fields}
    before = f" OR written_for IN ({ids})" if "written_for" in known else ""
    return f"person IN ({ids}){before}"


def sweep_old_files() -> int:
    """What was rewritten an hour ago or longer leaves the disk, and with it the log that describes it."""
    due = Forgotten.objects.exclude(done_at=None).filter(swept_at=None, done_at__lte=Now() - OLD_FILES_STAY)
    ids = list(due.values_list("pk", flat=True))
    if not ids:
        return 0
    with lifetimes.unmoved():
        for name in TABLES:
            delta = opened(scope.current(), name)
            if delta is not None:
                _sweep(delta)
    return Forgotten.objects.filter(pk__in=ids).update(swept_at=Now())


def _sweep(delta: DeltaTable) -> None:
    hours = int(OLD_FILES_STAY.total_seconds() // 3600)
    keeping = {
        "delta.deletedFileRetentionDuration": f"interval {hours} hours",
        "delta.logRetentionDuration": f"interval {hours} hours",
    }
    if {key: delta.metadata().configuration.get(key) for key in keeping} != keeping:
        delta.alter.set_table_properties(keeping)
    delta.vacuum(retention_hours=hours, dry_run=False, enforce_retention_duration=False)
    delta.create_checkpoint()
    delta.cleanup_metadata()


def forgotten(people: Sequence[int]) -> bool:
    """Whether nothing of them is left, in old files neither."""
    return not Forgotten.objects.filter(person__in=people, swept_at=None).exists()
