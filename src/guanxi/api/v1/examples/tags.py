"""Tags, their rules, and roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi.api.v1.examples.example import Example, of
from guanxi.api.v1.examples.ids import AT, AUDIENCE, EMPTY_GROUP, PERSON, SAME_TAG, TAG, TAG_GROUP, TAG_RULE

_TAG = {
    "id": TAG,
    "name": "VIP",
    "group": {"id": TAG_GROUP, "name": "Kind"},
    "position": 1,
    "archived": False,
    "merged_into": None,
    "people": 12,
}
_GROUP = {"id": TAG_GROUP, "name": "Kind", "exclusive": False, "wins": "ours", "position": 1}
_TAG_RULE = {
    "id": TAG_RULE,
    "audience": {"id": AUDIENCE, "name": "Customers of Shanghai"},
    "tag": {"id": TAG, "name": "VIP"},
    "role": None,
    "because": "Bought five times in three months",
    "days": None,
    "on": True,
    "people": 12,
    "looked_at": AT,
    "problem": None,
}

REQUESTS: Mapping[str, Example] = {
    "list_tags": Example(),
    "create_tag_group": Example(body={"name": "Taste", "exclusive": True}),
    "change_tag_group": Example({"group_id": TAG_GROUP}, body={"wins": "newest"}),
    "remove_tag_group": of(group_id=EMPTY_GROUP),
    "create_tags": Example(body={"group": TAG_GROUP, "names": ["Green tea", "Black tea"]}),
    "change_tag": Example({"tag_id": TAG}, body={"name": "Very important"}),
    "remove_tag": of(tag_id=SAME_TAG),
    "merge_tag": Example({"tag_id": SAME_TAG}, body={"into": TAG}),
    "list_tag_rules": Example(),
    "make_tag_rule": Example(body={"audience": AUDIENCE, "role": "leader", "because": "Writes about tea", "days": 90}),
    "switch_tag_rule": Example({"rule_id": TAG_RULE}, body={"on": False}),
    "remove_tag_rule": of(rule_id=TAG_RULE),
    "list_person_tags": of(person_id=PERSON),
    "tag_person": Example({"person_id": PERSON}, body={"add": [TAG], "reason": "Asked for it at the till."}),
    "get_role": of(person_id=PERSON),
    "set_role": Example({"person_id": PERSON}, body={"role": "leader"}),
}
ANSWERS: Mapping[str, Any] = {
    "TagRuleOut": _TAG_RULE,
    "TagRuleList": {"data": [_TAG_RULE]},
    "TagOut": _TAG,
    "TagGroupOut": _GROUP,
    "TagList": {"groups": [_GROUP], "data": [_TAG]},
    "CarriedList": {
        "data": [
            {
                "id": TAG,
                "name": "VIP",
                "group": "Kind",
                "since": AT,
                "how": "rule",
                "by": None,
                "reason": "Bought five times in three months",
                "expires_at": None,
            }
        ],
        "refused": [],
    },
    "RoleOut": {"role": "leader", "since": AT, "how": "staff", "by": "Ann", "reason": None, "expires_at": None},
}
