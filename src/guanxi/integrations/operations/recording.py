"""A fact becomes one row for each endpoint that wants to know, in the transaction of the fact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import models, transaction

from guanxi.channels.models import Message
from guanxi.commerce.models import Order, Product
from guanxi.events.operations import Happened
from guanxi.integrations.models import Delivery, Endpoint
from guanxi.integrations.queries import listening
from guanxi.integrations.rules import REFERENCES, TEST, data, rings
from guanxi.kit import keys
from guanxi.loyalty.models import Coupon
from guanxi.people.models import Import, Person

TABLES: dict[str, type[models.Model]] = {
    "person": Person,
    "merged": Person,
    "bringer": Person,
    "order_id": Order,
    "product_id": Product,
    "coupon_id": Coupon,
    "message_id": Message,
    "import_id": Import,
}
BATCH = 2_000


@transaction.atomic
def record(*, happened: Sequence[Happened], now: datetime) -> None:
    """All of one name. Nothing is written when nobody listens."""
    ringing = [item for item in happened if rings(item.fact)]
    endpoints = listening(ringing[0].fact.name) if ringing else []
    if not endpoints:
        return
    public = _public_ids([item.fact for item in ringing])
    rows = []
    for item in ringing:
        event, body = keys.new("evt"), _body(item.fact.name, item.at, data(item.fact, public))
        rows += [_row(endpoint, event, item.fact.name, body, now) for endpoint in endpoints]
    Delivery.objects.bulk_create(rows, batch_size=BATCH)


@transaction.atomic
def send_test(*, endpoint: Endpoint, now: datetime) -> Delivery:
    """An event that says nothing but its endpoint's id, whatever events were chosen."""
    body = _body(TEST, now, {"endpoint": endpoint.public_id})
    delivery = _row(endpoint, keys.new("evt"), TEST, body, now)
    delivery.save()
    return delivery


def _row(endpoint: Endpoint, event: str, name: str, body: str, now: datetime) -> Delivery:
    return Delivery(endpoint=endpoint, event=event, name=name, body=body, due_at=now, created_at=now)


def _body(name: str, at: datetime, told: Mapping[str, str]) -> str:
    """The text as it is signed and sent, kept so that every try sends the same."""
    return msgspec.json.encode({"type": name, "timestamp": at, "data": told}).decode()


def _public_ids(facts: Sequence[Any]) -> dict[tuple[str, int], str]:
    wanted: dict[str, set[int]] = defaultdict(set)
    for fact in facts:
        for field in REFERENCES:
            if (key := getattr(fact, field, None)) is not None:
                wanted[field].add(key)
    return {
        (field, pk): public_id
        for field, keys_ in wanted.items()
        for pk, public_id in TABLES[field]._default_manager.filter(pk__in=keys_).values_list("pk", "public_id")
    }
