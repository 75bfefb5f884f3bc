"""Questions about endpoints and what they were told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, QuerySet

from guanxi.integrations.models import Delivery, DeliveryState, Endpoint, EndpointState
from guanxi.integrations.rules import FACTS, NAMES, OLD_SECRET_FOR, TEST, told
from guanxi.kit import crypto

__all__ = [
    "CLOSED",
    "FACTS",
    "NAMES",
    "OLD_SECRET_FOR",
    "TEST",
    "BadCursor",
    "Queue",
    "deliveries",
    "endpoints",
    "failed_since",
    "queue",
    "secrets_of",
    "told",
    "troubled",
]
PAGE = 50
CLOSED = (DeliveryState.DELIVERED, DeliveryState.FAILED)


class BadCursor(ValueError):
    """Not a place in this list."""


def endpoints() -> list[Endpoint]:
    return list(Endpoint.objects.select_related("by").order_by("pk"))


def troubled() -> list[Endpoint]:
    """Those that were switched off by themselves, and those that fail now."""
    by_itself = (EndpointState.GONE, EndpointState.FAILED)
    return [
        one for one in endpoints() if one.state in by_itself or (one.state == EndpointState.ON and one.failing_since)
    ]


def listening(name: str) -> list[Endpoint]:
    return list(Endpoint.objects.filter(state=EndpointState.ON, events__contains=[name]).order_by("pk"))


def secret_place(endpoint: Endpoint) -> str:
    return f"webhook|{endpoint.pk}"


def secrets_of(endpoint: Endpoint, now: datetime) -> list[str]:
    """What signs now: the secret, and the one before it for a day after it was rotated."""
    sealed = [endpoint.secret]
    if endpoint.old_until is not None and now < endpoint.old_until:
        sealed.append(endpoint.old_secret)
    return [
        crypto.unseal_secret(bytes(one), workspace_id=endpoint.workspace_id, place=secret_place(endpoint))
        for one in sealed
        if one is not None
    ]


def deliveries(endpoint: Endpoint, *, state: str = "", after: str = "") -> tuple[list[Delivery], str]:
    """The newest first, and the cursor of the next page."""
    rows = Delivery.objects.filter(endpoint=endpoint).defer("body", "answer")
    if state:
        rows = rows.filter(state=state)
    if after:
        last = Delivery.objects.filter(endpoint=endpoint, public_id=after).values_list("pk", flat=True).first()
        if last is None:
            raise BadCursor
        rows = rows.filter(pk__lt=last)
    found = list(rows.order_by("-pk")[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].public_id if len(found) > PAGE else ""


def failed_since(endpoint: Endpoint, since: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(endpoint=endpoint, state=DeliveryState.FAILED, created_at__gte=since)


@dataclass(frozen=True, slots=True)
class Queue:
    """The deliveries that are not settled, or failed; `oldest_due_at` of those that could leave and wait."""

    states: dict[str, int]
    oldest_due_at: datetime | None
    endpoints: dict[str, int]


def queue(now: datetime) -> Queue:
    states = {state.value: 0 for state in (DeliveryState.WAITING, DeliveryState.SENDING, DeliveryState.FAILED)}
    found = Delivery.objects.filter(state__in=states).values_list("state").annotate(Count("pk"))
    due = Delivery.objects.filter(state=DeliveryState.WAITING, due_at__lte=now, endpoint__state=EndpointState.ON)
    known = {state.value: 0 for state in EndpointState}
    counted = Endpoint.objects.values_list("state").annotate(Count("pk"))
    return Queue(states | dict(found), due.aggregate(oldest=Min("due_at"))["oldest"], known | dict(counted))
