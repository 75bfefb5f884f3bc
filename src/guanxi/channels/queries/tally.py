"""What became of the messages of an origin. At any instant the figures add up to the recipients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet

from guanxi.channels.models import Message, MessageState

OPEN = (MessageState.WAITING, MessageState.CLAIMED, MessageState.SENDING)


@dataclass(frozen=True, slots=True)
class Tally:
    """`waiting` holds what is on its way as well; `opened`, `unsubscribed` and `complained` are part of the
    others."""

    recipients: int
    accepted: int
    skipped: int
    failed: int
    bounced: int
    unknown: int
    waiting: int
    held_out: int
    cancelled: int
    opened: int
    unsubscribed: int
    complained: int


def tally(origin: str) -> Tally:
    """One statement, so that the figures are of one instant."""
    settled = ("accepted", "skipped", "failed", "bounced", "unknown", "held_out", "cancelled")
    figures = {state: Count("pk", filter=Q(state=state)) for state in settled}
    return Tally(
        **Message.objects.filter(origin=origin).aggregate(
            recipients=Count("pk"),
            waiting=Count("pk", filter=Q(state__in=OPEN)),
            opened=Count("pk", filter=Q(opened_at__isnull=False)),
            unsubscribed=Count("pk", filter=Q(unsubscribed_at__isnull=False)),
            complained=Count("pk", filter=Q(complained_at__isnull=False)),
            **figures,
        )
    )


def reasons(origin: str, state: str) -> dict[str, int]:
    """How many messages of this state for which reason, the most frequent first."""
    rows = Message.objects.filter(origin=origin, state=state).values_list("reason").annotate(number=Count("pk"))
    return dict(rows.order_by("-number", "reason"))


def open_count(origin: str) -> int:
    return int(Message.objects.filter(origin=origin, state__in=OPEN).count())


def doubtful(origin: str) -> QuerySet[Message]:
    """Messages of which it is not known whether they left: staff decide about each."""
    return Message.objects.filter(origin=origin, state=MessageState.UNKNOWN).select_related("person").order_by("pk")


@dataclass(frozen=True, slots=True)
class Queue:
    """The messages of the workspace that are not settled for good; `oldest_due_at` of those that wait though due."""

    states: dict[str, int]
    oldest_due_at: datetime | None


def queue(now: datetime) -> Queue:
    states = {state.value: 0 for state in (*OPEN, MessageState.UNKNOWN)}
    found = Message.objects.filter(state__in=states).values_list("state").annotate(Count("pk"))
    due = Message.objects.filter(state=MessageState.WAITING, due_at__lte=now)
    return Queue(states | dict(found), due.aggregate(oldest=Min("due_at"))["oldest"])


def accepted_between(origins: Sequence[str], since: datetime, until: datetime) -> int:
    """How many messages of these origins were accepted in this time."""
    accepted = Message.objects.filter(origin__in=origins, state=MessageState.ACCEPTED)
    return accepted.filter(settled_at__gte=since, settled_at__lt=until).count()


def with_doubtful(origins: Sequence[str]) -> dict[str, int]:
    """Origin → how many messages of it wait for a decision, of those that have any."""
    rows = Message.objects.filter(origin__in=origins, state=MessageState.UNKNOWN).values_list("origin")
    return dict(rows.annotate(number=Count("pk")).order_by("origin"))
