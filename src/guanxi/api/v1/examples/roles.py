"""Roles of people, the fields that belong to them, and who waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi.api.v1.examples.example import Example, of
from guanxi.api.v1.examples.ids import AT, AUDIENCE, FIELD, OWNER, PERSON

_CITY = {"id": FIELD, "key": "city", "label": "City", "kind": "text", "choices": []}
_LEADERS = {
    "role": "leader",
    "priority": 1,
    "fields": [{"field": _CITY, "begins_with": "上海"}],
    "version": 1,
    "changed_at": AT,
    "by": {"id": OWNER, "name": "Grace Bell"},
}
REQUESTS: Mapping[str, Example] = {
    "list_fields": Example(),
    "create_field": Example(body={"label": "Contract until", "kind": "date"}),
    "change_field": Example({"field_id": FIELD}, body={"label": "Home town"}),
    "preview_field_deletion": of(field_id=FIELD),
    "delete_field": Example({"field_id": FIELD}, {"people": "67"}),
    "list_roles": Example(),
    "get_role_rules": of(role="leader"),
    "set_role_rules": Example(
        {"role": "leader"}, body={"priority": 1, "fields": [{"field": FIELD, "begins_with": "上海"}]}
    ),
    "preview_fill": of(role="leader"),
    "fill_role": of(role="leader"),
    "list_waiting": Example(),
}
ANSWERS: Mapping[str, Any] = {
    "FieldOut": _CITY,
    "FieldLosses": {
        "people": 67,
        "roles": [{"role": "leader", "begins_with": "上海"}],
        "views_deleted": 1,
        "views_changed": 2,
        "needed_by": [{"what": "audience", "id": AUDIENCE, "name": "Spring buyers"}],
    },
    "RoleRulesOut": _LEADERS,
    "RoleRulesList": {"data": [_LEADERS]},
    "FillPreviewOut": {
        "fields": [{"field": _CITY, "begins_with": "上海", "empty": 12, "earlier": 3, "same": 40, "own": 25}]
    },
    "FilledOut": {"written": 15, "left": 0},
    "WaitingOut": {
        "person": {"id": PERSON, "name": "Ann Lee"},
        "role": "leader",
        "priority": 1,
        "why": "wrote",
        "since": AT,
    },
}
