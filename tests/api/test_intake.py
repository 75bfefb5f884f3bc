"""The door for events: who gets in, what fits, and that nothing is answered before it is kept."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from threading import Event
from typing import Any

import msgspec
import pytest
from django.test import Client

from guanxi.acquisition import operations as acquisition
from guanxi.acquisition import queries as queries_of_intake
from guanxi.acquisition.models import Batch, Source, SourceKind
from guanxi.acquisition.operations import taking, turning_away
from guanxi.acquisition.queries import opened
from guanxi.acquisition.rules import limits
from guanxi.api import intake
from guanxi.governance import queries
from guanxi.governance.models import Workspace
from guanxi.kit import clock
from tests.conftest import make_workspace

EVENT = {"type": "track", "event": "Product Viewed", "anonymousId": "a-1", "messageId": "m-1"}
SITE = "https://shop.example"


@pytest.fixture
def lumen(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setattr(turning_away, "SECONDS", 600.0)  # no thread writes while a test is at work
    turning_away._waiting.clear()
    intake._known.clear()
    taking._rooms.clear()
    workspace = make_workspace()
    with queries.entered(workspace):
        yield workspace


@pytest.fixture
def key(lumen: Workspace) -> str:
    return made("Shop").key


def made(name: str, *origins: str) -> acquisition.MadeSource:
    kind = SourceKind.BROWSER if origins else SourceKind.SERVER
    return acquisition.make_source(name=name, kind=kind, origins=origins, by=None, now=clock.wall())


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def send(body: Any, key: str = "", call: str = "batch", **headers: Any) -> Any:
    given = {"authorization": basic(key)} | headers if key else headers
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client().post(f"/v1/{call}", raw, content_type="application/json", headers=given)


def kept() -> list[tuple[str, Any]]:
    return [(row.call, json.loads(opened(row))) for row in Batch.objects.order_by("pk")]


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_what_is_answered_with_success_is_kept_sealed(key: str) -> None:
    body = {"batch": [EVENT], "sentAt": "2026-11-21T04:00:00Z"}
    answer = send(body, key)
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert kept() == [("batch", body)]
    assert b"Product" not in bytes(Batch.objects.get().body or b"")


@pytest.mark.parametrize(("call", "named"), [("track", "track"), ("t", "track"), ("p", "page"), ("alias", "alias")])
def test_one_event_comes_alone_by_its_own_address(key: str, call: str, named: str) -> None:
    assert send(EVENT, key, call).status_code == 200
    assert kept() == [(named, EVENT)]


def test_gzip_and_a_key_in_the_body_are_understood(key: str) -> None:
    body = {"batch": [EVENT] * 50, "writeKey": key}
    packed = gzip.compress(json.dumps(body).encode())
    assert send(packed, **{"content-encoding": "gzip"}).status_code == 200
    assert kept() == [("batch", body)]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("call", ["batch", "track"])
def test_half_a_character_costs_nothing_that_comes_with_it(key: str, call: str, packed: bool) -> None:
    half = {"\ud83d": "a\ude00b", "whole": "\U0001f600", "escaped": "\\ud83d"}
    odd = EVENT | {"anonymousId": "\ud83d", "properties": half, "sentAt": "\ud83d"}
    mended = EVENT | {
        "anonymousId": "\ufffd",
        "properties": {"\ufffd": "a\ufffdb", "whole": "\U0001f600", "escaped": "\\ud83d"},
        "sentAt": "\ufffd",
    }
    body = {"batch": [EVENT, odd], "sentAt": "\ud83d"} if call == "batch" else odd
    raw = json.dumps(body).encode()
    headers = {"content-encoding": "gzip"} if packed else {}
    assert send(gzip.compress(raw) if packed else raw, key, call, **headers).status_code == 200
    assert kept() == [(call, {"batch": [EVENT, mended], "sentAt": "\ufffd"} if call == "batch" else mended)]


@pytest.mark.parametrize(
    ("body", "headers", "want"),
    [
        (b"{", {}, (400, "bad_json")),
        (b"\xff", {}, (400, "bad_json")),
        (b'{"batch": [], "writeKey": "\xff"}', {}, (400, "bad_json")),
        (rb'{"batch": ["\ud83d"', {}, (400, "bad_json")),
        (b"[]", {}, (400, "no_batch")),
        ({"batch": 7}, {}, (400, "no_batch")),
        ({"events": []}, {}, (400, "no_batch")),
        (b"[" * 100_000, {}, (400, "no_batch")),
        (b'{"batch":' + b"[" * 100_000, {}, (400, "bad_json")),
        (b" " * (500 * 1024 + 1), {}, (413, "too_large")),
        (gzip.compress(b" " * 50_000_000), {"content-encoding": "gzip"}, (413, "too_large")),
        (b"no gzip", {"content-encoding": "gzip"}, (400, "bad_gzip")),
        (gzip.compress(b"{}")[:-3], {"content-encoding": "gzip"}, (400, "bad_gzip")),
    ],
    ids=range(13),
)
def test_what_does_not_fit_is_refused_with_a_word_and_leaves_nothing(
    key: str, body: Any, headers: dict[str, str], want: tuple[int, str]
) -> None:
    answer = send(body, key, **headers)
    assert refusal(answer) == want
    assert len(answer.json()["message"]) > 20
    assert kept() == []


def test_only_a_key_that_works_gets_in(lumen: Workspace) -> None:
    one, body = made("Shop"), {"batch": [EVENT]}
    assert refusal(send(body)) == (401, "no_key")
    assert refusal(send(body, "wk_" + "x" * 43)) == (401, "bad_key")
    assert refusal(send(body, authorization="Basic nonsense")) == (401, "no_key")
    assert send(body, one.key).status_code == 200
    renewed = acquisition.rotate_key(source=one.source, by=None, now=clock.wall())
    assert [send(body, each).status_code for each in (one.key, renewed)] == [200, 200]
    Source.objects.update(old_until=clock.wall() - timedelta(seconds=1))
    assert refusal(send(body, one.key)) == (401, "bad_key")
    assert send(body, renewed).status_code == 200
    acquisition.stop_source(source=one.source, by=None, now=clock.wall())
    assert refusal(send(body, renewed)) == (401, "bad_key")
    assert len(kept()) == 4
    turning_away.write_waiting()
    told = [(each.code, each.count) for each in queries_of_intake.turned_away(one.source)]
    assert told == [("bad_key", 2)], "of keys that never were, nobody is told"


def test_the_key_of_one_workspace_writes_into_no_other(lumen: Workspace) -> None:
    other = make_workspace("other")
    with queries.entered(other):
        theirs = made("Theirs")
    assert send({"batch": [EVENT]}, theirs.key).status_code == 200
    assert kept() == []
    with queries.entered(other):
        assert len(kept()) == 1


def test_pages_send_from_the_addresses_of_their_source_only(lumen: Workspace) -> None:
    site, server = made("Site", SITE), made("Server")
    body = {"batch": [EVENT]}
    answer = send(body, site.key, origin=SITE)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert refusal(send(body, site.key, origin="https://evil.example")) == (403, "bad_origin")
    assert refusal(send(body, site.key, origin="null")) == (403, "bad_origin")
    assert refusal(send(body, server.key, origin=SITE)) == (403, "bad_origin")
    asked = Client().options("/v1/batch", headers={"origin": SITE, "access-control-request-method": "POST"})
    assert (asked.status_code, asked.headers["Access-Control-Allow-Methods"]) == (204, "POST")
    assert len(kept()) == 1


def test_a_write_key_reads_nothing(key: str, lumen: Workspace) -> None:
    for path in ("/api/v1/people", f"/w/{lumen.slug}/people", "/v1/batch"):
        answer = Client().get(path, headers={"authorization": basic(key)})
        assert answer.status_code in (302, 401, 405)
    assert Client().get("/api/v1/people", headers={"authorization": f"Bearer {key}"}).status_code == 401


def test_the_settings_lead_the_browser_package_back_here(key: str) -> None:
    answer = Client().get(f"/v1/projects/{key}/settings", headers={"origin": SITE, "host": "127.0.0.1:8000"})
    assert answer.json()["integrations"]["Segment.io"] == {
        "apiKey": key,
        "apiHost": "127.0.0.1:8000/v1",
        "protocol": "http",
    }
    strange = Client().get(f"/v1/projects/{key}/settings", headers={"host": "evil.example"})
    assert b"evil" not in strange.content, "nobody is told to send to a place that is not ours"
    assert Client().get("/v1/projects/wk_unknown/settings").status_code == 404


def test_one_request_is_one_statement(key: str, django_assert_num_queries: Any) -> None:
    body = {"batch": [EVENT] * 300}
    send(body, key)
    with django_assert_num_queries(0):  # the driver's own statement is not counted: nothing else may be asked
        assert send(body, key).status_code == 200
    assert msgspec.json.decode(send(body, key).content) == {"success": True}


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        (["https://Shop.Example:443/path"], ""),
        (["shop.example"], "bad_origin"),
        (["https://*.example"], "bad_origin"),
        (["javascript:alert(1)"], "bad_origin"),
        ([], "no_origin"),
        ([f"https://s{n}.example" for n in range(51)], "too_many_origins"),
    ],
)
def test_the_pages_of_a_source_are_origins(lumen: Workspace, given: list[str], refused: str) -> None:
    if refused:
        with pytest.raises(acquisition.SourceRefused, match=refused):
            acquisition.make_source(name="S", kind=SourceKind.BROWSER, origins=given, by=None, now=clock.wall())
        assert not Source.objects.exists()
    else:
        acquisition.make_source(name="S", kind=SourceKind.BROWSER, origins=given, by=None, now=clock.wall())
        assert Source.objects.get().origins == [SITE]


def test_the_script_for_websites_is_small_and_is_the_one_that_pages_pin(lumen: Workspace) -> None:
    answer = Client().get("/v1/guanxi-1.js", headers={"origin": SITE})
    digest = base64.b64encode(hashlib.sha384(answer.content).digest()).decode()
    assert f'integrity="sha384-{digest}"' in queries_of_intake.web_snippet("https://crm.example", "wk_x")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    assert len(gzip.compress(answer.content, 9)) < 4096


@pytest.mark.parametrize(
    ("limit", "most", "answered"),
    [
        ("WAITING_OF_A_SOURCE", 2, (429, "too_much_waits")),
        ("WAITING_IN_ALL", 2, (503, "no_room")),
        ("WAITING_BYTES", 150, (503, "no_room")),
        ("LEAST_FREE_BYTES", 2**62, (503, "no_room")),
    ],
)
def test_when_too_much_waits_senders_are_told_to_come_again(
    key: str, monkeypatch: pytest.MonkeyPatch, limit: str, most: int, answered: tuple[int, str]
) -> None:
    monkeypatch.setattr(taking, "LOOKED_FOR", -1.0)
    for number in range(2):
        assert send({"batch": [EVENT | {"messageId": str(number)}]}, key).status_code == 200
    monkeypatch.setattr(limits, limit, most)
    refused = send({"batch": [EVENT]}, key)
    assert (refusal(refused), refused.headers["Retry-After"], Batch.objects.count()) == (answered, "60", 2)
    while limit.startswith("WAITING") and acquisition.lane(now=clock.now()):
        pass
    if limit.startswith("WAITING"):
        assert send({"batch": [EVENT]}, key).status_code == 200  # there is room again


def test_what_is_refused_whole_is_counted_on_the_page_of_its_source(key: str) -> None:
    strangers = made("Site", SITE).key
    assert refusal(send(b"{", key)) == (400, "bad_json")
    assert refusal(send(b"x" * (queries_of_intake.BODY_BYTES + 1), key)) == (413, "too_large")
    assert refusal(send({"batch": [EVENT], "writeKey": strangers}, origin="https://elsewhere.example")) == (
        403,
        "bad_origin",
    )
    for body in ({}, {"batch": 5}):
        assert refusal(send(body | {"writeKey": strangers})) == (400, "no_batch")
        assert refusal(send(body | {"writeKey": [1]})) == (400, "no_batch")
    assert refusal(send([1])) == (400, "no_batch")
    assert refusal(send(b"{", "wk_unknown")) == (400, "bad_json")
    turning_away.write_waiting()
    shop, site = Source.objects.order_by("pk")
    found = [{(one.code, one.count) for one in queries_of_intake.turned_away(each)} for each in (shop, site)]
    assert found == [{("bad_json", 1), ("too_large", 1)}, {("bad_origin", 1), ("no_batch", 2)}]


def test_a_key_that_stands_only_in_a_body_that_cannot_be_read_names_its_source(lumen: Workspace) -> None:
    one, other = made("Shop").key, made("Other").key
    large = ['{"batch": [', "x" * (queries_of_intake.BODY_BYTES + 1), '], "writeKey": "', one, '"}']
    packed = {"content-encoding": "gzip"}
    cut = gzip.compress(json.dumps({"writeKey": one, "batch": list(range(9_000))}).encode())
    for body, headers, code in (
        ("".join(large).encode(), {}, "too_large"),
        (gzip.compress("".join([*large[2:], *large[:2]]).encode()), packed, "too_large"),
        (f'{{"writeKey" : "{one}", "batch": ['.encode(), {}, "bad_json"),
        (json.dumps([{"writeKey": one}]).encode(), {}, "no_batch"),
        (json.dumps({"writeKey": one, "batch": []}).encode(), packed, "bad_gzip"),
        (cut[: len(cut) // 2], packed, "bad_gzip"),
        (f'{{"writeKey": "{one}", "as": {{"writeKey": "{other}"}}, "batch": ['.encode(), {}, "bad_json"),
    ):
        assert refusal(send(body, **headers))[1] == code
    turning_away.write_waiting()
    shop, site = Source.objects.order_by("pk")
    counted = {each.code: each.count for each in queries_of_intake.turned_away(shop)}
    assert counted == {"too_large": 2, "bad_json": 1, "no_batch": 1, "bad_gzip": 2}
    assert queries_of_intake.turned_away(site) == [], "which of two keys was meant, nobody knows"


def test_a_key_is_found_wherever_a_body_is_cut_into_parts() -> None:
    key = "wk_" + "aB-_" * 10 + "xyz"
    body = f'{{"batch": [], "writeKey" :\n "{key}", "sentAt": "{"x" * 90}"}}'.encode()
    assert {queries_of_intake.key_in([body[:at], body[at:]]) for at in range(len(body))} == {key}
    assert queries_of_intake.key_in(body[at : at + 1] for at in range(len(body))) == key
    assert queries_of_intake.key_in([body, b'"writeKey":"wk_' + b"0" * 43 + b'"']) == ""


def test_a_flood_of_refusals_is_counted_with_few_writes(key: str, django_assert_num_queries: Any) -> None:
    send(b"{", key)
    with django_assert_num_queries(0):
        for _ in range(20):
            send(b"{", key)
    turning_away.write_waiting()
    turning_away.write_waiting()
    [one] = queries_of_intake.turned_away(Source.objects.get())
    assert one.count == 21


def test_what_is_refused_last_of_a_flood_is_written_soon_and_without_another(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Event()
    monkeypatch.setattr(turning_away, "write_waiting", written.set)
    send(b"{", key)
    monkeypatch.setattr(turning_away, "SECONDS", 0.01)
    assert not written.is_set()
    send(b"{", key)
    assert written.wait(10)
