"""Random rules and random worlds that have something to do with each other."""

import json
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from hypothesis import strategies as st

from guanxi.audiences.rules import LEVELS, Catalogue, Event, Named, Other, Property, TieKind, Trait, local_midnight
from tests.audiences.reference import Bonded, Happened, Person, Tied, World

NOW = datetime(2026, 11, 3, 4, 30, tzinfo=UTC)
ZONES = ["UTC", "Asia/Shanghai", "America/New_York", "America/Sao_Paulo", "Pacific/Kiritimati", "Asia/Kathmandu"]

CATALOGUE = Catalogue(
    traits={
        "city": Trait("text", "City"),
        "age": Trait("number", "Age"),
        "born": Trait("date", "Birthday"),
        "newsletter": Trait("flag", "Newsletter"),
        "country": Trait("text", "Country", column="country"),
    },
    events={
        "product.bought": Event(
            {"department": Property("text", "Department"), "quantity": Property("number"), "gift": Property("flag")},
            "Bought",
            amount=True,
        ),
        "message.opened": Event({"channel": Property("text", column="channel"), "due": Property("date")}),
        "coupon.redeemed": Event(),
    },
    currency="CNY",
    audiences={
        "aud_alias": Other("Shoppers", {"version": 1, "where": {"type": "audience", "audience": "aud_buyers"}}),
        "aud_again": Other("Again", {"version": 1, "where": {"type": "audience", "audience": "aud_alias"}}),
        "aud_others": Other(
            "The others", {"version": 1, "where": {"type": "not", "not": {"type": "audience", "audience": "aud_alias"}}}
        ),
        "aud_buyers": Other("Buyers", {"version": 1, "where": {"type": "did", "event": "event:product.bought"}}),
        "aud_quiet": Other(
            "Quiet",
            {
                "version": 1,
                "where": {
                    "type": "any",
                    "any": [
                        {"type": "not", "not": {"type": "audience", "audience": "aud_buyers"}},
                        {"type": "level", "levels": ["visitor", "fan"]},
                    ],
                },
            },
        ),
    },
    tags={"tag_a": Named("Skin: dry", (1,)), "tag_b": Named("Skin: oily", (2,))},
    ties={
        "friend": {"stf_a": Named("Lin", (1,), "advisor"), "unt_a": Named("North", (7, 8), "unit")},
        "follow": {"acc_a": Named("Lumen", (4,), "account")},
        "group": {"grp_a": Named("VIP", (5,), "group")},
        "referral": {},
    },
    channels={"email": "E-mail", "sms": "SMS"},
)

TEXTS = ["", "D1", "D2", "1", "上海", 'O\'Brien \\ "x"', "50%", "_", "a; DROP TABLE people --", "true"]
NUMBERS: list[int | float] = [0, 1, 2, -3, 1.5, 2**53]
DAYS = ["1990-02-28", "2000-01-01", "2000-02-29", "1985-11-09", "2026-11-02", "2026-11-03"]
DIRTY: list[Any] = ["2026-02-30", "26-1-1", " 1", "1", "NaN", 1, True, None, [1], {"a": "D1"}, "x" * 30]
DOCUMENTS = ["not json", "[]", '"text"', "", '{"city": "D1"', '{"department": "\\u0044\\u0031", "age": 1e0}']

VALUES: dict[str, list[Any]] = {"text": TEXTS, "number": NUMBERS, "flag": [True, False], "date": DAYS}
ORDERED = ["gt", "gte", "lt", "lte"]


