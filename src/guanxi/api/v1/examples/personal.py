"""What a person may ask for: their data, its end, their links and files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi.api.v1.examples.example import Example, of
from guanxi.api.v1.examples.ids import AT, ERASURE, EXPORT, FILE, IDENTITY, PERSON

REQUESTS: Mapping[str, Example] = {
    "reveal_person": Example({"person_id": PERSON}, body={"reason": "They asked for a call."}),
    "export_person": Example({"person_id": PERSON}, body={"reason": "They asked for their data."}),
    "list_exports": of(person_id=PERSON),
    "get_export": of(person_id=PERSON, export_id=EXPORT),
    "get_export_file": of(person_id=PERSON, export_id=EXPORT),
    "erase_person": Example({"person_id": PERSON}, body={"reason": "They asked to be erased."}),
    "get_erasure": of(erasure_id=ERASURE),
    "retry_erasure": of(erasure_id=ERASURE),
    "make_preference_links": of(person_id=PERSON),
    "list_files": of(person_id=PERSON),
    "attach_file": Example({"person_id": PERSON}, form={"file": "@contract.pdf"}),
    "get_file": of(person_id=PERSON, file_id=FILE),
    "remove_file": of(person_id=PERSON, file_id=FILE),
}
ANSWERS: Mapping[str, Any] = {
    "InClearList": {"data": [{"id": IDENTITY, "kind": "email", "value": "lin.wei@example.test"}]},
    "ExportOut": {
        "id": EXPORT,
        "state": "done",
        "size": 18_204,
        "requested_at": AT,
        "finished_at": AT,
        "expires_at": AT,
    },
    "ErasureOut": {
        "id": ERASURE,
        "state": "working",
        "gone": ["rows", "batches"],
        "requested_at": AT,
        "finished_at": None,
    },
    "FileOut": {"id": FILE, "name": "contract.pdf", "media_type": "application/pdf", "size": 18_204, "at": AT},
    "LinkList": {
        "data": [{"identity": IDENTITY, "url": "https://crm.example.test/preferences/…", "expires_at": AT}],
    },
}
