"""What the rows of this room say of people."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from guanxi.integrations import models
from guanxi.kit.personal import Erasure, Table, Who, declare


def deliveries(who: Who) -> QuerySet[models.Delivery]:
    """What was told of them names their public id."""
    named = reduce(or_, (Q(body__contains=public_id) for public_id in who.public_ids))
    return models.Delivery.objects.filter(named)


declare(
    Table(
        models.Endpoint,
        sensitive="secret old_secret",
        plain="id public_id url name events old_until state failing_since succeeded_at by_id created_at",
    ),
    Table(
        models.Delivery,
        "deliveries",
        personal="body answer",
        pseudonym="public_id event",
        plain="id endpoint_id name state attempts due_at lease_until created_at tried_at settled_at "
        "status problem took_ms",
        found=deliveries,
        erasure=Erasure.REMOVED,
    ),
)
