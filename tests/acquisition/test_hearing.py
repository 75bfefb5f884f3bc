"""Usual events are read without an object each: what comes of it is the same as one by one."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guanxi.acquisition.rules import BATCH, Heard, Unusable, read, unpacked
from guanxi.acquisition.rules.money import amount_in, amount_named

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CHANGES: tuple[dict[str, Any], ...] = (
    {"userId": 7},
    {"userId": " a ", "anonymousId": ""},
    {"anonymousId": None},
    {"anonymousId": True},
    {"messageId": None},
    {"messageId": "x" * 201},
    {"type": "page", "name": "Cart", "properties": {"url": "/cart"}},
    {"type": "identify", "userId": "u", "traits": {"city": "Wuhan", "email": "a@example.test"}},
    {"type": "alias", "previousId": "v", "userId": "u"},
    {"type": None},
    {"event": "x" * 300},
    {"event": 5},
    {"timestamp": "2026-11-20T20:00:00+09:00"},
    {"timestamp": "2026-11-20 11:00"},
    {"timestamp": "2026-11-20T12:05:00Z"},
    {"timestamp": "2020-01-01T00:00:00Z"},
    {"originalTimestamp": "2026-11-19T12:00:00Z"},
    {"sentAt": "2026-11-20T11:00:00Z"},
    {"properties": None},
    {"properties": [1]},
    {"properties": {"Camel Case": 1, "none": None}},
    {"properties": {"email": "a@example.test", "day": "2026-11-20"}},
    {"properties": {"note": "ask a@example.test", "price": 2}},
    {"properties": {"note": "13800138000"}},
    {"properties": {"sku": "1234567890123"}},
    {"properties": {"revenue": 12.5, "currency": "cny"}},
    {"properties": {"value": "3", "currency": "XXQ"}},
    {"properties": {f"p{n}": n for n in range(300)}},
    {"properties": {"text": "x" * 33_000}},
    {"properties": {"half": "\ud800", "nul": "\u0000"}},
    {"context": {"text": "x" * 33_000}},
)


def one_by_one(body: bytes) -> list[Any]:
    found: list[Any] = []
    _body, raws, sent_at = unpacked(body, BATCH)
    for place, raw in enumerate(raws):
        try:
            one = read(raw, call=BATCH, sent_at=sent_at, received_at=NOW)
        except Unusable as unusable:
            found.append((place, unusable.reason, unusable.detail))
        else:
            name = one.key or one.name
            found.append((place, name, one.ids, one.at, one.props, one.message, one.amount, one.traits, one.plan.kinds))
    return found


def at_once(body: bytes) -> list[Any]:
    heard = Heard()
    heard.take(body, call=BATCH, source=1, received_at=NOW)
    found: list[Any] = [*heard.refusals[0]]
    for row, place in enumerate(heard.place):
        form, who = heard.forms[heard.form[row]], heard.whose[heard.who[row]]
        said = (heard.props[row], heard.message[row], heard.amount[row])
        found.append((place, form.key or form.name, who.ids, heard.at[row], *said, who.traits, form.plan.kinds))
    return sorted(found, key=lambda one: one[0])


@pytest.mark.parametrize("seed", range(60))
def test_many_at_once_are_read_as_each_alone(seed: int) -> None:
    chance = random.Random(seed)
    told = []
    for number in range(chance.randrange(1, 12)):
        event = {
            "type": "track",
            "event": chance.choice(["Product Viewed", "Paid"]),
            "anonymousId": f"v{chance.randrange(3)}",
            "messageId": f"m{number}",
            "timestamp": (NOW - timedelta(minutes=chance.randrange(1, 99))).isoformat(),
            "properties": {"category": "tea", "price": number},
        }
        told.append(event | chance.choice(CHANGES) if chance.random() < 0.4 else event)
    more = {"sentAt": (NOW - timedelta(hours=1)).isoformat()} if chance.random() < 0.3 else {}
    body = json.dumps({"batch": told} | more).encode()
    assert at_once(body) == one_by_one(body)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"revenue": 39.95, "currency": "USD"}, ((3995, "USD"), "")),
        ({"revenue": 0.1 + 0.2, "currency": "EUR"}, ((30, "EUR"), "")),
        ({"value": "1200", "currency": "jpy"}, ((1200, "JPY"), "")),
        ({"value": 1.5, "currency": "KRW"}, (None, "bad_amount")),
        ({"revenue": -5, "value": 9, "currency": "CNY"}, ((-500, "CNY"), "")),
        ({"revenue": 5, "currency": "ZZZ"}, (None, "unknown_currency")),
        ({"revenue": "five", "currency": "CNY"}, (None, "bad_amount")),
        ({"revenue": "Infinity", "currency": "CNY"}, (None, "bad_amount")),
        ({"revenue": 10**400, "currency": "CNY"}, (None, "bad_amount")),
        ({"revenue": "1e999999999", "currency": "CNY"}, (None, "bad_amount")),
    ],
)
def test_revenue_is_money_of_its_currency(said: dict[str, Any], found: Any) -> None:
    assert amount_in(said, amount_named(said)) == found


def test_without_a_currency_there_is_no_amount() -> None:
    assert [amount_named(said) for said in ({"revenue": 5}, {"currency": "CNY"}, {"value": 5, "currency": 156})] == [
        ""
    ] * 3
