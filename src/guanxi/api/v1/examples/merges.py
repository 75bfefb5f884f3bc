"""Merges, duplicates and kinds of ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi.api.v1.examples.example import Example, of
from guanxi.api.v1.examples.ids import AT, ID_KIND, MERGE, PAIR, PERSON, SEARCH, TWIN

_ID_KIND = {
    "id": ID_KIND,
    "key": "loyalty_card",
    "name": "Loyalty card",
    "trust": "proof",
    "keeps": "sealed",
    "single": True,
    "place": "shop",
    "ids": 1204,
}

REQUESTS: Mapping[str, Example] = {
    "list_merges": of(person_id=PERSON),
    "merge_person": Example({"person_id": PERSON}, body={"merged": TWIN, "picks": {"name": TWIN}}),
    "preview_merge": Example({"person_id": PERSON}, query={"merged": TWIN}),
    "undo_merge": of(person_id=PERSON, merge_id=MERGE),
    "list_duplicates": Example(query={"state": "open"}),
    "decide_duplicate": Example({"duplicate_id": PAIR}, body={"state": "distinct"}),
    "search_duplicates": Example(),
    "get_search": Example(),
    "list_id_kinds": Example(),
    "add_id_kind": Example(body={"name": "Loyalty card", "key": "loyalty_card", "single": True, "place": "shop"}),
    "change_id_kind": Example({"id_kind_id": ID_KIND}, body={"name": "Card of the till", "trust": "household"}),
    "remove_id_kind": of(id_kind_id=ID_KIND),
}
ANSWERS: Mapping[str, Any] = {
    "MergeOut": {
        "id": MERGE,
        "person": {"id": PERSON, "name": "Lin Wei"},
        "merged": {"id": TWIN, "name": "Lin W."},
        "rule": "proof",
        "kind": "email",
        "source": "web",
        "event": None,
        "by": None,
        "at": AT,
        "undone_at": None,
    },
    "DuplicateOut": {
        "id": PAIR,
        "first": {"id": PERSON, "name": "Lin Wei"},
        "second": {"id": TWIN, "name": "Lin W."},
        "origin": "similar",
        "reasons": ["name_near", "birth_same"],
        "conflicts": [],
        "likely": 962,
        "state": "open",
        "found_at": AT,
    },
    "SearchOut": {
        "id": SEARCH,
        "state": "done",
        "people": 2_500,
        "found": 3,
        "asked_at": AT,
        "finished_at": AT,
    },
    "PreviewOfMerge": {
        "person": {"id": PERSON, "name": "Kim Minji"},
        "merged": {"id": TWIN, "name": "Minji Kim"},
        "choices": [{"pick": "name", "mine": "Kim Minji", "theirs": "Minji Kim"}],
        "conflicts": ["customer_number"],
        "moves": {"identity": 2, "message": 4},
    },
    "IdKindList": {"data": [_ID_KIND]},
    "IdKindOut": _ID_KIND,
}
