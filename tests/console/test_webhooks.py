"""Webhooks on their pages: made, changed, watched, and sent again."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from guanxi.console import proof
from guanxi.console.integrations import words
from guanxi.governance.models import AuditEntry, Workspace
from guanxi.integrations import operations as integrations
from guanxi.integrations import queries
from guanxi.integrations.models import Delivery, Endpoint
from guanxi.kit import keys
from tests.console.visitors import Visitor, lumen, owner

__all__ = ["lumen", "owner"]

URL = "https://shop.example/hooks"


def endpoint(now: datetime, name: str = "Shop") -> Endpoint:
    made, _ = integrations.make_endpoint(url=URL, events=["order.paid"], name=name, by=None, now=now)
    return made


def deliveries(to: Endpoint, now: datetime, count: int, state: str = "failed") -> None:
    Delivery.objects.bulk_create(
        Delivery(
            endpoint=to,
            event=keys.new("evt"),
            name="order.paid",
            body="{}",
            state=state,
            status=500,
            attempts=10,
            due_at=now,
            created_at=now,
        )
        for _ in range(count)
    )


def test_an_endpoint_is_made_and_its_secret_is_shown_this_once(owner: Visitor, lumen: Workspace) -> None:
    assert "No endpoint yet" in owner.get("webhooks")
    page = owner.post("webhook_new", name="Shop", url=URL, events=["order.paid", "order.refunded"], status=200)
    [secret] = re.findall(r"whsec_[\w+/=]+", page)
    made = Endpoint.objects.get()
    assert (made.url, made.events, made.by is not None) == (URL, ["order.paid", "order.refunded"], True)
    assert queries.secrets_of(made, made.created_at) == [secret]
    for route, arguments in (("webhooks", ()), ("webhook", (made.public_id,)), ("webhook_edit", (made.public_id,))):
        page = owner.get(route, *arguments)
        assert "Shop" in page
        assert "whsec_" not in page
    assert [entry.act for entry in AuditEntry.objects.all()] == ["webhook.made"]


def test_a_secret_is_made_for_a_login_that_proved_itself_lately_and_for_no_other(
    owner: Visitor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = endpoint(now)
    page = owner.post("webhook_rotate", to.public_id, status=200)
    assert "Secret of Shop" in page
    assert "For 24 hours" in page
    monkeypatch.setattr(proof, "is_fresh", lambda request, at: False)
    before = bytes(Endpoint.objects.get().secret or b"")
    assert owner.post("webhook_rotate", to.public_id).startswith("/confirm?")
    assert owner.post("webhook_new", name="A", url=URL, events=["order.paid"]).startswith("/confirm?")
    assert (bytes(Endpoint.objects.get().secret or b""), Endpoint.objects.count()) == (before, 1)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"url": "http://shop.example/"}, "Only https:// addresses are called."),
        ({"url": "https://10.1.2.3/"}, "inside a private network"),
        ({"url": "shop"}, "This is not a web address."),
        ({"url": "https://a:b@shop.example/"}, "Leave out the name and password"),
        ({"events": []}, "Choose at least one event."),
        ({"events": ["order.eaten"]}, "Select a valid choice"),
        ({"name": ""}, "This field is required."),
    ],
)
def test_what_cannot_work_is_refused_beside_its_field(owner: Visitor, given: dict[str, object], said: str) -> None:
    sent = {"name": "Shop", "url": URL, "events": ["order.paid"]} | given
    assert said in owner.post("webhook_new", status=422, **sent)
    assert Endpoint.objects.count() == 0


def test_it_is_changed_switched_tested_and_deleted(owner: Visitor, now: datetime) -> None:
    to = endpoint(now)
    owner.post("webhook_edit", to.public_id, name="Till", url=URL + "/2", events=["consent.given"])
    to.refresh_from_db()
    assert (to.name, to.url, to.events) == ("Till", URL + "/2", ["consent.given"])
    owner.post("webhook_test", to.public_id)
    assert Delivery.objects.get().name == "webhook.test"
    owner.post("webhook_switch", to.public_id, on="no")
    owner.post("webhook_test", to.public_id)
    assert "Switch it on first" in owner.get("webhook", to.public_id)
    assert Delivery.objects.count() == 1
    owner.post("webhook_switch", to.public_id, on="yes")
    owner.post("webhook_remove", to.public_id)
    assert Endpoint.objects.count() == 0
    acts = [entry.act for entry in AuditEntry.objects.order_by("number")][1:]
    assert acts == ["webhook.changed", "webhook.switched_off", "webhook.switched_on", "webhook.removed"]
    assert "Webhook deleted" in owner.get("audit")


def test_deliveries_are_turned_page_by_page_and_filtered_by_as_many_queries_for_many(
    owner: Visitor, now: datetime
) -> None:
    to = endpoint(now)

    def counted() -> int:
        with CaptureQueriesContext(connection) as said:
            owner.get("webhook", to.public_id)
        return len(said)

    deliveries(to, now, 1)
    counted()
    one = counted()
    deliveries(to, now, 60)
    deliveries(to, now, 3, "delivered")
    assert counted() == one
    first = owner.client.get(f"/w/lumen/settings/webhooks/{to.public_id}?state=failed")
    second = owner.client.get(f"/w/lumen/settings/webhooks/{to.public_id}" + first.context["next"])
    found = [row[0].pk for page in (first, second) for row in page.context["listed"]]
    assert found == list(Delivery.objects.filter(state="failed").order_by("-pk").values_list("pk", flat=True))
    owner.get("webhook", to.public_id, after="dlv_x", status=400)
    owner.get("webhook", to.public_id, state="eaten", status=400)


def test_a_delivery_shows_what_was_sent_and_answered_and_is_sent_again(owner: Visitor, now: datetime) -> None:
    to, other = endpoint(now), endpoint(now, "Other")
    integrations.send_test(endpoint=to, now=now)
    Delivery.objects.update(state="failed", status=418, answer="<b>teapot</b>", attempts=10)
    one = Delivery.objects.get()
    page = owner.get("webhook_delivery", to.public_id, one.public_id)
    for said in (one.event, '{"type":"webhook.test"', "Answer 418", "<b>teapot</b>"):
        assert said in page
    owner.get("webhook_delivery", other.public_id, one.public_id, status=404)
    owner.post("webhook_replay", to.public_id, one.public_id)
    one.refresh_from_db()
    assert (one.state, one.attempts) == ("waiting", 0)


def test_failed_ones_are_counted_before_they_are_sent_again(owner: Visitor, now: datetime) -> None:
    to = endpoint(now)
    deliveries(to, now, 2)
    deliveries(to, now - timedelta(days=3), 5)
    since = (now - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    page = owner.get("webhook_replay_failed", to.public_id, since=since)
    assert "2 deliveries failed and are sent again" in page
    assert Delivery.objects.filter(state="waiting").count() == 0
    owner.post("webhook_replay_failed", to.public_id, since=since)
    assert Delivery.objects.filter(state="waiting").count() == 2
    assert "Enter a day and a time" in owner.post("webhook_replay_failed", to.public_id, since="soon", status=422)
    assert "No delivery of that time" in owner.get("webhook_replay_failed", to.public_id, since=since)


def test_every_event_has_words_in_every_language() -> None:
    assert words.EVENTS.keys() == {*queries.NAMES, queries.TEST}
    for language in ("zh-hans", "ko"):
        with translation.override(language):
            assert [name for name, said in words.EVENTS.items() if str(said).isascii()] == []
