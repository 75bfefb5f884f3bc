"""What failed, or was lost by its receiver, is sent once more, under the same id."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from guanxi.integrations.models import Delivery, DeliveryState, Endpoint
from guanxi.integrations.queries import CLOSED, failed_since


@transaction.atomic
def replay(*, delivery: Delivery, now: datetime) -> bool:
    """False when it is on its way anyhow."""
    again = {"state": DeliveryState.WAITING, "attempts": 0, "due_at": now, "settled_at": None}
    return bool(Delivery.objects.filter(pk=delivery.pk, state__in=CLOSED).update(**again))


@transaction.atomic
def replay_failed(*, endpoint: Endpoint, since: datetime, now: datetime) -> int:
    again = {"state": DeliveryState.WAITING, "attempts": 0, "due_at": now, "settled_at": None}
    return failed_since(endpoint, since).update(**again)
