"""Whoever connects a site by a program sees what arrives, what was refused, and why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from guanxi.acquisition import operations as acquisition
from guanxi.acquisition import queries
from guanxi.acquisition.models import Batch, Source, SourceKind
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


def test_the_write_key_is_told_of_nothing_that_came_with_it(calls: Caller) -> None:
    key = acquisition.make_source(name="Shop", kind=SourceKind.SERVER, by=None, now=clock.wall()).key
    body = event(1, writeKey=key, context={f"of {key}": f"Bearer {key}", "write_key": "other"}) | {"writeKey": key}
    answer = Client().post("/v1/track", json.dumps(body), content_type="application/json")
    assert answer.status_code == 200
    source = Source.objects.get()
    [one] = calls.get(f"/sources/{source.public_id}/arrivals")["data"]
    said = json.loads(one["as_sent"])
    assert said["writeKey"] == f"{source.prefix}…"
    assert said["context"] == {f"of {source.prefix}…": f"Bearer {source.prefix}…", "write_key": "•••"}


def test_a_repeat_is_told_from_what_came_beside_it(calls: Caller) -> None:
    key = shop()
    here = f"/sources/{Source.objects.get().public_id}/arrivals"
    sent(key, [event(1)])
    applied(clock.now())
    sent(key, [event(1), event(2), event(2), event(3, event="")])
    sent(key, [event(1), event(2)])
    applied(clock.now())
    assert [one["outcome"] for one in calls.get(here)["data"]] == [
        *("repeated", "repeated"),
        *("refused", "repeated", "taken", "repeated"),
        "taken",
    ]
    Batch.objects.update(remarks=[])  # as of a batch that was applied before repeats were noted
    told = calls.get(here)["data"]
    assert [(one["outcome"], one["remark"]) for one in told] == [
        *[("repeated", None)] * 2,
        *[("refused", None), *[("taken", "some_repeated")] * 3],
        ("taken", None),
    ]


def test_what_waits_and_what_was_refused_whole_is_told_of_a_source(calls: Caller) -> None:
    key = shop()
    sent(key, [event(1)])
    acquisition.note_turned_away(key=key, code="too_large", now=clock.wall())
    [held] = queries.turned_away(Source.objects.get())
    told = calls.get(f"/sources/{Source.objects.get().public_id}/intake")
    [refused] = told["refused_whole"]
    assert (told["waiting"], told["full"], refused["code"], refused["count"]) == (1, None, "too_large", held.count)