def tests_of(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    value = st.sampled_from(VALUES[kind])
    forms = [
        st.fixed_dictionaries({"op": st.sampled_from(["is", "is_not"]), "value": value}),
        st.fixed_dictionaries({"op": st.sampled_from(["is_set", "is_not_set"])}),
    ]
    if kind != "flag":
        forms.append(
            st.fixed_dictionaries({"op": st.sampled_from(["in", "not_in"]), "value": st.lists(value, min_size=1)})
        )
    if kind in ("number", "date"):
        forms.append(st.fixed_dictionaries({"op": st.sampled_from(ORDERED), "value": value}))
        pair = st.lists(value, min_size=2, max_size=2).map(sorted)
        forms.append(st.fixed_dictionaries({"op": st.just("between"), "value": pair}))
    if kind == "text":
        parts = st.sampled_from([text for text in TEXTS if text])
        forms.append(st.fixed_dictionaries({"op": st.just("contains"), "value": parts}))
    return st.one_of(forms)


def traits() -> st.SearchStrategy[dict[str, Any]]:
    def clause(name: str) -> st.SearchStrategy[dict[str, Any]]:
        kind = CATALOGUE.traits[name].kind
        return tests_of(kind).map(lambda test: {"type": "trait", "trait": f"trait:{name}", **test})

    return st.sampled_from(sorted(CATALOGUE.traits)).flatmap(clause)


def years() -> st.SearchStrategy[dict[str, Any]]:
    falls = st.one_of(
        st.sampled_from([1, 2, 2, 11]).map(lambda month: {"type": "month", "month": month}),
        st.sampled_from([(2, 28), (2, 29), (11, 2)]).map(lambda one: {"type": "month", "month": one[0], "day": one[1]}),
        st.sampled_from([0, 1, 2, 3]).map(lambda months: {"type": "months_ahead", "months": months}),
        st.sampled_from([1, 6, 7, 60, 118, 119, 365, 366]).map(lambda days: {"type": "next_days", "days": days}),
    )
    return falls.map(lambda one: {"type": "yearly", "trait": "trait:born", "falls": one})


def levels() -> st.SearchStrategy[dict[str, Any]]:
    some = st.lists(st.sampled_from(LEVELS), min_size=1, max_size=3)
    return some.map(lambda chosen: {"type": "level", "levels": chosen})


def windows() -> st.SearchStrategy[dict[str, Any]]:
    day = st.integers(-12, 2).map(lambda ago: (date(2026, 11, 3) + timedelta(days=ago)).isoformat())
    return st.one_of(
        st.just({"type": "ever"}),
        st.integers(1, 12).map(lambda days: {"type": "last_days", "days": days}),
        st.integers(0, 12).map(lambda days: {"type": "days_ago", "least": days}),
        st.lists(st.integers(0, 12), min_size=2, max_size=2).map(
            lambda pair: {"type": "days_ago", "least": min(pair), "most": max(pair)}
        ),
        day.map(lambda first: {"type": "before", "date": first}),
        day.map(lambda first: {"type": "since", "date": first}),
        st.lists(day, min_size=2, max_size=2).map(
            lambda pair: {"type": "between", "first": min(pair), "last": max(pair)}
        ),
    )


def bounds(numbers: st.SearchStrategy[int]) -> st.SearchStrategy[dict[str, int]]:
    return st.one_of(
        numbers.map(lambda number: {"at_least": number}),
        numbers.map(lambda number: {"at_most": number}),
        numbers.map(lambda number: {"exactly": number}),
        st.lists(numbers, min_size=2, max_size=2).map(lambda two: {"at_least": min(two), "at_most": max(two)}),
    )


def conditions(event: str) -> st.SearchStrategy[dict[str, Any]]:
    def prop(name: str) -> st.SearchStrategy[dict[str, Any]]:
        kind = CATALOGUE.events[event].properties[name].kind
        return tests_of(kind).map(lambda test: {"type": "prop", "prop": f"prop:{name}", **test})

    amount = st.fixed_dictionaries(
        {"type": st.just("amount"), "op": st.sampled_from(ORDERED), "value": st.integers(-1, 6)}
    )
    forms = [st.sampled_from(sorted(CATALOGUE.events[event].properties)).flatmap(prop)]
    return st.one_of([*forms, amount] if CATALOGUE.events[event].amount else forms)


NAMES = ["product.bought", "product.bought", "message.opened", "coupon.redeemed"]


def measures(name: str) -> st.SearchStrategy[dict[str, Any]]:
    event = CATALOGUE.events[name]
    forms: list[st.SearchStrategy[dict[str, Any]]] = [
        bounds(st.integers(0, 4)).map(lambda bound: {"type": "count", **bound}),
        bounds(st.integers(0, 5)).map(lambda bound: {"type": "days", **bound}),
        st.sampled_from(["first_time", "last_time"]).flatmap(
            lambda kind: windows().map(lambda window: {"type": kind, "within": window})
        ),
    ]
    if event.amount:
        forms.append(bounds(st.integers(-2, 12)).map(lambda bound: {"type": "sum", "of": "amount", **bound}))
        forms.append(tested(["min", "max", "last"], "amount", amounts()))
    for key, spec in event.properties.items():
        kinds = ["min", "max", "last"] if spec.kind in ("number", "date") else ["last"]
        forms.append(tested(kinds, f"prop:{key}", tests_of(spec.kind)))
        if spec.kind == "number":
            forms.append(bounds(st.integers(-3, 9)).map(partial(summed, key)))
    return st.one_of(forms)


def summed(key: str, bound: dict[str, int]) -> dict[str, Any]:
    return {"type": "sum", "of": f"prop:{key}", **bound}


def tested(kinds: list[str], of: str, test: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(st.sampled_from(kinds), test).map(lambda two: {"type": two[0], "of": of, **two[1]})


def amounts() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"op": st.sampled_from(["is", "is_not", *ORDERED]), "value": st.integers(-1, 6)})


