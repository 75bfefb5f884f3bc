"""Audiences, and people who go out as files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi.api.v1.examples.example import Example, of
from guanxi.api.v1.examples.ids import AT, AUDIENCE, OTHER_AUDIENCE, OWNER, PEOPLE_EXPORT, PERSON, RULE

REQUESTS: Mapping[str, Example] = {
    "preview_people_export": Example(body={"audience": AUDIENCE, "format": "hashed", "preset": "google"}),
    "start_people_export": Example(
        body={
            "fitting": {"level": "customer"},
            "format": "csv",
            "columns": ["name", "email", "phone", "owner"],
            "reason": "For the yearly letter",
        }
    ),
    "list_people_exports": Example(query={"limit": "10"}),
    "get_people_export": of(people_export_id=PEOPLE_EXPORT),
    "get_people_export_file": of(people_export_id=PEOPLE_EXPORT),
    "stop_people_export": of(people_export_id=PEOPLE_EXPORT),
    "resume_people_export": of(people_export_id=PEOPLE_EXPORT),
    "remove_people_export": of(people_export_id=PEOPLE_EXPORT),
    "list_audiences": Example(),
    "create_audience": Example(body={"name": "Customers", "rule": RULE}),
    "get_audience": of(audience_id=AUDIENCE),
    "update_audience": Example({"audience_id": AUDIENCE}, body={"name": "Our customers"}),
    "delete_audience": of(audience_id=AUDIENCE),
    "count_rule": Example(body={"rule": RULE}),
    "compare_audiences": Example(body={"audiences": [AUDIENCE, OTHER_AUDIENCE]}),
    "recount_audience": of(audience_id=AUDIENCE),
    "refresh_audience": of(audience_id=AUDIENCE),
    "list_audience_members": Example({"audience_id": AUDIENCE}, query={"limit": "20"}),
    "list_audience_sizes": Example({"audience_id": AUDIENCE}, query={"days": "30"}),
    "fix_audience": of(audience_id=AUDIENCE),
    "follow_audience": Example({"audience_id": AUDIENCE}, body={"every": 15}),
    "list_audience_people": Example({"audience_id": AUDIENCE}, query={"limit": "20"}),
    "explain_person": of(audience_id=AUDIENCE, person_id=PERSON),
}
ANSWERS: Mapping[str, Any] = {
    "Expected": {"people": 48_213, "inside": 30_110, "left_out": {"no_consent": 17_903, "refused": 200}},
    "FileOfPeople": {
        "id": PEOPLE_EXPORT,
        "state": "done",
        "problem": None,
        "audience": {"id": AUDIENCE, "name": "Customers"},
        "format": "csv",
        "columns": ["name", "email", "phone", "owner"],
        "preset": None,
        "clear": False,
        "agreed": False,
        "total": 48_213,
        "done": 48_213,
        "rows": 48_209,
        "left_out": {"not_there": 4},
        "size": 5_100_412,
        "by": {"id": OWNER, "name": "Lin Yao"},
        "created_at": AT,
        "finished_at": AT,
        "expires_at": AT,
    },
    "AudienceOut": {
        "id": AUDIENCE,
        "name": "Customers",
        "rule": RULE,
        "size": 48_213,
        "counted_at": AT,
        "every": 60,
        "refreshed_at": AT,
        "fixed_at": None,
        "created_at": AT,
        "updated_at": AT,
    },
    "RefreshOut": {"size": 48_213, "entered": 120, "left": 34, "looked_at": 9_871},
    "AudienceMemberOut": {"person": PERSON, "since": AT},
    "SizesOut": {"days": [{"day": "2026-11-20", "size": 48_213, "entered": 120, "left": 34}]},
    "Count": {"people": 48_213},
    "OverlapOut": {
        "sizes": [48_213, 12_040],
        "sections": [
            {"audiences": [AUDIENCE], "people": 39_113},
            {"audiences": [AUDIENCE, OTHER_AUDIENCE], "people": 9_100},
            {"audiences": [OTHER_AUDIENCE], "people": 2_940},
        ],
        "common": 9_100,
    },
    "Explanation": {
        "is_in": True,
        "clauses": [
            {
                "path": "where",
                "holds": True,
                "values": {"level": "customer"},
                "failed": [],
                "events": [],
                "tags": [],
                "ties": [],
                "advisors": [],
            }
        ],
    },
}
