"""Usual events are read without an object each: what comes of it is the same as one by one."""

from __future__ import annotations

import json
import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from guanxi.acquisition.rules import BATCH, Heard, Unusable, mended, read, unpacked
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
    body = mended(json.dumps({"batch": told} | more).encode())
    assert at_once(body) == one_by_one(body)


HALVES = {
    rb"a\ud83db": rb"a\ufffdb",
    rb"\uD83D\ud83d\ude00\uDE00": rb"\ufffd\ud83d\ude00\ufffd",
    rb"\\ud83d \\\ud83d \n\"\u00e9\ud7ff\ue000": rb"\\ud83d \\\ufffd \n\"\u00e9\ud7ff\ue000",
    rb"\u0000\\u0000": rb"\ufffd\\u0000",
    rb"\ud8": rb"\ud8",
    b"\\": b"\\",
}


@pytest.mark.parametrize(("text", "whole"), HALVES.items(), ids=range(len(HALVES)))
def test_half_characters_and_nul_alone_are_replaced(text: bytes, whole: bytes) -> None:
    assert mended(text) == whole


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b" 7", "not_an_object"),
        (b"[1e999]", "not_an_object"),
        (b' {"userId": 1e999}', "bad_number"),
        (b'{"userId": "\xe9"}', "not_utf8"),
        (b'{"userId": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", "too_deep"),
    ],
    ids=range(5),
)
def test_what_cannot_be_read_is_refused_for_what_it_is(raw: bytes, reason: str) -> None:
    with pytest.raises(Unusable) as refused:
        read(msgspec.Raw(raw), call=BATCH, sent_at=None, received_at=NOW)
    assert refused.value.reason == reason


@pytest.mark.parametrize("text", [rb"\n" * 250_000, rb"\ud83d" * 80_000, rb"\ud8" * 125_000, rb"\n\ud83d" * 60_000])
def test_half_a_megabyte_of_escapes_is_soon_mended(text: bytes) -> None:
    start = time.perf_counter()
    mended(text)
    assert time.perf_counter() - start < 2


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