@st.composite
def steps(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from(NAMES))
    step: dict[str, Any] = {"event": f"event:{name}"}
    if CATALOGUE.events[name].properties:
        step["where"] = draw(st.lists(conditions(name), max_size=2))
    return step


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    clause = {"type": draw(st.sampled_from(["did", "did", "did_not"])), **draw(steps()), "within": draw(windows())}
    if clause["type"] == "did":
        clause["having"] = draw(st.lists(measures(clause["event"].removeprefix("event:")), max_size=2))
    return clause


@st.composite
def sequences(draw: st.DrawFn) -> dict[str, Any]:
    unit, most = draw(st.sampled_from([("minutes", 2000), ("hours", 60), ("days", 9)]))
    return {
        "type": draw(st.sampled_from(["then", "then_not"])),
        "first": draw(steps()),
        "next": draw(steps()),
        "gap": {"unit": unit, "number": draw(st.integers(1, most))},
        "within": draw(windows()),
    }


@st.composite
def tops(draw: st.DrawFn) -> dict[str, Any]:
    step = draw(steps())
    by = ["count", "days", *(["sum"] if CATALOGUE.events[step["event"].removeprefix("event:")].amount else [])]
    return {
        "type": draw(st.sampled_from(["top", "bottom"])),
        "percent": draw(st.integers(1, 99)),
        "by": draw(st.sampled_from(by)),
        **step,
        "within": draw(windows()),
    }


def shares() -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(st.integers(1, 50), st.integers(0, 49), st.sampled_from(["", "spring", "上海"])).map(
        lambda one: {"type": "share", "percent": one[0], "skip": one[1], "seed": one[2]}
    )


def others() -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(sorted(CATALOGUE.audiences)).map(lambda one: {"type": "audience", "audience": one})


def some(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2)


def standings() -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        some("employee", "leader", "consumer").map(lambda roles: {"type": "role", "roles": roles}),
        some("weak", "neutral", "strong").map(lambda bands: {"type": "strength", "bands": bands}),
        st.tuples(some("weak", "neutral", "strong"), some("stf_a", "unt_a")).map(
            lambda one: {"type": "strength", "bands": one[0], "of": one[1]}
        ),
        some("tag_a", "tag_b").map(lambda tags: {"type": "tag", "tags": tags}),
        st.just({"type": "member"}),
        tied(),
        st.tuples(st.sampled_from(["email", "sms"]), st.sampled_from(["given", "withdrawn", "none", ""])).map(agreed),
    )


def agreed(one: tuple[str, str]) -> dict[str, Any]:
    channel, state = one
    return (
        {"type": "consent", "channel": channel, "state": state} if state else {"type": "reachable", "channel": channel}
    )


@st.composite
def tied(draw: st.DrawFn) -> dict[str, Any]:
    kind: TieKind = draw(st.sampled_from(sorted(CATALOGUE.ties)))
    known = sorted(CATALOGUE.ties[kind])
    of = draw(st.lists(st.sampled_from(known), max_size=2)) if known else []
    return {"type": "tie", "kind": kind, "of": of, "state": draw(st.sampled_from(["active", "active", "ended"]))}


