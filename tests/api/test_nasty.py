"""Two hundred requests that no program should send: each is answered 4xx with what to do, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from guanxi.api.problems import CODES
from guanxi.governance.models import ApiKey
from tests.api.callers import key_of
from tests.api.test_access import rows
from tests.api.worlds import World

STRANGE: list[Any] = [
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    1e308,
    "",
    " ",
    "x" * 5_000,
    "a\nb",
    "\u202eabc\u0007",
    "\ufffe",
    [],
    [[]],
    {},
    {"a": {"b": [1]}},
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2026-12-01T10:00:00",
]
# method, path, body with the field that gets each strange value, and those strange values that are right there.
FIELDS: list[tuple[str, str, dict[str, Any], str, list[Any]]] = [
    ("POST", "/people", {"name": "Lin"}, "country", [""]),
    ("POST", "/people", {"name": "Lin"}, "email", [None, ""]),
    ("POST", "/people", {"name": "Lin"}, "traits", [{}]),
    ("POST", "/bulks", {"act": "owner", "people": ["psn_x"]}, "owner", [None]),
    ("POST", "/audiences", {"name": "A"}, "rule", []),
    ("POST", "/broadcasts", {"name": "A"}, "hold_out_percent", [0]),
    ("POST", "/broadcasts", {"name": "A"}, "scheduled_at", [None]),
    ("POST", "/webhooks", {"url": "https://shop.example.test/h"}, "events", []),
    ("PUT", "/cap", {"days": 7}, "most", [0]),
    ("PUT", "/people/{person}/role", {"role": "leader"}, "expires_at", [None]),
    ("PATCH", "/workspace", {}, "timezone", [None]),
]
WAYS: list[tuple[str, str, bytes, dict[str, str]]] = [
    ("POST", "/people", b"", {}),
    ("POST", "/people", b"null", {}),
    ("POST", "/people", b"[]", {}),
    ("POST", "/people", b'"Lin"', {}),
    ("POST", "/people", b"\xff\xfe", {}),
    ("POST", "/people", b'\xef\xbb\xbf{"name": "Lin"}', {}),
    ("POST", "/people", '{"name": "Lin"}'.encode("utf-16"), {}),
    ("POST", "/people", b'{"name": "a", "name": "b"}', {}),
    ("POST", "/people", b'{"traits": {"a": Infinity}}', {}),
    ("POST", "/people", b'{"name": "Lin",}', {}),
    ("POST", "/people", b"[" * 100_000, {}),
    ("POST", "/people", b'{"traits":' * 70 + b"1" + b"}" * 70, {}),
    ("POST", "/people", b'{"name": ' + b"9" * 5_000 + b"}", {}),
    ("POST", "/people", b" " * (1024 * 1024 + 1), {}),
    ("POST", "/people", b"name=Lin", {"Content-Type": "application/x-www-form-urlencoded"}),
    ("POST", "/people", b'{"name": "Lin"}', {"Content-Type": "text/plain"}),
    ("POST", "/people", b'{"name": "Lin"}', {"Content-Type": "application/json; charset=latin-1"}),
    ("POST", "/people", b'{"name": "Lin"}', {"Content-Type": "multipart/form-data; boundary=x"}),
    ("POST", "/imports", b'{"kind": "people"}', {}),
    ("POST", "/imports", b"--x", {"Content-Type": "multipart/form-data"}),
    ("POST", "/imports", b"--x--", {"Content-Type": "multipart/form-data; boundary=x"}),
    ("POST", "/imports", b"--x\r\n\r\n", {"Content-Type": "multipart/form-data; boundary=" + "y" * 300}),
    ("PATCH", "/people/{person}", b"{}", {"If-Match": "W/garbage"}),
    ("PATCH", "/people/{person}", b"{}", {"If-Match": '"' + "0" * 32 + '"'}),
    ("PATCH", "/people/{person}", b"{}", {"If-Match": "x" * 5_000}),
    ("PATCH", "/people/{person}", b"{}", {"If-Match": ""}),
    ("POST", "/people", b'{"name": "Lin"}', {"Idempotency-Key": ""}),
    ("POST", "/people", b'{"name": "Lin"}', {"Idempotency-Key": "a b"}),
    ("POST", "/people", b'{"name": "Lin"}', {"Idempotency-Key": "x" * 201}),
    ("TRACE", "/people", b"", {}),
    ("MKCOL", "/people", b"", {}),
    ("PUT", "/people/{person}", b"{}", {}),
    ("DELETE", "/people", b"", {}),
]
# `limit=` with nothing is left out: it is another way to say that none is given.
LISTS = ["/people", "/imports", "/audiences", "/contents", "/broadcasts", "/audit-entries", "/suppressions", "/notices"]
QUERIES = [
    "limit=0",
    "limit=-1",
    "limit=201",
    "limit=1e3",
    "limit=" + "9" * 400,
    "limit=١",
    "limit=1&limit=x",
    "after=" + "a" * 401,
    "after=!!!",
    "after=%00",
    "after=%ff",
    "after=' OR 1=1 --",
    "after=psn_../../etc",
    "colour=red",
    "limit[]=1",
    "%00=1",
]
PATHS = [
    "/people?seen_to=0",
    "/people?added_from=20261201",
    "/people?added_from=1764547200",
    "/people/psn_00000000000000000000000000",
    "/people/%00",
    "/people/..%2f..%2fetc",
    "/people/" + "x" * 3_000,
    "/people/1",
    "/people/psn_💥",
    "/people/{person}/notes/1",
    "/bulks/blk_1' OR '1'='1",
    "/erasures/{person}",
    "/no-such-thing",
    "/people/",
    "//people",
]


def requests(world: World) -> Iterator[tuple[str, str, bytes | None, dict[str, str]]]:
    for method, path, body, field, right in FIELDS:
        for value in STRANGE:
            if not any(value is one or (value == one and type(value) is type(one)) for one in right):
                yield method, path, json.dumps(body | {field: value}).encode(), {}
    yield from WAYS
    for path in LISTS:
        for query in QUERIES:
            yield "GET", f"{path}?{query}", None, {}
    for path in PATHS:
        yield "GET", path, None, {}


@pytest.mark.filterwarnings("ignore")
def test_what_no_program_should_send_is_refused_clearly_and_changes_nothing(world: World) -> None:
    _key, calls = key_of(world.boss)
    before, wrong, asked = rows(), [], 0
    for method, path, body, headers in requests(world):
        ApiKey.objects.update(busy_until=None)
        address = "/api/v1" + path.replace("{person}", world.ids["psn_01kb0w8m3x7q2v9d5r1t4n6c8h"])
        sent = {"Authorization": f"Bearer {calls.secret}"} | headers
        kind = sent.pop("Content-Type", "application/json")
        answer = calls.client.generic(method, address, body or b"", content_type=kind, headers=sent)
        asked += 1
        told = answer.headers["Content-Type"] == "application/problem+json" and json.loads(answer.content)
        if not (400 <= answer.status_code < 500 and told and told["code"] in CODES and len(told["detail"]) > 10):
            wrong.append((answer.status_code, method, address[:120], (body or b"")[:80], headers, answer.content[:200]))
    assert wrong == []
    assert asked > 200
    assert rows() == before
