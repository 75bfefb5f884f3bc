"""What is said, over which channel, and to whom never."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi.api.v1.examples.example import Example, of
from guanxi.api.v1.examples.ids import (
    AT,
    AUDIENCE,
    BROADCAST,
    CHANNEL,
    CONTENT,
    MESSAGE,
    PERSON,
    SMTP,
    SUPPRESSION,
    WORDS,
)

_RECORD = {"name": "gx1._domainkey.example.test", "type": "TXT", "value": "v=DKIM1; k=rsa; p=MIIB…"}
_CHECK = {
    "kind": "connection",
    "at": AT,
    "findings": [{"title": "Sign-in", "verdict": "ok", "said": "235 2.7.0", "advice": "", "record": None}],
}
_LETTER = {"language": "en", "subject": "Hello Kim", "text": "Tea is back.\n", "html": "<p>Tea is back.</p>"}
_ARM = {"people": 900, "buyers": 120, "total_minor": 1_204_500}

REQUESTS: Mapping[str, Example] = {
    "list_contents": Example(),
    "create_content": Example(body={"name": "Spring tea", "fall_back": True, "variants": [WORDS]}),
    "get_content": of(content_id=CONTENT),
    "update_content": Example({"content_id": CONTENT}, body={"name": "Spring tea 2026"}),
    "delete_content": of(content_id=CONTENT),
    "preview_content": Example({"content_id": CONTENT}, query={"language": "en", "person": PERSON}),
    "preview_draft": Example(body={"variant": WORDS}),
    "test_content": Example(body={"variant": WORDS, "channel": CHANNEL}),
    "list_broadcasts": Example(),
    "create_broadcast": Example(
        body={"name": "Spring tea", "audience": AUDIENCE, "content": CONTENT, "channel": CHANNEL}
    ),
    "get_broadcast": of(broadcast_id=BROADCAST),
    "update_broadcast": Example({"broadcast_id": BROADCAST}, body={"hold_out_percent": 20}),
    "delete_broadcast": of(broadcast_id=BROADCAST),
    "review_broadcast": of(broadcast_id=BROADCAST),
    "send_broadcast": of(broadcast_id=BROADCAST),
    "pause_broadcast": of(broadcast_id=BROADCAST),
    "resume_broadcast": of(broadcast_id=BROADCAST),
    "cancel_broadcast": of(broadcast_id=BROADCAST),
    "get_results": of(broadcast_id=BROADCAST),
    "list_doubtful": of(broadcast_id=BROADCAST),
    "settle_doubtful": Example({"broadcast_id": BROADCAST}, body={"decision": "sent", "messages": [MESSAGE]}),
    "list_channel_kinds": Example(),
    "list_channels": Example(),
    "connect_channel": Example(body={"kind": "email", "name": "Newsletter", "settings": SMTP}),
    "get_channel": of(channel_id=CHANNEL),
    "update_channel": Example({"channel_id": CHANNEL}, body={"settings": {"sender_name": "Lumen"}}),
    "switch_channel": Example({"channel_id": CHANNEL}, body={"active": False}),
    "reconnect_channel": of(channel_id=CHANNEL),
    "get_condition": of(channel_id=CHANNEL),
    "check_channel": Example({"channel_id": CHANNEL}, body={"kind": "connection"}),
    "test_channel": of(channel_id=CHANNEL),
    "make_signing_key": of(channel_id=CHANNEL),
    "use_signing_key": of(channel_id=CHANNEL),
    "drop_signing_key": of(channel_id=CHANNEL),
    "get_cap": Example(),
    "set_cap": Example(body={"most": 2, "days": 7, "leader": 1}),
    "list_suppressions": Example(),
    "suppress_address": Example(body={"email": "never@example.test", "detail": "Asked by letter."}),
    "release_by_address": Example(body={"email": "bounced@example.test"}),
    "release_address": of(suppression_id=SUPPRESSION),
}
ANSWERS: Mapping[str, Any] = {
    "DoubtfulOut": {"id": MESSAGE, "person": PERSON, "reason": "no_answer", "detail": "", "at": AT},
    "CheckOut": _CHECK,
    "ConditionOut": {
        "can": ["collect", "examine", "probe", "sign"],
        "checks": [_CHECK],
        "signing_key": {"selector": "gx1", "record": _RECORD},
        "next_signing_key": None,
        "returned": {"bounce": 3},
    },
    "TriedOut": {"accepted": True, "detail": "250 2.0.0 Ok: queued"},
    "ContentLine": {"id": CONTENT, "name": "Spring tea", "fall_back": True, "languages": ["en"], "updated_at": AT},
    "ContentOut": {
        "id": CONTENT,
        "name": "Spring tea",
        "fall_back": True,
        "variants": [WORDS],
        "created_at": AT,
        "updated_at": AT,
    },
    "LetterOut": _LETTER,
    "BroadcastOut": {
        "id": BROADCAST,
        "name": "Spring tea",
        "state": "draft",
        "purpose": "marketing",
        "audience": {"id": AUDIENCE, "name": "Customers"},
        "content": {"id": CONTENT, "name": "Spring tea"},
        "channel": {"id": CHANNEL, "name": "Newsletter"},
        "hold_out_percent": 10,
        "scheduled_at": None,
        "created_at": AT,
        "updated_at": AT,
        "confirmed_at": None,
        "started_at": None,
        "finished_at": None,
    },
    "ReviewOut": {
        "people": 1_200,
        "send": 900,
        "held_out": 100,
        "skipped": {"no_consent": 150, "cap": 50},
        "problems": [],
        "up_to_date": True,
    },
    "ResultsOut": {
        "figures": {
            "recipients": 1_200,
            "accepted": 890,
            "skipped": 200,
            "failed": 2,
            "bounced": 8,
            "unknown": 0,
            "waiting": 0,
            "held_out": 100,
            "cancelled": 0,
            "opened": 310,
            "unsubscribed": 4,
        },
        "skipped": {"no_consent": 150, "cap": 50},
        "bounced": {"hard_bounce": 7, "soft_bounce": 1},
        "failed": {"network": 2},
        "sales": {
            "since": AT,
            "until": AT,
            "currency": "CNY",
            "reached": _ARM,
            "held_out": {"people": 100, "buyers": 9, "total_minor": 98_000},
            "effect": None,
        },
    },
    "ChannelKindList": {
        "data": [{"kind": "email", "label": "E-mail", "secrets": ["password"], "settings": {"type": "object"}}]
    },
    "ChannelOut": {
        "id": CHANNEL,
        "kind": "email",
        "name": "Newsletter",
        "settings": SMTP,
        "is_active": True,
        "problem": None,
        "created_at": AT,
    },
    "CapOut": {"most": 2, "days": 7, "employee": None, "leader": 1},
    "SuppressionOut": {
        "id": SUPPRESSION,
        "channel": "email",
        "address": "n•••@example.test",
        "reason": "manual",
        "detail": "Asked by letter.",
        "at": AT,
    },
}
