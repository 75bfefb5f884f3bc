"""Whoever connects a site by a program sees what arrives, what was refused, and why."""

from __future__ import annotations

import json
from typing import Any

import pytest

from guanxi.acquisition import operations as acquisition
from guanxi.acquisition import queries
from guanxi.acquisition.models import Source, SourceKind
from guanxi.governance.models import Workspace
from guanxi.kit import clock
from tests.acquisition.sending import applied, event, sent, shop
from tests.api.callers import Caller, caller


@pytest.fixture
def calls(workspace: Workspace) -> Caller:
    return caller()


def test_what_arrives_is_told_page_by_page_masked_and_with_why_it_was_refused(calls: Caller) -> None:
    key = shop()
    for sizes in ((1, 2), (), (3,), (4, 5, 6), ()):
        sent(key, [event(number, event="" if number in (2, 5) else f"Event {number}") for number in sizes])
    sent(key, [event(7, userId="customer-canary", properties={"email": "canary@example.test", "category": "tea"})])
    source = Source.objects.get()
    here = f"/sources/{source.public_id}/arrivals"
    assert {one["outcome"] for one in calls.get(here)["data"]} == {"waiting", "refused"}
    applied(clock.now())

    def walked(asked: str) -> list[dict[str, Any]]:
        found, after = [], ""
        while True:
            told = calls.get(f"{here}?{asked}&after={after}")
            found += told["data"]
            after = told["next_cursor"]
            assert told["has_more"] == bool(after)
            if not after:
                return found

    whole = calls.get(here)["data"]
    assert [json.loads(one["as_sent"])["messageId"] for one in whole] == [f"message-{at}" for at in range(7, 0, -1)]
    assert [walked(f"limit={size}") for size in (1, 2, 3)] == [whole] * 3
    refused = [one for one in whole if one["outcome"] == "refused"]
    assert walked("limit=1&refused=true") == refused
    assert [(one["reason"], one["ids"]) for one in refused] == [("no_name", [])] * 2
    newest = whole[0]
    assert (newest["type"], newest["name"], newest["outcome"]) == ("track", "Product Viewed", "taken")
    assert (newest["ids"], newest["removed"]) == (["customer_number", "cookie"], ["email"])
    assert "canary" not in json.dumps(whole) and "tea" in newest["as_sent"]

    mark = calls.get(f"{here}?limit=1")["next_cursor"]
    other = acquisition.make_source(name="Other", kind=SourceKind.SERVER, by=None, now=clock.wall()).source
    for path, after in ((here, "x"), (here, mark[:-2]), (f"/sources/{other.public_id}/arrivals", mark)):
        assert calls.get(f"{path}?after={after}", 400)["code"] == "bad_cursor"


def test_what_waits_and_what_was_refused_whole_is_told_of_a_source(calls: Caller) -> None:
    key = shop()
    sent(key, [event(1)])
    acquisition.note_turned_away(key=key, code="too_large", now=clock.wall())
    [held] = queries.turned_away(Source.objects.get())
    told = calls.get(f"/sources/{Source.objects.get().public_id}/intake")
    [refused] = told["refused_whole"]
    assert (told["waiting"], told["full"], refused["code"], refused["count"]) == (1, None, "too_large", held.count)
