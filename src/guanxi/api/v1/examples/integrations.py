"""Webhooks, and what other systems send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi.api.v1.examples.example import Example, of
from guanxi.api.v1.examples.ids import AT, DELIVERY, EVENT, SENT_EVENT, SOURCE, WEBHOOK

_DELIVERY = {
    "id": DELIVERY,
    "event": EVENT,
    "name": "order.paid",
    "state": "delivered",
    "attempts": 1,
    "status": 204,
    "problem": None,
    "created_at": AT,
    "tried_at": AT,
    "settled_at": AT,
}
_WEBHOOK = {
    "id": WEBHOOK,
    "url": "https://shop.example.test/hooks",
    "name": "Shop",
    "events": ["order.paid"],
    "state": "on",
    "failing_since": None,
    "succeeded_at": AT,
    "created_at": AT,
}
_SOURCE = {
    "id": SOURCE,
    "name": "Shop",
    "kind": "browser",
    "origins": ["https://shop.example.test"],
    "prefix": "wk_3fW9xQ",
    "created_at": AT,
    "stopped_at": None,
}
_SENT_EVENT = {
    "id": SENT_EVENT,
    "key": "track.product_viewed",
    "name": "Product Viewed",
    "count": 18_204,
    "first_seen_at": AT,
    "last_seen_at": AT,
    "blocked_at": None,
}
_ARRIVAL = {
    "at": AT,
    "type": "track",
    "name": "",
    "ids": ["cookie"],
    "outcome": "refused",
    "reason": "no_name",
    "detail": None,
    "removed": [],
    "remark": None,
    "left_out": [],
    "as_sent": '{"type": "track", "event": "", "anonymousId": "vis•••"}',
}
_REFUSED_WHOLE = {"code": "too_large", "count": 12, "first_at": AT, "last_at": AT}

REQUESTS: Mapping[str, Example] = {
    "list_webhooks": Example(),
    "create_webhook": Example(body={"url": "https://shop.example.test/hooks", "events": ["order.paid"]}),
    "get_webhook": of(webhook_id=WEBHOOK),
    "update_webhook": Example({"webhook_id": WEBHOOK}, body={"name": "Shop"}),
    "rotate_webhook": of(webhook_id=WEBHOOK),
    "switch_webhook": Example({"webhook_id": WEBHOOK}, body={"on": False}),
    "remove_webhook": of(webhook_id=WEBHOOK),
    "send_test": of(webhook_id=WEBHOOK),
    "list_deliveries": Example({"webhook_id": WEBHOOK}, query={"state": "failed"}),
    "get_delivery": of(webhook_id=WEBHOOK, delivery_id=DELIVERY),
    "replay_failed": Example({"webhook_id": WEBHOOK}, body={"since": "2026-11-20T00:00:00Z"}),
    "replay_delivery": of(webhook_id=WEBHOOK, delivery_id=DELIVERY),
    "list_sources": Example(),
    "create_source": Example(body={"name": "Shop", "kind": "browser", "origins": ["https://shop.example.test"]}),
    "get_source": of(source_id=SOURCE),
    "update_source": Example({"source_id": SOURCE}, body={"name": "Shop"}),
    "rotate_source": of(source_id=SOURCE),
    "stop_source": of(source_id=SOURCE),
    "list_arrivals": Example({"source_id": SOURCE}, query={"refused": "true"}),
    "get_intake": of(source_id=SOURCE),
    "list_sent_events": Example(query={"state": "once"}),
    "get_sent_event": of(event_id=SENT_EVENT),
    "forget_sent_event": of(event_id=SENT_EVENT),
    "block_sent_event": Example({"event_id": SENT_EVENT}, body={"blocked": True}),
}
ANSWERS: Mapping[str, Any] = {
    "WebhookOut": _WEBHOOK,
    "WebhookSecret": {"webhook": _WEBHOOK, "secret": "whsec_…"},
    "SourceOut": _SOURCE,
    "SourceKey": {"source": _SOURCE, "key": "wk_…"},
    "ArrivalOut": _ARRIVAL,
    "NotCounted": {"what": "email", "reason": "bad_email"},
    "IntakeOut": {"waiting": 3, "waiting_since": AT, "full": None, "refused_whole": [_REFUSED_WHOLE]},
    "WholeRefusal": _REFUSED_WHOLE,
    "SentEventOut": _SENT_EVENT,
    "SentProperty": {"key": "category", "name": "category", "type": "text"},
    "SentEventWhole": _SENT_EVENT | {"properties": [{"key": "category", "name": "category", "type": "text"}]},
    "DeliveryOut": _DELIVERY,
    "DeliveryWhole": _DELIVERY | {"body": '{"type": "order.paid", …}', "answer": "", "took_ms": 84},
    "Replayed": {"deliveries": 12},
}
