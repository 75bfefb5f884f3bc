"""The worker's lane: a turn settles whom a file means, writes a part for the next of them, or puts the parts together.

Each part is a sealed file, and a transaction counts it: a worker that dies loses at most the part in hand, which is
written again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
from django.db import OperationalError, models, transaction
from django.db.models.functions import Now

from guanxi.audiences.models import Export, ExportChunk, ExportState
from guanxi.audiences.operations.exports import files
from guanxi.audiences.operations.exports.formats import format_of
from guanxi.audiences.queries import RuleError, exports
from guanxi.audiences.queries.exports.seen import shape_of
from guanxi.audiences.queries.exports.whom import parts
from guanxi.governance import operations as governance
from guanxi.governance.queries import Permission, may
from guanxi.kit import bulk
from guanxi.kit.apart import apart

CHUNK = 10_000
LASTS = timedelta(days=3)
KEPT = timedelta(days=365)
LEASE = timedelta(minutes=10)
ATTEMPTS = 3
DEADLOCK = OperationalError.__name__


class Stopped(Exception):
    """Somebody stopped or removed it while its parts were put together."""


def export_lane(*, now: datetime) -> bool:
    """One turn at the oldest file that is not done, in the current workspace; says whether there was any. One that
    fails stops there, for staff to go on, and the next has its turn."""
    ended = _expire(now)
    free = models.Q(lease_until=None) | models.Q(lease_until__lt=Now())
    of = exports.waiting().filter(free).first()
    if of is None:
        return ended
    with apart("export", of.pk) as work:
        return _turn(of.pk, now)
    if work.problem != DEADLOCK:
        _fail(of.pk, "unexpected", now)
    return False


def _turn(pk: int, now: datetime) -> bool:
    with transaction.atomic():
        of: Export | None = exports.waiting().select_for_update(skip_locked=True).filter(pk=pk).first()
        if of is None:
            return False
        if problem := _in_the_way(of):
            _finish(of, ExportState.FAILED, now, problem)
            return True
        if of.total is None:
            return _settle(of, now)
        chunk = ExportChunk.objects.filter(of=of, number__gt=of.through).order_by("number").first()
        if chunk is not None:
            return _write(of, chunk, now)
        of.attempts += 1
        if of.attempts > ATTEMPTS:
            _finish(of, ExportState.FAILED, now, "unexpected")
            return True
        Export.objects.filter(pk=pk).update(attempts=of.attempts, lease_until=Now() + LEASE)
    return _join(of, now)


def _in_the_way(of: Export) -> str:
    """Who asked for it must still be one who may."""
    if not of.by.is_active or not may(of.by.role, Permission.EXPORTS_MAKE):
        return "not_allowed"
    if of.shape.get("clear") and not may(of.by.role, Permission.PEOPLE_REVEAL):
        return "not_allowed"
    return ""


def _settle(of: Export, now: datetime) -> bool:
    try:
        ids = exports.people_of(of.chosen, of.by, now=now)
    except RuleError:
        _finish(of, ExportState.FAILED, now, "rule")
        return True
    bulk.insert(
        ExportChunk,
        ["of_id", "number", "first", "last", "people"],
        (
            (of.pk, number, int(some[0]), int(some[-1]), some.astype(np.int64).tobytes())
            for number, some in enumerate(parts(ids, CHUNK), 1)
        ),
    )
    of.total = len(ids)
    of.save(update_fields=["total"])
    return True


def _write(of: Export, chunk: ExportChunk, now: datetime) -> bool:
    shape = shape_of(of)
    ids = np.frombuffer(bytes(chunk.people), np.int64).tolist()
    rows, left = exports.Reader(shape, of.by, now=now).read(ids)
    files.write(of, format_of(shape).part(rows), chunk.number)
    of.through, of.done, of.rows = chunk.number, of.done + len(ids), of.rows + len(rows)
    of.left_out = dict(Counter(of.left_out) + left)
    of.save(update_fields=["through", "done", "rows", "left_out"])
    return True


def _join(of: Export, now: datetime) -> bool:
    """Outside a transaction: a large workbook takes its time."""
    shape = shape_of(of)
    header = exports.Reader(shape, of.by, now=now).header
    try:
        size = files.write(of, format_of(shape).whole(header, _parts(of)))
    except Stopped:
        Export.objects.filter(pk=of.pk).update(lease_until=None)
        return True
    with transaction.atomic():
        held: Export | None = exports.waiting().select_for_update().filter(pk=of.pk).first()
        if held is None:
            gone = Export.objects.filter(pk=of.pk, salt=None).exists()
            files.forget_file(of) if gone else files.path_of(of).unlink(missing_ok=True)
            return True
        held.size, held.expires_at, held.lease_until = size, now + LASTS, None
        held.save(update_fields=["size", "expires_at", "lease_until"])
        _finish(held, ExportState.DONE, now)
    files.forget_parts(of)
    return True


def _parts(of: Export) -> Iterator[bytes]:
    """Each part whole: they hold some megabytes."""
    for number in range(1, of.through + 1):
        if not exports.waiting().filter(pk=of.pk).exists():
            raise Stopped
        yield b"".join(files.read(of, number))


@transaction.atomic
def _fail(pk: int, problem: str, now: datetime) -> None:
    of: Export | None = exports.waiting().select_for_update().filter(pk=pk).first()
    if of is not None:
        _finish(of, ExportState.FAILED, now, problem)


def _finish(of: Export, state: ExportState, now: datetime, problem: str = "") -> None:
    of.state, of.problem, of.finished_at, of.lease_until = state, problem, now, None
    of.save(update_fields=["state", "problem", "finished_at", "lease_until"])
    counts = {"rows": of.rows, "left_out": sum(of.left_out.values())}
    governance.notify(staff=of.by, kind=f"export.{state}", subject=of.public_id, name=of.name, detail=counts, now=now)
    if state == ExportState.DONE:
        detail = {"people": of.done - counts["left_out"], **counts}
        governance.record(act="export.finished", by=of.by, subject=of.public_id, detail=detail, now=now)


def _expire(now: datetime) -> bool:
    """A file lives for three days; what was stopped or failed and left there, for as long."""
    old = models.Q(state=ExportState.DONE, expires_at__lte=now) | models.Q(
        state__in=(ExportState.STOPPED, ExportState.FAILED), finished_at__lte=now - LASTS, salt__isnull=False
    )
    over = list(Export.objects.filter(old).values_list("pk", flat=True))
    for pk in over:
        with apart("file of export", pk), transaction.atomic():
            of = Export.objects.select_for_update().filter(old, pk=pk).first()
            if of is not None:
                files.drop(of, "", now=now)
    return bool(over)
