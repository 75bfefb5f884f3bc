"""The worker's lane: a turn settles whom a change means, or deals with the next of them. Each turn is one transaction
that holds the row of the change, so that a worker that dies loses nothing and repeats nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import OperationalError, connection, transaction

from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.kit import bulk, scope
from guanxi.kit.apart import apart
from guanxi.people import queries
from guanxi.people.models import Bulk, BulkRow, BulkState, Person
from guanxi.people.operations.bulk.acts import CHANGED, RESTORED, TargetGone, change_of
from guanxi.people.operations.imports.working import alone
from guanxi.people.queries import BULK_WORKING, UNDO_FOR, Wanted

CHUNK = 2_000
DEADLOCK = OperationalError.__name__
"""Two that wait for each other, or a server that is short of something: the next turn does the same again."""
NOT_THERE = "not_there"
"""Gone since, or out of what the author sees."""


def bulk_lane(*, now: datetime) -> bool:
    """One turn at the oldest change that has work left, in the current workspace; says whether there was any. One that
    fails stops there, for staff to go on or take it back, and the next has its turn."""
    of = Bulk.objects.filter(state__in=BULK_WORKING).order_by("pk").first()
    if of is None:
        _forget_old(now)
        return False
    with apart("bulk", of.pk) as work:
        return _turn(of.pk, now)
    if work.problem != DEADLOCK:
        _fail(of.pk, now)
    return False


@transaction.atomic
def _fail(pk: int, now: datetime) -> None:
    of: Bulk | None = Bulk.objects.select_for_update().filter(pk=pk, state__in=BULK_WORKING).first()
    if of is not None:
        of.problem = "unexpected"
        _finish(of, BulkState.FAILED, now)


@transaction.atomic
def _turn(pk: int, now: datetime) -> bool:
    waiting = Bulk.objects.filter(pk=pk, state__in=BULK_WORKING)
    of: Bulk | None = waiting.select_for_update(skip_locked=True).first()
    if of is None:
        return False
    alone()
    rows = _next(of)
    try:
        if of.total is None:
            _settle_whom(of)
        elif not rows:
            _finish(of, BulkState.DONE if of.state == BulkState.RUNNING else BulkState.UNDONE, now)
        elif of.state == BulkState.RUNNING:
            _run(of, rows, now)
        else:
            _undo(of, rows, now)
    except TargetGone:
        of.problem = "target_gone"
        _finish(of, BulkState.FAILED, now)
    return True


def _settle_whom(of: Bulk) -> None:
    """Everyone whom the change means, as it is now, within what its author sees."""
    match of.chosen:
        case {"filter": wanted}:
            meant = queries.wanted_people(of.by, msgspec.convert(wanted, Wanted))
        case {"people": picked}:
            meant = queries.visible(of.by).filter(public_id__in=picked)
    sql, given = meant.order_by("pk").values_list("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {BulkRow._meta.db_table} (workspace_id, of_id, person, outcome, before) "  # noqa: S608
            f"SELECT %s, %s, meant.id, '', '{{}}' FROM ({sql}) meant(id)",
            [scope.current(), of.pk, *given],
        )
        of.total = cursor.rowcount
    of.save(update_fields=["total"])


def _run(of: Bulk, rows: list[BulkRow], now: datetime) -> None:
    change, seen = change_of(of), _held(of, rows)
    outcomes = change.apply([seen[row.person] for row in rows if row.person in seen], of=of, now=now)
    _note(rows, outcomes)
    reasons = Counter(row.outcome for row in rows)
    of.changed += reasons.pop(CHANGED, 0)
    of.skipped = dict(Counter(of.skipped) + reasons)
    _went_on(of, rows, [row.person for row in rows if row.outcome == CHANGED])


def _undo(of: Bulk, rows: list[BulkRow], now: datetime) -> None:
    change, mine = change_of(of, undoing=True), [row for row in rows if row.outcome == CHANGED]
    seen = _held(of, mine)
    before = {row.person: row.before for row in mine if row.person in seen}
    _note(mine, change.undo([(seen[pk], was) for pk, was in before.items()], of=of, now=now))
    reasons = Counter(row.outcome for row in mine)
    of.restored += reasons.pop(RESTORED, 0)
    of.kept = dict(Counter(of.kept) + reasons)
    _went_on(of, rows, [row.person for row in mine if row.outcome == RESTORED])


def _next(of: Bulk) -> list[BulkRow]:
    return list(BulkRow.objects.filter(of=of, pk__gt=of.through).order_by("pk")[:CHUNK])


def _held(of: Bulk, rows: Sequence[BulkRow]) -> dict[int, Person]:
    """Those whom the author still sees, each held until the end of the turn."""
    ids = [row.person for row in rows]
    held = queries.visible(of.by).filter(pk__in=ids).order_by("pk").select_for_update(no_key=True, of=("self",))
    return {person.pk: person for person in held}


def _note(rows: Sequence[BulkRow], outcomes: dict[int, tuple[str, dict[str, Any]]]) -> None:
    for row in rows:
        row.outcome, row.before = outcomes.get(row.person, (NOT_THERE, {}))
    bulk.update(BulkRow, ["outcome", "before"], ((row.pk, row.outcome, row.before) for row in rows))


def _went_on(of: Bulk, rows: Sequence[BulkRow], changed: list[int]) -> None:
    events.touch("people", changed)
    of.through = rows[-1].pk
    if of.state == BulkState.RUNNING:
        of.done += len(rows)
    of.save(update_fields=["through", "done", "changed", "skipped", "restored", "kept"])


def _finish(of: Bulk, state: BulkState, now: datetime) -> None:
    of.state = state
    of.finished_at = of.finished_at or now
    of.save(update_fields=["state", "problem", "finished_at"])
    counts = {"changed": of.changed, "skipped": sum(of.skipped.values()), "restored": of.restored}
    governance.notify(staff=of.by, kind=f"bulk.{of.state}", subject=of.public_id, name=of.act, detail=counts, now=now)
    if state == BulkState.DONE:
        detail = {"change": of.act, "count": of.changed}
        governance.record(act="bulk.finished", by=of.by, subject=of.public_id, detail=detail, now=now)


def _forget_old(now: datetime) -> None:
    """Seven days on, what was there before has served its purpose."""
    old = Bulk.objects.filter(finished_at__lt=now - UNDO_FOR).exclude(state__in=BULK_WORKING)
    BulkRow.objects.filter(of__in=old).delete()
