"""People, what is noted of them, and what is done to many at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi.api.v1.examples.example import Example, of
from guanxi.api.v1.examples.ids import AT, BULK, EVENT, IDENTITY, NOTE, OWNER, PERSON, TWIN, UNIT, VIEW

_PERSON = {
    "id": PERSON,
    "name": "Lin Wei",
    "level": "customer",
    "owner": {"id": OWNER, "name": "Lin Yao"},
    "unit": {"id": UNIT, "name": "Shanghai"},
    "country": "CN",
    "language": "zh-hans",
    "identities": [
        {
            "id": IDENTITY,
            "kind": "email",
            "within": None,
            "value": "l•••@example.test",
            "verified": False,
            "suppressed": None,
        }
    ],
    "traits": {"city": "Shanghai"},
    "created_at": AT,
}
BULK_DONE: dict[str, Any] = {
    "id": BULK,
    "act": "owner",
    "state": "done",
    "problem": None,
    "owner": {"id": OWNER, "name": "Lin Yao"},
    "unit": None,
    "field": None,
    "value": None,
    "add": [],
    "remove": [],
    "role": None,
    "total": 48_213,
    "done": 48_213,
    "changed": 48_100,
    "skipped": {"already": 113},
    "restored": 0,
    "kept": {},
    "may_undo": True,
    "by": {"id": OWNER, "name": "Lin Yao"},
    "created_at": AT,
    "finished_at": AT,
    "undone_at": None,
}
_VIEW = {
    "id": VIEW,
    "name": "Customers of Shanghai",
    "filter": {"level": "customer", "unit": UNIT},
    "shared": True,
    "opens_first": False,
    "by": {"id": OWNER, "name": "Lin Yao"},
    "created_at": AT,
}

REQUESTS: Mapping[str, Example] = {
    "list_people": Example(query={"search": "Lin", "limit": "2"}),
    "create_person": Example(
        body={
            "name": "Lin Wei",
            "email": "lin.wei@example.test",
            "phone": "138 0000 2210",
            "identities": [{"kind": "plate", "value": "沪A·12345"}],
            "unit": UNIT,
            "traits": {"city": "Shanghai"},
        }
    ),
    "get_person": of(person_id=PERSON),
    "update_person": Example({"person_id": PERSON}, body={"language": "zh-hans", "owner": OWNER}),
    "add_identity": Example({"person_id": PERSON}, body={"kind": "wecom", "value": "wmKim01", "within": "ww7f2a"}),
    "remove_identity": of(person_id=PERSON, identity_id=IDENTITY),
    "list_consents": of(person_id=PERSON),
    "record_consent": Example(
        {"person_id": PERSON},
        body={"identity": IDENTITY, "purpose": "marketing", "granted": True, "text": "Ticked the box at the till."},
    ),
    "suppress_person": Example({"person_id": PERSON}, body={"identity": IDENTITY, "detail": "Asked by phone."}),
    "list_timeline": Example({"person_id": PERSON}, query={"name": "consent.given"}),
    "get_ladder": Example(query={"first": "2026-09-01", "last": "2026-11-21"}),
    "get_standing": of(person_id=PERSON),
    "start_membership": Example({"person_id": TWIN}, body={"since": "2026-03-14T09:00:00Z", "label": "Card 10024"}),
    "end_membership": of(person_id=PERSON),
    "list_notes": of(person_id=PERSON),
    "add_note": Example({"person_id": PERSON}, body={"text": "Likes green tea."}),
    "remove_note": of(person_id=PERSON, note_id=NOTE),
    "list_bulks": Example(query={"limit": "10"}),
    "start_bulk": Example(body={"act": "owner", "fitting": {"unit": UNIT, "level": "customer"}, "owner": OWNER}),
    "get_bulk": of(bulk_id=BULK),
    "stop_bulk": of(bulk_id=BULK),
    "resume_bulk": of(bulk_id=BULK),
    "undo_bulk": of(bulk_id=BULK),
    "list_views": Example(),
    "save_view": Example(
        body={"name": "Customers of Shanghai", "filter": {"level": "customer", "unit": UNIT}, "shared": True}
    ),
    "get_view": of(view_id=VIEW),
    "change_view": Example({"view_id": VIEW}, body={"name": "Newest", "filter": {"sort": "newest"}}),
    "delete_view": of(view_id=VIEW),
}
ANSWERS: Mapping[str, Any] = {
    "PersonOut": _PERSON,
    "ConsentList": {
        "data": [
            {
                "identity": IDENTITY,
                "channel": "email",
                "purpose": "marketing",
                "granted": True,
                "at": AT,
                "source": "api",
            }
        ]
    },
    "Happening": {
        "id": EVENT,
        "at": AT,
        "name": "order.paid",
        "channel": None,
        "amount": {"amount_minor": 12_800, "currency": "CNY"},
        "order": "A-1204",
        "message": None,
        "about": {"store": "014", "lines": 3},
    },
    "LadderOut": {
        "first": "2026-11-20",
        "last": "2026-11-21",
        "came": 12,
        "members": 3,
        "levels": [
            {"level": "customer", "now": 40, "reached": 3, "lost": 1, "reached_by_day": [1, 2], "lost_by_day": [0, 1]}
        ],
        "conversions": [{"from_level": "friend", "to_level": "customer", "days": 30, "of": 20, "done": 5, "early": 2}],
        "times": [{"level": "friend", "people": 5, "lower_quartile": 4.5, "median": 11.0, "upper_quartile": 20.25}],
    },
    "StandingOut": {
        "level": "customer",
        "member": True,
        "proofs": [
            {
                "level": "customer",
                "proof": "order.paid",
                "label": "2026-118842",
                "since": AT,
                "ended_at": None,
                "ended_by": None,
            }
        ],
        "memberships": [
            {
                "id": "mbr_01kb0w8m3x7q2v9d5r1t4n6c9f",
                "since": AT,
                "proof": "api",
                "label": "Card 10024",
                "ended_at": None,
                "ended_by": None,
            }
        ],
    },
    "NoteOut": {"id": NOTE, "text": "Likes green tea.", "by": "Lin Yao", "at": AT},
    "BulkOut": BULK_DONE,
    "ViewList": {"data": [_VIEW]},
    "ViewOut": _VIEW,
}
