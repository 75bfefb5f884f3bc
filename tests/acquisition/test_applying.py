"""From a batch to people and the lake: once, whole, and without what says who somebody is."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from guanxi.acquisition import operations as acquisition
from guanxi.acquisition.models import Batch, EventName, EventProperty, SeenIds, Source
from guanxi.acquisition.operations import cataloguing, seen
from guanxi.acquisition.queries import arrivals, sent_of
from guanxi.acquisition.rules.personal import looks_personal
from guanxi.audiences import queries as audiences
from guanxi.console.integrations import words
from guanxi.governance import queries
from guanxi.governance.models import Workspace
from guanxi.kit import clock, scrub
from guanxi.kit.personal import Who
from guanxi.people.models import Field, Identity, Merge, Pair, Person, Trait
from guanxi.people.rules import linking
from tests.acquisition.sending import applied, came, event, in_lake, refusals, sent, shop
from tests.conftest import forget_files, make_workspace


@pytest.fixture
def lumen(db: None) -> Iterator[Workspace]:
    seen._read.clear()
    workspace = make_workspace()
    with queries.entered(workspace):
        yield workspace
    forget_files()


@pytest.fixture
def now(lumen: Workspace) -> datetime:
    return clock.now()


def test_what_a_shop_sends_is_in_the_lake_under_the_people_of_its_ids(now: datetime) -> None:
    sent(shop(), [event(number) for number in range(14)])
    applied(now)
    rows = in_lake(now)
    assert Counter(row["name"] for row in rows) == {"track.product_viewed": 14}
    assert Counter(Counter(row["person"] for row in rows).values()) == {2: 7}
    assert {row["person"] for row in rows} == set(Person.objects.values_list("pk", flat=True))
    assert sorted(row["props"]["price"] for row in rows) == list(range(14))
    [batch] = Batch.objects.all()
    assert (batch.taken, batch.repeated, batch.refused, len(batch.people)) == (14, 0, 0, 7)


def test_a_batch_that_comes_twice_changes_nothing(now: datetime) -> None:
    key, told = shop(), [event(number) for number in range(20)]
    sent(key, told[:15])
    applied(now)
    sent(key, told)
    sent(key, told)
    applied(now)
    seen._read.clear()  # another worker, which has read nothing yet
    sent(key, told)
    applied(now)
    assert len(in_lake(now)) == 20
    assert sum(Batch.objects.values_list("repeated", flat=True)) == 15 + 20 + 20
    assert EventName.objects.get().count == 20
    assert Person.objects.count() == 7


def test_the_same_message_id_of_two_sources_is_two_events(now: datetime) -> None:
    sent(shop(), [event(1)])
    sent(shop(), [event(1)])
    applied(now)
    assert len(in_lake(now)) == 2


def test_seen_ids_stay_few_rows_and_know_all_of_them(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "SO_MANY", 4)
    for start in range(0, 100, 5):
        seen.note_seen(np.arange(start + 1, start + 6, dtype=np.uint64), now=now)
    assert SeenIds.objects.count() < 8
    asked = np.array([0, 1, 50, 100, 101], np.uint64)
    assert seen.known_among(asked).tolist() == [1, 50, 100]
    seen.forget_seen(now=now + timedelta(days=8))
    assert seen.known_among(asked).tolist() == []


def test_who_signs_in_is_the_visitor_of_before(now: datetime) -> None:
    Field.objects.create(key="city", label="City")
    who = {"type": "identify", "userId": "C-1", "anonymousId": "visitor-1", "messageId": "who"}
    traits = {"name": "李雷", "city": "上海", "shoeSize": 42, "email": "Lei@Example.Test"}
    sent(shop(), [event(1), who | {"traits": traits}, event(8, userId="C-1")])
    applied(now)
    [person] = Person.objects.filter(merged_into=None)
    assert [row["person"] for row in in_lake(now)] == [person.pk] * 2
    assert person.name == "李雷"
    assert sorted(Identity.objects.filter(person=person).values_list("kind", flat=True)) == [
        "cookie",
        "customer_number",
        "email",
    ]
    assert list(Trait.objects.values_list("field__key", "value")) == [("city", "上海")]
    learnt = EventProperty.objects.filter(event__key="identify").values_list("key", "kind")
    assert set(learnt) == {("name", "text"), ("city", "text"), ("shoe_size", "number"), ("email", "personal")}


PERSONAL = {
    "email": "a@example.test",
    "firstName": "Lei",
    "note": "call me: a.b@example.test",
    "url": "https://shop.example/?mail=a%40example.test",
    "phoneLike": "+86 138 0013 8000",
    "korea": "010-1234-5678",
    "number": 13800138000,
    "nested": {"deep": ["a@example.test"]},
    "hidden": {"email": "x"},
}
PLAIN = {"category": "tea", "sku": "1234567890123", "day": "2026-11-20", "at": "2026-11-20T10:00:00Z", "price": 129.5}


def seen_ago(now: datetime) -> list[timedelta]:
    """Of everybody who is somebody, in whole minutes."""
    people = Person.objects.filter(merged_into=None).order_by("pk")
    return [
        timedelta(minutes=round((now - one.last_seen_at).total_seconds() / 60)) for one in people if one.last_seen_at
    ]


def test_whoever_comes_again_is_seen_once_an_hour(now: datetime) -> None:
    key = shop()
    for number, (ago, seen_then) in enumerate([(300, 300), (250, 300), (400, 300), (30, 30)]):
        sent(key, [event(7, messageId=f"m{number}", timestamp=(now - timedelta(minutes=ago)).isoformat())])
        applied(now)
        assert seen_ago(now) == [timedelta(minutes=seen_then)]


def test_a_visitor_who_signs_in_was_seen_as_who_they_became(now: datetime) -> None:
    key = shop()
    early, late = ((now - timedelta(minutes=ago)).isoformat() for ago in (300, 20))
    sent(key, [event(1, messageId="a", userId="u", anonymousId=None, timestamp=early)])
    sent(key, [event(1, messageId="b", timestamp=late)])
    applied(now)
    assert seen_ago(now) == [timedelta(minutes=300), timedelta(minutes=20)]
    joined = {"type": "identify", "userId": "u", "anonymousId": "visitor-1", "messageId": "c", "timestamp": early}
    sent(key, [joined, event(1, messageId="d", timestamp=late)])
    applied(now)
    assert seen_ago(now) == [timedelta(minutes=20)]


def test_what_says_who_somebody_is_never_enters_the_lake(now: datetime) -> None:
    sent(shop(), [event(1, properties=PERSONAL | PLAIN)])
    applied(now)
    [row] = in_lake(now)
    assert row["props"] == PLAIN
    assert refusals() == []


@pytest.mark.parametrize("first", ["2026-11-20", "soon"])
def test_a_property_is_a_day_only_where_every_text_of_it_is_one(now: datetime, first: str) -> None:
    texts = [first, "2026-11-20", "soon", "2026-11-21"]
    told = [event(n, properties={"due": text}) for n, text in enumerate(texts)]
    sent(shop(), [*told, *(event(n, event="Booked", properties={"due": "2026-11-20"}) for n in range(10, 14))])
    applied(now)
    assert set(EventProperty.objects.values_list("event__key", "kind")) == {
        ("track.product_viewed", "text"),
        ("track.booked", "date"),
    }
    assert sorted(row["props"]["due"] for row in in_lake(now)) == sorted([*texts, *["2026-11-20"] * 4])


def ago(now: datetime, **when: float) -> str:
    return (now - timedelta(**when)).isoformat()


BAD: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "control characters": ({"userId": "a\u0000b"}, ("bad_id", "userId")),
    "an id turned around": ({"userId": "a\u202eb"}, ("bad_id", "userId")),
    "an id of 5,000 letters": ({"userId": "x" * 5000}, ("bad_id", "userId")),
    "an id that is a list": ({"userId": [1]}, ("bad_id", "userId")),
    "an id of nobody": ({"userId": "undefined"}, ("id_of_nobody", "userId")),
    "nobody at all": ({"anonymousId": None}, ("no_id", "")),
    "no name": ({"event": " "}, ("no_name", "")),
    "a name of 300 letters": ({"event": "x" * 300}, ("bad_name", "")),
    "a kind of its own": ({"type": "purchase"}, ("unknown_type", "")),
    "properties as text": ({"properties": "tea"}, ("bad_properties", "properties")),
    "300 properties": ({"properties": {f"p{n}": n for n in range(300)}}, ("too_many_properties", "")),
    "ten years old": ({"timestamp": "2016-11-25T10:00:00Z"}, ("too_old", "")),
    "of the year 2099": ({"timestamp": "2099-01-01T00:00:00Z"}, ("ahead", "")),
    "no time": ({"timestamp": "yesterday"}, ("bad_time", "")),
    "a time as a number": ({"timestamp": 1764000000}, ("bad_time", "")),
    "a clock of the year 1": (
        {"sentAt": "0001-01-01T00:00:00Z", "timestamp": "9999-12-31T00:00:00Z"},
        ("bad_time", ""),
    ),
    "33 KB": ({"properties": {"text": "x" * 33_000}}, ("too_large", "")),
    "a message id as a list": ({"messageId": []}, ("bad_message_id", "")),
}


def test_bad_events_are_refused_with_a_reason_and_touch_nothing_else(now: datetime) -> None:
    key = shop()
    sent(key, [event(0)] + [event(number, **more) for number, (more, _) in enumerate(BAD.values(), 1)])
    sent(key, [7, None, "x", event(1000)])  # type: ignore[list-item]
    applied(now)
    assert refusals() == [want for _, want in BAD.values()] + [("not_an_object", "")] * 3
    assert len(in_lake(now)) == 2
    assert list(Batch.objects.order_by("pk").values_list("taken", "refused")) == [(1, len(BAD)), (1, 3)]


ODD: tuple[dict[str, Any], ...] = (
    {"properties": {"a\u0000b": "x\u0000y", "\u202e": 1, "k" * 3_000: {"\u0000": ["\u0000"]}}},
    {"event": "Odd \ud800 name"},
    {"properties": {"\ud800": "\udfff", "": "", " ": None, "big": 10**400, "float": 1e308}},
    {"type": "identify", "traits": {"name": "\u202eWang\u0000\n Wei\u200b", "city": "a\u0000b", "\u0000": "x"}},
    {"type": "identify", "traits": {"name": "\ud800", "first_name": ["x"], "email": "\u0000@example.test"}},
    {"type": "identify", "traits": {"name": {"first": "x"}, "phone": 10**30}},
    {"type": "group", "groupId": "\u0000", "traits": {"name": "\u0000"}},
    {"type": "page", "name": "\u0000", "properties": {"title": "\u0000"}},
    {"type": "alias", "previousId": "\u0000", "userId": "\u0000"},
    {"messageId": "\u0000"},
    {"properties": {"revenue": "1e999999999", "currency": "CNY"}},
    {"context": "\u0000", "integrations": 7, "sentAt": "\u0000"},
)


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_odd_text_spoils_nothing_of_what_comes_with_it(now: datetime, odd: dict[str, Any]) -> None:
    Field.objects.create(key="city", label="City")
    assert came(json.dumps({"batch": [event(0), event(1, **odd), event(2)]}).encode()) == 200
    applied(now)
    [batch] = Batch.objects.all()
    assert batch.applied_at is not None and batch.taken >= 2
    assert batch.taken + batch.refused == 3
    assert not Person.objects.filter(name__regex="[\u202e\u200b\ud7ff]").exists()
    assert {row["props"].get("price") for row in in_lake(now)} >= {0, 2}


BAD_BYTES = {
    b'"caf\xe9"': "not_utf8",
    b"1e999": "bad_number",
    b"9" * 4_400: "bad_number",
}


@pytest.mark.parametrize(("value", "reason"), BAD_BYTES.items(), ids=range(3))
def test_a_value_that_cannot_be_read_costs_its_event_alone_and_is_named(
    now: datetime, value: bytes, reason: str
) -> None:
    before, good, after = (json.dumps(event(n)).encode() for n in range(3))
    bad = good.replace(b'"tea"', value)
    assert came(b'{"batch": [%s, %s, %s]}' % (before, bad, after)) == 200
    applied(now)
    assert refusals() == [(reason, "")]
    assert sorted(row["props"]["price"] for row in in_lake(now)) == [0, 2]
    [shown] = arrivals(Source.objects.get(), refused=True)
    assert (shown.name, shown.reason) == ("Product Viewed", reason)


def test_a_person_is_given_what_was_sent_without_the_key_that_sent_it(now: datetime) -> None:
    said = json.dumps(event(1, writeKey="wk_secret")).encode()
    assert (
        came(b'{"batch": [%s]}' % said.replace(b'"type"', b'"context": {"odd": "caf\xe9", "n": 1e999}, "type"')) == 200
    )
    applied(now)
    who = Who(people=tuple(Person.objects.values_list("pk", flat=True)), public_ids=(), addresses=tuple(ids_in_full()))
    [given] = sent_of(who)
    assert given["event"] == event(1, context={"odd": "caf\ufffd", "n": "1e999"}) | {
        "properties": {"category": "tea", "price": "1"}
    }


def ids_in_full() -> list[tuple[str, bytes]]:
    return [(one.kind, bytes(one.lookup)) for one in Identity.objects.all()]


@pytest.mark.parametrize("at", [b'"\xe9"', b"1e999", rb'"\ud83d"', b'"yesterday"'])
def test_when_it_was_sent_costs_no_event_though_nobody_can_read_it(now: datetime, at: bytes) -> None:
    told = json.dumps([event(0, timestamp=ago(now, hours=1)), event(1)]).encode()
    assert came(b'{"sentAt": %s, "batch": %s}' % (at, told)) == 200
    applied(now)
    assert refusals() == []
    assert len(in_lake(now)) == 2


@pytest.mark.parametrize("text", ["x" * 30_000 + "@", "%40" * 10_000, "a@b." * 7_000, "01-" * 10_000, "1 (" * 10_000])
def test_no_text_takes_long_to_look_through(text: str) -> None:
    """Ways of looking that start again at every letter take minutes for these."""
    started = time.process_time()
    looks_personal(text)
    scrub.scrubbed(text)
    assert time.process_time() - started < 2


def test_a_wrong_clock_is_put_right_by_when_the_device_says_it_sends(now: datetime) -> None:
    wall = clock.wall()
    told = event(1, timestamp=ago(wall, days=399, minutes=5), properties={})
    sent(shop(), [told], sentAt=ago(wall, days=399))
    applied(now)
    [row] = in_lake(now)
    assert abs(row["occurred_at"] - (wall - timedelta(minutes=5))) < timedelta(seconds=30)


def test_the_catalogue_takes_ten_thousand_names_and_no_more(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cataloguing, "EVENT_NAMES", 30)
    sent(shop(), [event(number, event=f"Event {number}") for number in range(100)])
    applied(now)
    assert EventName.objects.count() == 30
    assert refusals() == [("too_many_names", "")] * 70
    assert len(in_lake(now)) == 30


def test_a_flood_of_names_takes_the_room_of_nobody_who_came_before(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cataloguing, "EVENT_NAMES", 2)
    key = shop()
    sent(key, [event(0, event="Zebra"), *(event(n, event=f"Name {n}") for n in range(1, 4))])
    applied(now)
    assert set(EventName.objects.values_list("key", flat=True)) == {"track.zebra", "track.name_1"}
    who = {"userId": "C-1", "anonymousId": "visitor-0"}
    told = [{"type": "identify"}, {"type": "page"}, {"type": "group", "groupId": "g"}]
    sent(key, [who | one | {"messageId": one["type"]} for one in told])
    sent(key, [event(10, event="Zebra"), event(11, event="Name 11")])
    applied(now)
    assert refusals() == [("too_many_names", "")] * 3
    assert set(Identity.objects.filter(person__merged_into=None).values_list("kind", "plain")) >= {
        ("customer_number", "C-1")
    }
    assert EventName.objects.get(key="track.zebra").count == 2


def test_what_did_not_count_of_an_event_that_was_taken_is_told(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "IDS_A_PERSON", 3)
    Field.objects.create(key="points", label="Points", kind="number")
    key, who = shop(), {"type": "identify", "userId": "C-1"}
    sent(key, [who | {"anonymousId": f"v{n}"} for n in range(4)])
    sent(key, [event(1), who | {"traits": {"phone": "12", "email": "no", "points": "many", "city": ""}}])
    applied(now)
    assert refusals() == []
    told = [batch.remarks for batch in Batch.objects.order_by("pk")]
    assert told == [
        [[2, "too_many_ids", "cookie"], [3, "too_many_ids", "cookie"]],
        [[1, "bad_email", "email"], [1, "bad_phone", "phone"], [1, "not_number", "trait:points"]],
    ]
    shown = {one.left_out for one in arrivals(Source.objects.get())}
    assert shown == {(), (("too_many_ids", "cookie"),), tuple((why, what) for _, why, what in told[1])}


def test_an_id_that_joins_nobody_is_told_at_its_event(now: datetime) -> None:
    key, who = shop(), {"type": "identify"}
    known = [who | {"userId": f"C-{n}", "traits": {"email": f"p{n}@example.test"}} for n in (1, 2)]
    sent(key, [*known, who | {"userId": "C-1", "traits": {"email": "p2@example.test"}}])
    desk = [who | {"userId": f"D-{n}", "anonymousId": "desk"} for n in range(8)]
    sent(key, desk)
    applied(now)
    assert refusals() == []
    told = [batch.remarks for batch in Batch.objects.order_by("pk")]
    others = [[n, "of_somebody_else", "cookie"] for n in range(1, 6)]
    assert told == [[[2, "of_somebody_else", "email"]], [*others, *([n, "shared_id", "cookie"] for n in (6, 7))]]
    assert Person.objects.filter(merged_into=None).count() == 2 + 8
    assert [pair.evidence["conflict"] for pair in Pair.objects.all()] == [["customer_number"]]


def test_a_ring_of_aliases_joins_each_visitor_to_the_customer_it_names_and_nobody_else(now: datetime) -> None:
    ring = [("a", "b"), ("b", "c"), ("c", "a"), ("a", "a"), ("a", "c")]
    sent(shop(), [{"type": "alias", "previousId": old, "userId": new} for old, new in ring])
    applied(now)
    found = Identity.objects.filter(kind="customer_number").values_list("plain", "person__merged_into")
    assert sorted(found) == [("a", None), ("b", None), ("c", None)]
    assert refusals() == []
    assert [batch.remarks for batch in Batch.objects.all()] == [
        [
            *([n, "never_joined", "customer_number"] for n in range(3)),
            [3, "of_somebody_else", "cookie"],
            *([4, why, what] for why, what in (("never_joined", "customer_number"), ("of_somebody_else", "cookie"))),
        ]
    ]


def test_an_alias_that_would_join_two_customers_says_that_it_joined_none(now: datetime) -> None:
    key = shop()
    sent(key, [event(0, userId="C-1"), event(1, userId="C-2")])
    alias = {"type": "alias", "userId": "C-2"}
    sent(key, [alias | {"previousId": "C-1"}, alias | {"previousId": "visitor"}, event(2, event="alias")])
    applied(now)
    told = [one.left_out for one in reversed(arrivals(Source.objects.get())[:3])]
    assert told == [(("never_joined", "customer_number"),), (), ()]
    assert "never joins two customers" in words.arrival(arrivals(Source.objects.get())[2])[4]


def test_thousands_of_refusals_are_counted_and_the_last_are_kept(now: datetime) -> None:
    sent(shop(), [7] * 3_000)  # type: ignore[list-item]
    applied(now)
    [batch] = Batch.objects.all()
    assert (batch.refused, len(batch.refusals), batch.refusals[-1]) == (3_000, 1_000, [2_999, "not_an_object", ""])
    assert {one.reason for one in arrivals(batch.source, refused=True)} == {"not_an_object"}


def test_a_blocked_event_is_refused_until_it_is_let_in_again(now: datetime) -> None:
    key = shop()
    sent(key, [event(1)])
    applied(now)
    name = EventName.objects.get()
    for blocked, number in ((True, 2), (False, 3)):
        acquisition.block_event(event=name, blocked=blocked, by=None, now=now)
        sent(key, [event(number)])
        applied(now)
    assert (refusals(), len(in_lake(now)), EventName.objects.get().count) == ([("blocked", "")], 2, 2)


def test_an_event_cannot_pass_for_a_fact_of_ours(now: datetime) -> None:
    sent(shop(), [event(1, event="order.paid"), event(2, event="商品浏览"), event(3, event="Проверка")])
    applied(now)
    names = {row["name"] for row in in_lake(now)}
    assert "track.order_paid" in names
    assert len(names) == 3
    assert all(name.startswith("track.") for name in names)


def test_a_batch_that_cannot_be_applied_is_set_aside_and_holds_up_nobody(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = shop()
    for number in range(3):
        sent(key, [event(number)])
    bad = Batch.objects.order_by("pk")[1].pk
    read = acquisition.applying._Turn._read

    def breaks(turn: Any) -> None:
        if any(batch.pk == bad for batch in turn.batches):
            raise RuntimeError
        read(turn)

    monkeypatch.setattr(acquisition.applying._Turn, "_read", breaks)
    for _ in range(12):
        try:
            acquisition.lane(now=now)
        except RuntimeError:
            continue
    assert list(Batch.objects.order_by("pk").values_list("taken", "refused")) == [(1, 0), (0, 1), (1, 0)]
    assert len(in_lake(now)) == 2


def test_after_thirty_days_the_lake_alone_holds_it(now: datetime) -> None:
    sent(shop(), [event(1)])
    applied(now)
    assert len(in_lake(now)) == 1
    Batch.objects.update(received_at=now - timedelta(days=31))
    acquisition.forget(now=now + timedelta(days=31))
    assert not Batch.objects.exists()
    assert len(in_lake(now)) == 1


def test_an_audience_asks_for_what_a_shop_sent(now: datetime) -> None:
    sent(shop(), [event(number) for number in range(14)])
    applied(now)
    in_lake(now)
    rule = {
        "version": 1,
        "where": {
            "type": "did",
            "event": "event:track.product_viewed",
            "where": [
                {"type": "prop", "prop": "prop:category", "op": "is", "value": "tea"},
                {"type": "prop", "prop": "prop:price", "op": "gte", "value": 10},
            ],
        },
    }
    assert audiences.count(rule, now=now) == 4


def test_without_a_message_id_what_says_its_time_is_known_by_its_content(now: datetime) -> None:
    key, at = shop(), ago(clock.wall(), minutes=3)
    timed, plain = event(1, messageId=None, timestamp=at), event(2, messageId=None)
    sent(key, [timed, plain, timed])
    sent(key, [timed, plain])
    sent(key, [timed | {"timestamp": ago(clock.wall(), minutes=2)}])
    applied(now)
    assert len(in_lake(now)) == 1 + 2 + 1
    assert sum(Batch.objects.values_list("repeated", flat=True)) == 2


def test_revenue_becomes_money_that_audiences_sum(now: datetime) -> None:
    paid = {"revenue": 60.5, "currency": "CNY"}
    told = [
        event(1, properties=paid),
        event(8, properties=paid),
        event(2, properties=paid | {"currency": "USD"}),
        event(3, properties=paid | {"currency": "XXQ"}),
    ]
    sent(shop(), told)
    applied(now)
    money = sorted((row["amount_minor"], row["currency"]) for row in in_lake(now) if row["currency"])
    assert money == [(6050, "CNY"), (6050, "CNY"), (6050, "USD")]
    assert (refusals(), Batch.objects.get().taken) == ([], 4)
    spent = {
        "type": "did",
        "event": "event:track.product_viewed",
        "having": [{"type": "sum", "of": "amount", "at_least": 12_100}],
    }
    assert audiences.count({"version": 1, "where": spent}, now=now) == 1


def test_a_merge_and_a_doubt_keep_who_sent_the_event_and_what_it_is_called(now: datetime) -> None:
    keys, mail = [shop() for _ in range(3)], {"traits": {"email": "lin@example.test"}}
    sent(keys[0], [{"type": "identify", "userId": "C-1"}, {"type": "identify", "anonymousId": "v-1", **mail}])
    applied(now)
    sent(keys[1], [{"type": "identify", "userId": "C-1", **mail}])
    sent(keys[2], [{"type": "identify", "userId": "C-2", **mail}])
    applied(now)
    senders = list(Source.objects.order_by("pk").values_list("public_id", flat=True))
    assert list(Merge.objects.values_list("sender", "said")) == [(senders[1], "identify")]
    because = Pair.objects.get().evidence["because"]
    assert (because["sender"], because["said"], because["kind"]) == (senders[2], "identify", "email")
