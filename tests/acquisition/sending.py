"""A shop that sends, and the worker's turns."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.test import Client

from guanxi.acquisition import operations as acquisition
from guanxi.acquisition.models import Batch, SourceKind
from guanxi.acquisition.operations import taking
from guanxi.acquisition.queries import KnownKey, source_of_key
from guanxi.api import intake
from guanxi.events import queries as events
from guanxi.kit import clock
from tests.factories.reach import write_lake

Told = dict[str, Any]


def shop() -> KnownKey:
    made = acquisition.make_source(name="Shop", kind=SourceKind.SERVER, by=None, now=clock.wall())
    known = source_of_key(made.key)
    assert known is not None
    return known


def event(number: int, **more: Any) -> Told:
    return {
        "type": "track",
        "event": "Product Viewed",
        "anonymousId": f"visitor-{number % 7}",
        "messageId": f"message-{number}",
        "properties": {"category": "tea", "price": number},
    } | more


def sent(key: KnownKey, told: Sequence[Told], **more: Any) -> None:
    body = json.dumps({"batch": list(told)} | more).encode()
    acquisition.take(key=key, call="batch", body=body, packed=None)


def came(body: bytes) -> int:
    """A request through the door, by a shop of its own; the answer's status."""
    intake._known.clear()
    taking._rooms.clear()
    made = acquisition.make_source(name="Shop", kind=SourceKind.SERVER, by=None, now=clock.wall())
    user = base64.b64encode(f"{made.key}:".encode()).decode()
    headers = {"authorization": f"Basic {user}"}
    return Client().post("/v1/batch", body, content_type="application/json", headers=headers).status_code


def applied(now: datetime) -> None:
    while acquisition.lane(now=now):
        pass


def refusals() -> list[tuple[str, str]]:
    rows = Batch.objects.order_by("pk").values_list("refusals", flat=True)
    return [(reason, detail) for row in rows for _place, reason, detail in row]


def in_lake(now: datetime) -> list[Told]:
    write_lake(now)
    with events.lake() as tables:
        theirs = tables.events.filter(tables.events.name.startswith("track."))
        rows = tables.run(theirs.order_by(["occurred_at", "event_id"])).to_pylist()
    return [row | {"props": json.loads(row["props"])} for row in rows]
