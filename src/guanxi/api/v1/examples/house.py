"""Staff, units, the workspace and its log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi.api.v1.examples.example import Example, of
from guanxi.api.v1.examples.ids import AT, BULK, ENTRY, KEY, NOTICE, OWNER, STAFF, UNIT, WORKSPACE
from guanxi.api.v1.examples.people import BULK_DONE

_STAFF = {
    "id": STAFF,
    "name": "Kim Minji",
    "email": "minji@example.test",
    "role": "advisor",
    "unit": {"id": UNIT, "name": "Shanghai"},
    "is_active": True,
    "is_invited": False,
    "people": 212,
}

REQUESTS: Mapping[str, Example] = {
    "get_me": Example(),
    "list_notices": Example(query={"unread": "true"}),
    "read_notices": Example(),
    "read_notice": of(notice_id=NOTICE),
    "list_staff": Example(),
    "add_staff": Example(body={"name": "Kim Minji", "email": "minji@example.test", "role": "advisor", "unit": UNIT}),
    "get_staff": of(staff_id=STAFF),
    "change_staff": Example({"staff_id": STAFF}, body={"role": "manager"}),
    "change_access": Example({"staff_id": STAFF}, body={"active": False}),
    "hand_over_people": Example({"staff_id": STAFF}, body={"to": OWNER}),
    "invite_staff": Example(body={"name": "Kim Minji", "email": "minji@example.test", "role": "advisor", "unit": UNIT}),
    "invite_again": of(staff_id=STAFF),
    "withdraw_invitation": of(staff_id=STAFF),
    "get_workspace": Example(),
    "update_workspace": Example(body={"timezone": "Asia/Shanghai", "name": "Lumen"}),
    "need_second_step": Example(body={"needed": True}),
    "limit_sessions": Example(body={"idle_hours": 4, "days": 7}),
    "get_health": Example(),
    "list_units": Example(),
    "list_audit_entries": Example(query={"act": "key.made"}),
    "verify_audit_log": Example(),
    "add_unit": Example(body={"name": "Store 014", "parent": UNIT}),
    "rename_unit": Example(path={"unit_id": UNIT}, body={"name": "Shanghai and Suzhou"}),
    "remove_unit": of(unit_id=UNIT),
}
ANSWERS: Mapping[str, Any] = {
    "NoticeOut": {
        "id": NOTICE,
        "kind": "bulk.done",
        "subject": BULK,
        "name": "owner",
        "detail": {"changed": 48_100, "skipped": 113},
        "at": AT,
        "read_at": None,
    },
    "InvitationOut": {
        "staff": _STAFF | {"is_active": False, "is_invited": True, "people": 0},
        "link": "https://crm.example.test/join/…",
        "expires_at": AT,
    },
    "HandedOver": {
        "bulk": BULK_DONE | {"state": "running", "total": None, "done": 0, "changed": 0, "finished_at": None}
    },
    "SettingsOut": {
        "id": WORKSPACE,
        "name": "Lumen",
        "country": "CN",
        "timezone": "Asia/Shanghai",
        "currency": "CNY",
        "language": "zh-hans",
        "needs_second_step": False,
        "idle_hours": 12,
        "session_days": 30,
        "currency_is_fixed": True,
        "is_demo": False,
    },
    "HealthOut": {
        "version": "1.0.0",
        "tables": "ok",
        "messages": {"states": {"waiting": 0, "unknown": 0}, "oldest_due_at": None},
        "deliveries": {"states": {"waiting": 2, "failed": 0}, "oldest_due_at": AT},
        "failing_webhooks": 0,
        "imports_at_work": 0,
        "lake": {"facts_waiting": 0, "oldest_at": None},
        "worker": [{"name": "lake", "at": AT}],
        "database_bytes": 48_213_000,
        "disk_free_bytes": 18_204_000_000,
        "backed_up_at": AT,
    },
    "Verdict": {"count": 1_204, "hash": "9f2c…", "fault": None, "position": None},
    "KeyOut": {
        "id": KEY,
        "name": "Shop",
        "scopes": ["people.edit", "people.view"],
        "expires_at": None,
        "workspace": {
            "id": WORKSPACE,
            "name": "Lumen",
            "country": "CN",
            "timezone": "Asia/Shanghai",
            "currency": "CNY",
            "language": "zh-hans",
        },
    },
    "Entry": {
        "id": ENTRY,
        "number": 1_204,
        "at": AT,
        "act": "key.made",
        "key": None,
        "by": {"id": OWNER, "name": "Lin Yao"},
        "subject": KEY,
        "reason": "",
        "detail": {"scopes": ["people.view"]},
    },
    "StaffOut": _STAFF,
    "UnitOut": {"id": UNIT, "name": "Store 014", "parent": {"id": UNIT, "name": "Shanghai"}},
}
