"""Sources on their pages: made, watched, given a new key, and the events that they send."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guanxi.acquisition import operations as acquisition
from guanxi.acquisition.models import EventName, Source
from guanxi.acquisition.queries import KnownKey, source_of_key
from guanxi.audiences.operations import save_audience
from guanxi.console.integrations import sent_events, words
from guanxi.console.paging import PAGE
from guanxi.governance.models import AuditEntry, Workspace
from guanxi.kit import clock
from guanxi.people.models import Field
from tests.acquisition.sending import event, sent
from tests.console.visitors import Visitor, lumen, owner

__all__ = ["lumen", "owner"]
SITE = "https://shop.example"


def made(owner: Visitor) -> tuple[Source, KnownKey]:
    page = owner.post("source_new", name="Shop", kind="browser", origins=SITE, status=200)
    [key] = set(re.findall(r"wk_[\w-]{40,}", page))
    known = source_of_key(key)
    assert known
    return Source.objects.get(), known


def test_a_source_is_made_and_its_key_is_shown_this_once(owner: Visitor, lumen: Workspace) -> None:
    assert "No source yet" in owner.get("sources")
    source, known = made(owner)
    assert (source.name, source.kind, source.origins, known.source) == ("Shop", "browser", [SITE], source.pk)
    for route, arguments in (("sources", ()), ("source", (source.public_id,)), ("source_edit", (source.public_id,))):
        page = owner.get(route, *arguments)
        assert "Shop" in page
        assert not re.search(r"wk_[\w-]{40,}", page)
    assert [entry.act for entry in AuditEntry.objects.all()] == ["source.made"]


def test_a_wrong_address_is_said_at_its_field_and_makes_nothing(owner: Visitor, lumen: Workspace) -> None:
    page = owner.post("source_new", name="Shop", kind="browser", origins="shop", status=422)
    assert "“shop” is not an address" in page
    owner.post("source_new", name="Shop", kind="browser", status=422)
    assert not Source.objects.exists()


def test_a_renewed_key_works_beside_the_old_one_and_a_stopped_source_takes_nothing(
    owner: Visitor, lumen: Workspace
) -> None:
    source, _ = made(owner)
    page = owner.post("source_rotate", source.public_id, status=200)
    assert "The old key works for 24 hours more" in page
    assert "works too until" in owner.get("source", source.public_id)
    owner.post("source_stop", source.public_id)
    assert "Stopped" in owner.get("source", source.public_id)
    assert [entry.act for entry in AuditEntry.objects.order_by("pk")][1:] == ["source.key_rotated", "source.stopped"]


def test_the_page_shows_what_arrives_what_was_refused_and_why(owner: Visitor, lumen: Workspace) -> None:
    source, key = made(owner)
    personal = {"email": "canary@example.test", "category": "tea"}
    sent(key, [event(1, properties=personal, anonymousId="visitor-canary"), event(2, event="")])
    assert "Waiting" in owner.get("source", source.public_id)
    acquisition.lane(now=clock.now())
    page = owner.get("source", source.public_id)
    for said in (
        "Product Viewed",
        "Taken",
        "Refused",
        "A track call needs a name",
        "Not kept, as it is personal: email",
    ):
        assert said in page, said
    assert 'hx-trigger="every 2s"' in page
    paused = owner.get("source", source.public_id, paused="yes")
    assert "every 2s" not in paused
    assert "tea" in paused
    assert "canary" not in paused
    refused = owner.get("source", source.public_id, state="refused")
    assert "A track call needs a name" in refused
    assert "Taken" not in refused


def test_the_questions_of_the_page_do_not_grow_with_what_arrives(owner: Visitor, lumen: Workspace) -> None:
    source, key = made(owner)
    counts = []
    for size in (1, 3):
        for number in range(size):
            sent(key, [event(number * 10 + size)])
        acquisition.lane(now=clock.now())
        with CaptureQueriesContext(
            connection,
        ) as asked:
            owner.get("source", source.public_id)
        with CaptureQueriesContext(connection) as listed:
            owner.get("sent_events")
        counts.append((len(asked), len(listed)))
    assert counts[0] == counts[1]


def test_an_event_is_looked_at_blocked_and_let_in_again(owner: Visitor, lumen: Workspace) -> None:
    _, key = made(owner)
    sent(key, [event(1, properties={"category": "tea", "email": "a@example.test"})])
    acquisition.lane(now=clock.now())
    assert "track.product_viewed" in owner.get("sent_events")
    name = EventName.objects.get()
    page = owner.get("sent_event", name.public_id)
    for said in ("event:track.product_viewed", "category", "Text", "Personal: not kept"):
        assert said in page, said
    owner.post("sent_event_block", name.public_id, blocked="yes")
    assert "Blocked" in owner.get("sent_event", name.public_id)
    owner.post("sent_event_block", name.public_id, blocked="no")
    assert EventName.objects.get().blocked_at is None


def test_many_names_are_searched_page_by_page_and_forgotten_but_for_what_is_asked_about(
    owner: Visitor, lumen: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, key = made(owner)
    sent(key, [event(number) | {"event": f"Junk {number:03}"} for number in range(60)])
    sent(key, [event(100), event(101)])
    acquisition.lane(now=clock.now())
    assert "Junk" not in owner.get("sent_events", q="product viewed")
    listed = owner.get("sent_events", q="junk")
    assert listed.count('class="name"') == PAGE and "Forget 60 names" in listed
    onward = re.search(r'rel="next" href="\?after=([^"&]*)&q=junk"', listed)
    assert onward
    assert owner.get("sent_events", q="junk", after=onward[1]).count('class="name"') == 60 - PAGE
    rule = {"version": 1, "where": {"type": "did", "event": "event:track.junk_007", "within": {"type": "ever"}}}
    save_audience(name="Seven", rule=rule, by=None, now=clock.now())

    full = "Events with a new name are refused"
    assert full not in owner.get("sent_events")
    monkeypatch.setattr(sent_events, "EVENT_NAMES", 61)
    assert full in owner.get("sent_events") and full in owner.get("sent_events", q="nothing so")

    owner.post("sent_events_forget")
    assert EventName.objects.count() == 61, "an unnarrowed list is not forgotten"
    owner.post("sent_events_forget", q="junk")
    assert set(EventName.objects.values_list("key", flat=True)) == {"track.product_viewed", "track.junk_007"}
    asked = EventName.objects.get(key="track.junk_007")
    owner.post("sent_event_forget", asked.public_id)
    assert "An audience asks about it" in owner.get("sent_event", asked.public_id)
    name = EventName.objects.get(key="track.product_viewed")
    owner.post("sent_event_block", name.public_id, blocked="yes")
    owner.post("sent_event_forget", name.public_id)
    assert EventName.objects.count() == 2, "a blocked name would come in anew"


@pytest.mark.parametrize("reason", sorted(words.REASONS))
def test_every_reason_has_words(reason: str) -> None:
    assert len(str(words.REASONS[reason])) > 15


def test_a_value_that_a_field_does_not_offer_is_said_in_words(owner: Visitor, lumen: Workspace) -> None:
    source, key = made(owner)
    Field.objects.create(key="size", label="Size", kind="choice", choices=["S", "L"])
    sent(key, [event(1, type="identify", userId="c-1", traits={"size": "XL"})])
    acquisition.lane(now=clock.now())
    assert "Without size: It is none of the choices of the field." in owner.get("source", source.public_id)


def test_older_arrivals_follow_page_by_page_and_stand_still(owner: Visitor, lumen: Workspace) -> None:
    source, key = made(owner)
    sent(key, [event(number, event=f"Event {number:02}") for number in range(40)])
    live = owner.get("source", source.public_id)
    assert 'rel="next"' not in live and "Event 39" in live and "Event 09" not in live
    paused = owner.get("source", source.public_id, paused="yes")
    mark = re.search(r'rel="next" href="\?after=([^"&]+)"', paused)
    assert mark
    older = owner.get("source", source.public_id, after=mark[1])
    assert "Event 09" in older and "Event 10" not in older and "every 2s" not in older and 'rel="next"' not in older
    owner.get("source", source.public_id, after="x", status=400)


def test_requests_that_were_refused_whole_stand_on_the_page_with_how_often_and_why(
    owner: Visitor, lumen: Workspace
) -> None:
    source, key = made(owner)
    assert "Requests refused whole" not in owner.get("source", source.public_id)
    acquisition.note_turned_away(key=key, code="too_large", now=clock.wall())
    page = owner.get("source", source.public_id)
    assert "Requests refused whole" in page
    assert "A request has at most 500 KB, unpacked." in page
