"""Imports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi.api.v1.examples.example import Example, of
from guanxi.api.v1.examples.ids import AT, IMPORT

REQUESTS: Mapping[str, Example] = {
    "list_import_kinds": Example(),
    "get_import_sample": Example(query={"kind": "people", "language": "zh-hans"}),
    "list_imports": Example(query={"limit": "10"}),
    "upload_import": Example(form={"kind": "people", "file": "@people.csv"}),
    "get_import": of(import_id=IMPORT),
    "choose_sheet": Example({"import_id": IMPORT}, body={"sheet": "Members"}),
    "choose_columns": Example({"import_id": IMPORT}, body={"columns": {"name": "name", "email": "email", "note": ""}}),
    "choose_options": Example({"import_id": IMPORT}, body={"options": {"on_match": "skip"}}),
    "check_import": of(import_id=IMPORT),
    "run_import": of(import_id=IMPORT),
    "stop_import": of(import_id=IMPORT),
    "resume_import": of(import_id=IMPORT),
    "undo_import": of(import_id=IMPORT),
    "get_rejected_rows": of(import_id=IMPORT),
}
ANSWERS: Mapping[str, Any] = {
    "ImportKindList": {
        "data": [
            {
                "key": "people",
                "label": "People",
                "fields": [{"key": "email", "label": "E-mail", "required": False, "example": "lin@example.test"}],
                "options": [
                    {
                        "key": "on_match",
                        "label": "When a row is already here",
                        "choices": [{"value": "update", "label": "Update it"}],
                        "default": "update",
                    }
                ],
                "takes_traits": True,
            }
        ]
    },
    "ImportOut": {
        "id": IMPORT,
        "kind": "people",
        "filename": "people.csv",
        "state": "checked",
        "sheets": [],
        "sheet": None,
        "columns": {"name": "name", "email": "email"},
        "suggested": {},
        "options": {"on_match": "update", "consent": "none", "consent_text": ""},
        "check": {"created": 1_180, "updated": 20, "unchanged": 0, "rejected": 4},
        "reasons": [{"code": "bad_email", "rows": 4, "example": "This is not an e-mail address: lin@."}],
        "rows": 1_204,
        "done_rows": 1_204,
        "result": None,
        "problem": None,
        "by": "Lin Yao",
        "created_at": AT,
        "started_at": None,
        "finished_at": None,
    },
}
