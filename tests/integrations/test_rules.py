"""What is told, how it is signed, and when it is tried again: decided without a database."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib import import_module
from inspect import getmembers, isclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from standardwebhooks import Webhook, WebhookVerificationError

from guanxi.channels.events import MessageBounced
from guanxi.commerce.events import OrderPaid
from guanxi.integrations import rules
from guanxi.integrations.rules import Step, Tried, Verdict, after
from guanxi.people.events import ImportFinished
from tests.test_house import ROOT, SOURCE

NO_LUCK = 0.5


def announced() -> Iterator[type]:
    for file in sorted(SOURCE.glob("*/events.py")):
        module = import_module(f"guanxi.{file.parent.name}.events")
        yield from (kind for _, kind in getmembers(module, isclass) if kind.__module__ == module.__name__)


def test_every_fact_that_a_room_announces_can_be_told_and_is_in_the_catalogue() -> None:
    facts = {kind.name: kind for kind in announced() if kind not in rules.INSIDE}  # type: ignore[attr-defined]
    assert facts == {fact.name: fact for fact in rules.FACTS}, "add it to integrations.rules.FACTS and docs/webhooks.md"
    page = Path(ROOT, "docs", "webhooks.md").read_text(encoding="utf-8")
    lines = [line.split("|") for line in page.splitlines() if line.startswith("| `")]
    written = {cells[1].strip(" `"): cells[3].strip() for cells in lines if "." in cells[1]}
    expected = {name: ", ".join(f"`{one}`" for one in rules.told(fact)) for name, fact in facts.items()}
    assert {name: told for name, told in written.items() if name in expected} == expected
    assert written.keys() - expected.keys() == {rules.TEST}


def test_an_event_tells_public_ids_and_codes_and_nothing_else() -> None:
    fact = OrderPaid(person=7, order_id=8, amount_minor=4200, currency="CNY", store="Pudong 3", number="A-17")
    public = {("person", 7): "psn_a", ("order_id", 8): "ord_b"}
    assert rules.data(fact, public) == {"person": "psn_a", "order": "ord_b"}
    bounced = MessageBounced(person=7, message_id=9, channel="email", origin="brd_c", category="unknown")
    told = {"person": "psn_a", "channel": "email", "origin": "brd_c", "category": "unknown"}
    assert rules.data(bounced, public) == told


def test_what_a_file_brought_rings_once_at_its_end() -> None:
    order = OrderPaid(person=7, order_id=8, amount_minor=1, currency="CNY")
    imported = OrderPaid(person=7, order_id=8, amount_minor=1, currency="CNY", import_id=3)
    ends = ImportFinished(import_id=3, state="done")
    assert [rules.rings(fact) for fact in (order, imported, ends)] == [True, False, True]


@given(key=some.binary(min_size=24, max_size=64), text=some.text())
def test_the_reference_library_accepts_what_we_sign_and_nothing_that_was_changed(key: bytes, text: str) -> None:
    secret, body = rules.secret_of(key), json.dumps({"type": "order.paid", "text": text})
    now = int(datetime.now(UTC).timestamp())
    headers = rules.headers([secret], event="evt_1", timestamp=now, body=body)
    assert Webhook(secret).verify(body, headers) == {"type": "order.paid", "text": text}
    for changed in (headers | {"webhook-id": "evt_2"}, headers | {"webhook-timestamp": str(now - 1)}):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, changed)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + " ", headers)


def test_a_secret_is_of_the_size_that_the_specification_asks_for() -> None:
    assert 24 <= rules.SECRET_BYTES <= 64
    assert base64.b64decode(rules.secret_of(b"k" * 32).removeprefix("whsec_")) == b"k" * 32


def test_a_call_is_tried_ten_times_over_three_days_and_then_has_failed() -> None:
    steps = [after(Tried(status=500), attempts=number, luck=NO_LUCK) for number in range(1, 11)]
    waits = [step.wait.total_seconds() for step in steps]
    assert waits == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400, 0]
    assert [step.verdict for step in steps] == [Verdict.AGAIN] * 9 + [Verdict.FAILED]


def test_tries_are_spread_so_that_not_all_come_at_once() -> None:
    soon, late = (after(Tried(status=500), attempts=3, luck=luck).wait for luck in (0.0, 1.0))
    assert (soon, late) == (timedelta(minutes=27), timedelta(minutes=33))


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_yes(status: int) -> None:
    assert after(Tried(status=status), attempts=1, luck=NO_LUCK) == Step(Verdict.DELIVERED)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 410, 429, 500, 503, None])
def test_everything_else_is_no_a_redirect_too(status: int | None) -> None:
    assert after(Tried(status=status), attempts=1, luck=NO_LUCK) == Step(Verdict.AGAIN, timedelta(seconds=5))


@pytest.mark.parametrize(("status", "heeded"), [(429, True), (502, True), (503, True), (504, True), (500, False)])
def test_who_asks_for_patience_gets_it_up_to_a_day(status: int, heeded: bool) -> None:
    waits = [
        after(Tried(status=status, retry_after=asked), attempts=1, luck=NO_LUCK).wait
        for asked in (timedelta(seconds=1), timedelta(minutes=7), timedelta(days=30))
    ]
    expected = (
        [timedelta(seconds=5), timedelta(minutes=7), timedelta(hours=24)] if heeded else [timedelta(seconds=5)] * 3
    )
    assert waits == expected


def test_retry_after_is_seconds_or_a_date_and_nonsense_is_not_heeded(now: datetime) -> None:
    later = format_datetime(now + timedelta(minutes=3), usegmt=True)
    told = [rules.retry_after(text, now) for text in ("120", later, "soon", "", None, "-5", "9" * 400)]
    assert told[:6] == [timedelta(minutes=2), timedelta(minutes=3), None, None, None, None]
    assert told[6] is not None
    assert rules.retry_after(format_datetime(now - timedelta(minutes=3), usegmt=True), now) is None
