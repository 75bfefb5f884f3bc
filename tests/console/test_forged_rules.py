"""Forms of the builder that no builder has made are refused or shown, never an error of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.urls import reverse

from guanxi.audiences import operations as audiences
from guanxi.audiences.models import Audience
from guanxi.governance.models import Workspace
from guanxi.kit import clock
from tests.console.visitors import Visitor, lumen, owner
from tests.factories.reach import write_lake

__all__ = ["lumen", "owner"]

CUSTOMERS = {"version": 1, "where": {"type": "level", "levels": ["customer"]}}
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


def test_of_two_who_edit_an_audience_the_second_is_told_and_may_save_once_more(
    owner: Visitor, lumen: Workspace
) -> None:
    write_lake(clock.now())
    kept = audiences.save_audience(name="Kept", rule=CUSTOMERS, by=None, now=clock.now())
    rows: dict[str, Any] = {"join": "all", "row": "0", "0-kind": "level", "0-levels": "fan"}
    seen = kept.updated_at.isoformat()
    assert f'value="{seen}"' in owner.get("audience", kept.public_id)
    owner.post("audience", kept.public_id, **rows, name="First", seen=seen)
    page = owner.post("audience", kept.public_id, status=422, **rows, name="Second", seen=seen)
    assert "Somebody else saved this audience meanwhile" in page
    assert Audience.objects.get().name == "First"
    again = Audience.objects.get().updated_at.isoformat()
    assert again in page
    owner.post("audience", kept.public_id, **rows, name="Second", seen=again)
    assert Audience.objects.get().name == "Second"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ('{"version":1,"where":' + '{"type":"not","not":' * 64 + '{"type":"member"}' + "}" * 65, "too deep"),
        ('{"version":1,"zone":"Mars/X","where":{"type":"member"}}', "zone: This field is not known here. Take it out."),
    ],
)
def test_a_pasted_rule_that_is_refused_says_what_to_do(owner: Visitor, lumen: Workspace, rule: str, said: str) -> None:
    answer = owner.client.post(reverse("audience_new", args=[lumen.slug]), EVENT | {"do": "paste", "json": rule})
    assert answer.status_code == 422
    assert said in answer.content.decode()
