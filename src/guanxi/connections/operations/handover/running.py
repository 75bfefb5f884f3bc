"""The worker's lane: a turn deals with some friends of the oldest hand-over that has work left. Each turn is one
transaction, so that a worker that dies loses nothing and repeats nothing."""

from __future__ import annotations

from datetime import datetime

from django.db import OperationalError, transaction

from guanxi.connections.models import FriendHandover, HandoverState
from guanxi.connections.operations.handover.working import halt, hindrance, hold_staff, record, takers_of, work
from guanxi.connections.queries import HANDOVER_WORKING
from guanxi.governance import operations as governance
from guanxi.kit.apart import apart

DEADLOCK = OperationalError.__name__
"""Two that wait for each other, or a server that is short of something: the next turn does the same again."""


def handover_lane(*, now: datetime) -> bool:
    """One turn, in the current workspace; says whether there was work. One that fails stops there, for staff to go on
    or take it back, and the next has its turn."""
    of = FriendHandover.objects.filter(state__in=HANDOVER_WORKING).order_by("pk").first()
    if of is None:
        return False
    with apart("hand-over", of.pk) as done:
        return _turn(of, now)
    if done.problem != DEADLOCK:
        _fail(of.pk, now)
    return False


@transaction.atomic
def _turn(seen: FriendHandover, now: datetime) -> bool:
    staff = hold_staff(seen.giver_id, *takers_of(seen))
    waiting = FriendHandover.objects.filter(pk=seen.pk, state__in=HANDOVER_WORKING)
    of: FriendHandover | None = waiting.select_for_update(skip_locked=True).first()
    if of is None:
        return False
    if problem := hindrance(of, staff):
        halt(of, HandoverState.STOPPED, now, problem)
        record("stopped", of, None, now)
        _tell(of, now)
    elif not work(of, now):
        _tell(of, now)
    return True


@transaction.atomic
def _fail(pk: int, now: datetime) -> None:
    waiting = FriendHandover.objects.filter(pk=pk, state__in=HANDOVER_WORKING)
    of: FriendHandover | None = waiting.select_for_update().first()
    if of is not None:
        halt(of, HandoverState.FAILED, now, "unexpected")
        _tell(of, now)


def _tell(of: FriendHandover, now: datetime) -> None:
    """Whoever asked for it hears what became of it."""
    counts = {"friends": of.friends, "left_out": of.left_out}
    if of.undone_at is not None:
        counts = {"returned": of.returned, "kept": of.kept}
    governance.notify(
        staff=of.undone_by if of.undone_at else of.by,
        kind=f"handover.{of.state}",
        subject=of.public_id,
        name=of.giver.name,
        detail=counts,
        now=now,
    )
