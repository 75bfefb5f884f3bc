"""Forms of the builder that no builder has made are refused or shown, never an error of ours."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from guanxi.governance.models import Workspace
from tests.console.visitors import Visitor, lumen, owner

__all__ = ["lumen", "owner"]

LONG = "9" * 5000
HALF = json.dumps({"type": "trait", "trait": "trait:\ud800"})
DEEP = '{"type":"not","not":' * 900 + "{}" + "}" * 900
KEPT = {"row": "0", "0-kind": "kept", "join": "all", "name": "Odd"}
EVENT = {"row": "0", "0-kind": "event", "0-event": "order.paid", "join": "all", "name": "Odd"}
FORGED = {
    "half a letter": KEPT | {"0-json": HALF},
    "nine hundred deep": KEPT | {"0-json": DEEP},
    "a number that is none": KEPT | {"0-json": '{"type":"share","percent":NaN}'},
    "a long place": EVENT | {"do": f"remove:{LONG}"},
    "a long detail": EVENT | {"do": f"less:0:w{LONG}"},
    "a square": EVENT | {"do": "less:0:w²"},
    "a NUL": EVENT | {"0-event": "order\x00paid"},
    "a group without end": EVENT | {"do": "add:event:" + ".".join("0" * 900)},
    "nothing": {"join": "all", "name": "Odd"},
    "pasted half": EVENT | {"do": "paste", "json": HALF},
    "pasted deep": EVENT | {"do": "paste", "json": "[" * 9000},
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_form_that_no_builder_made_is_no_error_of_ours(owner: Visitor, lumen: Workspace, forged: str) -> None:
    sent = FORGED[forged]
    for page in ("audience_count", "audience_builder", "audience_new"):
        said = owner.client.post(reverse(page, args=[lumen.slug]), sent)
        assert said.status_code in (200, 400, 422), page