def clauses() -> st.SearchStrategy[dict[str, Any]]:
    def groups(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
        some = st.lists(inner, min_size=1, max_size=3)
        return st.one_of(
            some.map(lambda each: {"type": "all", "all": each}),
            some.map(lambda each: {"type": "any", "any": each}),
            inner.map(lambda each: {"type": "not", "not": each}),
        )

    leaf = st.one_of(
        events(), events(), events(), traits(), years(), levels(), sequences(), tops(), shares(), others(), standings()
    )
    return st.recursive(leaf, groups, max_leaves=6)


def rules() -> st.SearchStrategy[dict[str, Any]]:
    return clauses().map(lambda where: {"version": 1, "where": where})


# Worlds come from a seed, not from draws: hundreds of events at the cost of two.


def document(chance: Random, kinds: dict[str, str]) -> str:
    if chance.random() < 0.1:
        return chance.choice(DOCUMENTS)
    values = {name: chance.choice(VALUES[kind] * 3 + DIRTY) for name, kind in kinds.items() if chance.random() < 0.8}
    return json.dumps(values, ensure_ascii=False)


def person(chance: Random, number: int) -> Person:
    kinds = {name: str(trait.kind) for name, trait in CATALOGUE.traits.items() if not trait.column}
    level, country, traits = chance.choice(LEVELS), chance.choice(["D1", "KR", ""]), document(chance, kinds)
    near = moments(chance)
    role = chance.choice(["employee", "leader", "consumer", "consumer"])
    return Person(number, level, country, traits, role, chance.random() < 0.3, *near)


def moments(chance: Random) -> tuple[datetime | None, datetime | None]:
    """Until when strong, and neutral."""
    strong, neutral = (NOW + timedelta(seconds=chance.choice([-5, 0, 5])) for _ in range(2))
    return chance.choice([(None, None), (None, neutral), (strong, strong + timedelta(days=1))])


def bonded(chance: Random, whom: int) -> Bonded:
    return Bonded(whom, chance.choice([1, 2]), chance.choice([6, 7, 8, None]), *moments(chance))


def tie(chance: Random, whom: int) -> Tied:
    match chance.choice(["friend", "follow", "group", "referral"]):
        case "friend" as kind:
            state = chance.choice(["active", "pending", "deleted_by_them", "blocked", "handed_over"])
            return Tied(whom, kind, state, advisor=chance.choice([1, 2]), unit=chance.choice([6, 7, 8, None]))
        case "follow" as kind:
            return Tied(whom, kind, chance.choice(["active", "ended"]), account=chance.choice([3, 4]))
        case "group" as kind:
            return Tied(whom, kind, chance.choice(["active", "ended"]), group=chance.choice([5, 6]))
        case kind:
            return Tied(whom, kind, chance.choice(["first", "claim"]))


def said(chance: Random) -> str:
    words = ["given email marketing", "withdrawn email marketing", "reachable email marketing", "given sms marketing",
             "reachable email transactional"]  # fmt: skip
    return f"|{'|'.join(chance.sample(words, chance.randint(1, 3)))}|" if chance.random() < 0.8 else ""


def moment(chance: Random, zone: str) -> datetime:
    """Anywhere in a fortnight, or at a local midnight, or within a microsecond of it."""
    if chance.random() < 0.5:
        return NOW + timedelta(minutes=chance.randint(-12 * 1440, 1440))
    midnight = local_midnight(NOW.date() + timedelta(days=chance.randint(-12, 2)), zone)
    return midnight + timedelta(microseconds=chance.choice([-1, 0, 1]))


def happened(chance: Random, whom: int, zone: str) -> Happened:
    name = chance.choice(NAMES)
    kinds = {key: str(spec.kind) for key, spec in CATALOGUE.events[name].properties.items() if not spec.column}
    paid = CATALOGUE.events[name].amount
    return Happened(
        person=whom,
        name=name,
        occurred_at=moment(chance, zone),
        channel=chance.choice([None, "D1", "email"]),
        amount_minor=chance.choice([None, 0, 1, 5]) if paid else None,
        currency=chance.choice(["CNY", "CNY", "USD", None]) if paid else None,
        props=document(chance, kinds),
    )


def worlds() -> st.SearchStrategy[World]:
    return st.builds(world, st.integers(0, 10**6), st.integers(1, 40), st.sampled_from(ZONES))


def world(seed: int, size: int, zone: str) -> World:
    """Some people did nothing; the ids 101 and 102 were merged into the first two, 999 was never mirrored."""
    chance = Random(seed)
    busy = [*(number for number in range(1, size + 1) if chance.random() < 0.8), 101, 102, 999]
    return World(
        people=[person(chance, number) for number in range(1, size + 1)],
        events=[happened(chance, whom, zone) for whom in busy for _ in range(chance.randint(1, 9))],
        aliases=chance.choice([{}, {101: 1, 102: 2}]),
        now=NOW,
        zone=zone,
        catalogue=CATALOGUE,
        tags=[(chance.randint(1, size), chance.choice([1, 2])) for _ in range(size // 3)],
        ties=[tie(chance, chance.randint(1, size)) for _ in range(size)],
        bonds=[bonded(chance, number) for number in range(1, size + 1) for _ in range(chance.randint(0, 2))],
        reach={number: said(chance) for number in range(1, size + 1) if chance.random() < 0.8},
    )
