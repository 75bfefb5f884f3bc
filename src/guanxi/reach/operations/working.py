"""What the worker does for broadcasts: choose the recipients chunk by chunk, and see when all are done."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import OperationalError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from guanxi.audiences import queries as audiences
from guanxi.channels import operations as channels
from guanxi.channels import queries as messages
from guanxi.kit import leases
from guanxi.kit.apart import apart
from guanxi.reach.models import Broadcast, BroadcastState
from guanxi.reach.operations.running import WrongState, locked, pause, tell_starter
from guanxi.reach.queries.review import errand

CHUNK = 10_000
# By the database's clock; each chunk renews it.
LEASE = timedelta(minutes=2)


def lane(*, now: datetime) -> bool:
    """One turn in the current workspace; says whether there was anything to do."""
    return plan_due(now=now) or finish_due(now=now)


def plan_due(*, now: datetime) -> bool:
    """Choose the recipients of one broadcast whose time has come. Killed at any moment, the next turn goes on from the
    last whole chunk; who is in the audience is asked as of the start."""
    broadcast = _take(now)
    if broadcast is None:
        return False
    with apart("broadcast", broadcast.pk) as work:
        return _plan(broadcast, now)
    if work.problem != OperationalError.__name__:  # two that waited for each other try again when the lease is over
        with suppress(WrongState):
            paused = pause(broadcast=broadcast, by=None, now=now, reason=f"unexpected: {work.problem}")
            tell_starter(paused, "broadcast.paused", now, {})
    return False


def _plan(broadcast: Broadcast, now: datetime) -> bool:
    assert broadcast.started_at is not None
    try:
        people = audiences.members(broadcast.rule, now=broadcast.started_at)["person"].to_pylist()
    except audiences.RuleError as error:
        paused = pause(broadcast=broadcast, by=None, now=now, reason=str(error))
        tell_starter(paused, "broadcast.paused", now, {})
        return True
    messages.refresh_statistics()
    left = [person for person in people if person > broadcast.planned_through]
    try:
        for start in range(0, len(left), CHUNK):
            _plan_chunk(broadcast, left[start : start + CHUNK], now)
        _planned(broadcast, now)
    except WrongState:
        return True  # paused or stopped between two chunks
    return True


@transaction.atomic
def _take(now: datetime) -> Broadcast | None:
    due = Broadcast.objects.select_for_update(skip_locked=True).filter(
        Q(scheduled_at=None) | Q(scheduled_at__lte=now),
        leases.free(),
        state=BroadcastState.PLANNING,
    )
    broadcast: Broadcast | None = due.order_by("confirmed_at", "pk").first()
    if broadcast is not None:
        broadcast.started_at = broadcast.started_at or now
        Broadcast.objects.filter(pk=broadcast.pk).update(
            started_at=broadcast.started_at, lease_until=Now() + LEASE, holder=leases.ThisSession()
        )
    return broadcast


@transaction.atomic
def _plan_chunk(broadcast: Broadcast, people: Sequence[int], now: datetime) -> None:
    current = locked(broadcast, BroadcastState.PLANNING)
    assert current.started_at is not None
    channels.plan(errand=errand(current, current.started_at), people=people, content_id=current.content_id, now=now)
    Broadcast.objects.filter(pk=current.pk).update(planned_through=people[-1], lease_until=Now() + LEASE)


@transaction.atomic
def _planned(broadcast: Broadcast, now: datetime) -> None:
    current = locked(broadcast, BroadcastState.PLANNING)
    current.state, current.planned_at, current.lease_until = BroadcastState.SENDING, now, None
    current.updated_at = now
    current.save()


@transaction.atomic
def finish_due(*, now: datetime) -> bool:
    """Broadcasts of which nothing waits any more are done."""
    sending = Broadcast.objects.select_for_update(skip_locked=True).filter(state=BroadcastState.SENDING)
    done = [broadcast for broadcast in sending if not messages.open_count(broadcast.origin)]
    over = {"state": BroadcastState.DONE, "finished_at": now, "updated_at": now}
    Broadcast.objects.filter(pk__in=[broadcast.pk for broadcast in done]).update(**over)
    for broadcast in done:
        tally = messages.tally(broadcast.origin)
        kind = "broadcast.doubtful" if tally.unknown else "broadcast.done"
        tell_starter(broadcast, kind, now, {"accepted": tally.accepted, "doubtful": tally.unknown})
    return bool(done)
