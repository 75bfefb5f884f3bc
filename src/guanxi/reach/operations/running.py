"""What staff do to a broadcast once it is written. Every act is kept as a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from guanxi.audiences import queries as audiences
from guanxi.channels import operations as channels
from guanxi.channels.models import Message
from guanxi.channels.registry import NoWords, Words
from guanxi.content import queries as content
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.reach import queries
from guanxi.reach.models import Act, Broadcast, BroadcastAct, BroadcastState
from guanxi.reach.queries import Problem

RUNNING = (BroadcastState.PLANNING, BroadcastState.SENDING)


class WrongState(Exception):
    """The broadcast has moved on; `state` is where it is now."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class Blocked(Exception):
    """It cannot be sent as it is; `queries.explain` puts each of `problems` into words."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(problem.code for problem in problems))
        self.problems = tuple(problems)


@transaction.atomic
def confirm(*, broadcast: Broadcast, by: Staff | None, now: datetime) -> Broadcast:
    """From here on rule and words stand as they are now. Raises WrongState and Blocked."""
    broadcast = locked(broadcast, BroadcastState.DRAFT)
    if problems := queries.review(broadcast, now=now).problems:
        raise Blocked(problems)
    assert broadcast.audience is not None
    assert broadcast.content is not None
    broadcast.rule = audiences.settled(audiences.people_rule(broadcast.audience))
    broadcast.snapshot = content.snapshot(broadcast.content)
    broadcast.state, broadcast.confirmed_at, broadcast.updated_at = BroadcastState.PLANNING, now, now
    broadcast.save()
    record(broadcast, Act.CONFIRMED, by, now)
    return broadcast


@transaction.atomic
def pause(*, broadcast: Broadcast, by: Staff | None, now: datetime, reason: str = "") -> Broadcast:
    """Nothing more starts; what a vendor has in hand is finished. Raises WrongState."""
    broadcast = locked(broadcast, *RUNNING)
    channels.hold(origin=broadcast.origin)
    _move(broadcast, BroadcastState.PAUSED, now)
    record(broadcast, Act.PAUSED, by, now, reason)
    return broadcast


@transaction.atomic
def resume(*, broadcast: Broadcast, by: Staff | None, now: datetime) -> Broadcast:
    """Raises WrongState."""
    broadcast = locked(broadcast, BroadcastState.PAUSED)
    channels.release(origin=broadcast.origin, now=now)
    _move(broadcast, BroadcastState.SENDING if broadcast.planned_at else BroadcastState.PLANNING, now)
    record(broadcast, Act.RESUMED, by, now)
    return broadcast


@transaction.atomic
def cancel(*, broadcast: Broadcast, by: Staff | None, now: datetime) -> Broadcast:
    """For good. Who has it, has it; nobody else gets it. Raises WrongState."""
    broadcast = locked(broadcast, *RUNNING, BroadcastState.PAUSED)
    channels.cancel(origin=broadcast.origin, now=now)
    broadcast.finished_at = now
    _move(broadcast, BroadcastState.CANCELLED, now)
    record(broadcast, Act.CANCELLED, by, now)
    return broadcast


@transaction.atomic
def count_as_sent(*, broadcast: Broadcast, messages: Sequence[Message], by: Staff | None, now: datetime) -> None:
    """Staff decide that these doubtful messages left. Raises channels.NotDoubtful."""
    for message in messages:
        channels.count_as_sent(message=message, now=now)
    record(broadcast, Act.COUNTED, by, now, str(len(messages)))


@transaction.atomic
def send_again(*, broadcast: Broadcast, messages: Sequence[Message], by: Staff | None, now: datetime) -> None:
    """Staff decide that these doubtful messages did not leave. Raises channels.NotDoubtful, and WrongState when the
    broadcast was stopped."""
    broadcast = locked(broadcast, *RUNNING, BroadcastState.DONE)
    for message in messages:
        channels.send_again(message=message, now=now)
    if broadcast.state == BroadcastState.DONE:
        broadcast.finished_at = None
        _move(broadcast, BroadcastState.SENDING, now)
    record(broadcast, Act.SENT_AGAIN, by, now, str(len(messages)))


def compose(messages: Sequence[Message]) -> Mapping[int, Words | NoWords]:
    """The words that the broadcast was confirmed with."""
    origins = {message.origin for message in messages}
    found: dict[int, Words | NoWords] = {}
    for broadcast in Broadcast.objects.filter(public_id__in=origins).only("public_id", "snapshot"):
        own = [message for message in messages if message.origin == broadcast.public_id]
        found |= content.written(own, broadcast.snapshot)
    return found


def locked(broadcast: Broadcast, *states: str) -> Broadcast:
    """The row as it is now, and nobody changes it until the end of the transaction."""
    found: Broadcast = Broadcast.objects.select_for_update().get(pk=broadcast.pk)
    if found.state not in states:
        raise WrongState(found.state)
    return found


def _move(broadcast: Broadcast, state: BroadcastState, now: datetime) -> None:
    broadcast.state, broadcast.updated_at, broadcast.lease_until = state, now, None
    broadcast.save()


def tell_starter(broadcast: Broadcast, kind: str, now: datetime, counts: Mapping[str, int]) -> None:
    governance.notify(
        staff=broadcast.by, kind=kind, subject=broadcast.public_id, name=broadcast.name, detail=counts, now=now
    )


def record(broadcast: Broadcast, act: Act, by: Staff | None, now: datetime, reason: str = "") -> None:
    BroadcastAct.objects.create(broadcast=broadcast, act=act, by=by, at=now, reason=reason[:300])
    governance.record(act=f"broadcast.{act}", by=by, subject=broadcast.public_id, reason=reason, now=now)
