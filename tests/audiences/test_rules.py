"""A rule that is not sound is refused, and the refusal names the place."""

import json
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi.audiences.rules import (
    Catalogue,
    Other,
    Part,
    Property,
    Rule,
    RuleError,
    Trait,
    describe,
    named_in,
    opened,
    parse_rule,
)
from guanxi.audiences.rules import Event as EventSpec
from tests.audiences.worlds import CATALOGUE, rules

FAN: dict[str, Any] = {"type": "level", "levels": ["fan"]}


def second(**clause: Any) -> dict[str, Any]:
    """A rule whose second clause is this one."""
    return {"version": 1, "where": {"type": "all", "all": [FAN, clause]}}


def trait(**test: Any) -> dict[str, Any]:
    return second(type="trait", **{"trait": "trait:city", **test})


def bought(**more: Any) -> dict[str, Any]:
    return second(type="did", event="event:product.bought", **more)


def having(**measure: Any) -> dict[str, Any]:
    return bought(having=[measure])


def where(**condition: Any) -> dict[str, Any]:
    return bought(where=[{"type": "amount", "op": "gt", "value": 1}, condition])


def nested(depth: int) -> dict[str, Any]:
    clause = FAN
    for _ in range(depth - 1):
        clause = {"type": "not", "not": clause}
    return {"version": 1, "where": clause}


def then(**more: Any) -> dict[str, Any]:
    steps = {"first": {"event": "event:coupon.redeemed"}, "next": {"event": "event:nothing"}}
    return second(type="then", **{**steps, "gap": {"unit": "hours", "number": 3}, **more})


def top(**more: Any) -> dict[str, Any]:
    return second(type="top", **{"percent": 5, "by": "count", "event": "event:product.bought", **more})


def yearly(**more: Any) -> dict[str, Any]:
    return second(type="yearly", **{"trait": "trait:born", "falls": {"type": "months_ahead", "months": 0}, **more})


NOT_JSON: Any = {1, 2}

BAD = [
    (None, "", "wrong_type"),
    ([], "", "wrong_type"),
    (NOT_JSON, "", "wrong_type"),
    ({1: 2}, "", "wrong_type"),
    ({}, "version", "missing"),
    ({"version": 1}, "where", "missing"),
    ({"version": 2, "where": FAN}, "version", "unknown_version"),
    ({"version": True, "where": FAN}, "version", "unknown_version"),
    ({"version": 1, "where": FAN, "sql": "1"}, "sql", "unknown_field"),
    ({"version": 1, "where": {"type": "sql"}}, "where.type", "unknown_type"),
    ({"version": 1, "where": {}}, "where.type", "missing"),
    ({"version": 1, "where": {"type": "all", "all": []}}, "where.all", "empty_group"),
    ({"version": 1, "where": {"type": "all", "any": [FAN]}}, "where.all", "missing"),
    ({"version": 1, "where": {"type": "any", "any": [FAN] * 100}}, "where.any[99]", "too_many_clauses"),
    (second(type="not"), "where.all[1].not", "missing"),
    (second(type="level", levels=[]), "where.all[1].levels", "empty_group"),
    (second(type="level", levels=["boss"]), "where.all[1].levels[0]", "unknown_value"),
    (second(type="level", levels="fan"), "where.all[1].levels", "wrong_type"),
    (second(type="did", event="event:product.sold"), "where.all[1].event", "unknown_event"),
    (second(type="did", event="product.bought"), "where.all[1].event", "unknown_event"),
    (second(type="did", event="trait:city"), "where.all[1].event", "unknown_event"),
    (second(type="did", event=""), "where.all[1].event", "empty"),
    (second(type="did", event=["event:product.bought"]), "where.all[1].event", "wrong_type"),
    (second(type="did_not", event="event:product.bought", having=[]), "where.all[1].having", "unknown_field"),
    (trait(trait="trait:colour", op="is", value="x"), "where.all[1].trait", "unknown_trait"),
    (trait(trait="trait:city' OR 1=1 --", op="is", value="x"), "where.all[1].trait", "unknown_trait"),
    (trait(op="matches", value=".*"), "where.all[1].op", "unknown_operator"),
    (trait(op="gt", value="x"), "where.all[1].op", "wrong_operator"),
    (trait(trait="trait:age", op="contains", value="1"), "where.all[1].op", "wrong_operator"),
    (trait(trait="trait:newsletter", op="in", value=[True]), "where.all[1].op", "wrong_operator"),
    (trait(op="is", value=5), "where.all[1].value", "wrong_type"),
    (trait(op="is", value=["x"]), "where.all[1].value", "wrong_type"),
    (trait(op="is", value={"sql": "1"}), "where.all[1].value", "wrong_type"),
    (trait(op="is"), "where.all[1].value", "missing"),
    (trait(op="is_set", value="x"), "where.all[1].value", "unknown_field"),
    (trait(op="in", value="x"), "where.all[1].value", "wrong_type"),
    (trait(op="in", value=[]), "where.all[1].value", "empty"),
    (trait(op="in", value=["x", 1]), "where.all[1].value[1]", "wrong_type"),
    (trait(op="in", value=["x"] * 1001), "where.all[1].value", "too_many_values"),
    (trait(op="contains", value=""), "where.all[1].value", "empty"),
    (trait(op="is", value="a\0b"), "where.all[1].value", "control_character"),
    (trait(op="is", value="\ud800"), "where.all[1].value", "control_character"),
    (trait(op="is", value="x" * 201), "where.all[1].value", "too_long"),
    (trait(trait="trait:age", op="is", value=True), "where.all[1].value", "wrong_type"),
    (trait(trait="trait:age", op="is", value=float("nan")), "where.all[1].value", "wrong_number"),
    (trait(trait="trait:age", op="is", value=10**400), "where.all[1].value", "wrong_number"),
    (trait(trait="trait:age", op="between", value=[1]), "where.all[1].value", "wrong_type"),
    (trait(trait="trait:age", op="between", value=[2, 1.5]), "where.all[1].value", "wrong_order"),
    (trait(trait="trait:age", op="between", value=[1, "2"]), "where.all[1].value[1]", "wrong_type"),
    (trait(trait="trait:born", op="is", value="2026-02-30"), "where.all[1].value", "wrong_type"),
    (trait(trait="trait:born", op="between", value=["2026-02-02", "2026-02-01"]), "where.all[1].value", "wrong_order"),
    (yearly(trait="trait:city"), "where.all[1].trait", "not_a_day"),
    (yearly(trait="trait:name_day"), "where.all[1].trait", "unknown_trait"),
    (yearly(falls={"type": "month", "month": 13}), "where.all[1].falls.month", "wrong_number"),
    (yearly(falls={"type": "month", "month": "may"}), "where.all[1].falls.month", "wrong_type"),
    (yearly(falls={"type": "month", "month": 2, "day": 30}), "where.all[1].falls", "no_such_day"),
    (yearly(falls={"type": "months_ahead", "months": 12}), "where.all[1].falls.months", "wrong_number"),
    (yearly(falls={"type": "next_days", "days": 0}), "where.all[1].falls.days", "wrong_number"),
    (
        yearly(falls={"type": "next_days", "days": 7, "zone": "Mars/Olympus"}),
        "where.all[1].falls.zone",
        "unknown_field",
    ),
    (yearly(falls={"type": "regex", "like": "-05-"}), "where.all[1].falls.type", "unknown_type"),
    (where(type="prop", prop="prop:sql", op="is", value="x"), "where.all[1].where[1].prop", "unknown_property"),
    (where(type="prop", prop="prop:department", op="gt", value="x"), "where.all[1].where[1].op", "wrong_operator"),
    (where(type="prop", prop="prop:quantity", op="gt", value="x"), "where.all[1].where[1].value", "wrong_type"),
    (where(type="amount", op="gt", value=1.5), "where.all[1].where[1].value", "wrong_type"),
    (where(type="regex", op="gt", value=1), "where.all[1].where[1].type", "unknown_type"),
    (having(type="count"), "where.all[1].having[0]", "missing_bound"),
    (having(type="count", at_least=2, exactly=2), "where.all[1].having[0]", "wrong_bound"),
    (having(type="count", at_least=3, at_most=2), "where.all[1].having[0]", "wrong_order"),
    (having(type="count", at_least="3"), "where.all[1].having[0].at_least", "wrong_type"),
    (having(type="count", at_least=3.5), "where.all[1].having[0].at_least", "wrong_type"),
    (having(type="sum", of="tax", at_least=3), "where.all[1].having[0].of", "unknown_property"),
    (bought(within={"type": "last_days", "days": 0}), "where.all[1].within.days", "wrong_number"),
    (bought(within={"type": "last_days", "days": 9999}), "where.all[1].within.days", "wrong_number"),
    (bought(within={"type": "since", "date": "yesterday"}), "where.all[1].within.date", "wrong_date"),
    (bought(within={"type": "since", "date": 20260101}), "where.all[1].within.date", "wrong_date"),
    (
        bought(within={"type": "between", "first": "2026-02-01", "last": "2026-01-01"}),
        "where.all[1].within",
        "wrong_order",
    ),
    (
        second(type="did", event="event:coupon.redeemed", where=[{"type": "amount", "op": "gt", "value": 1}]),
        "where.all[1].where[0].type",
        "no_amount",
    ),
    (
        second(type="did", event="event:coupon.redeemed", having=[{"type": "sum", "of": "amount", "at_least": 1}]),
        "where.all[1].having[0].of",
        "no_amount",
    ),
    (nested(11), "where" + 10 * ".not", "too_deep"),
    (having(type="sum", of="prop:gift", at_least=1), "where.all[1].having[0].of", "wrong_type"),
    (having(type="min", of="prop:department", op="is", value="D1"), "where.all[1].having[0].of", "wrong_type"),
    (having(type="last", of="prop:sql", op="is", value="D1"), "where.all[1].having[0].of", "unknown_property"),
    (having(type="last", of="prop:department", op="gt", value="D1"), "where.all[1].having[0].op", "wrong_operator"),
    (having(type="max", of="amount", op="gt", value=1.5), "where.all[1].having[0].value", "wrong_type"),
    (having(type="first_time"), "where.all[1].having[0].within", "missing"),
    (bought(within={"type": "days_ago", "least": 9, "most": 3}), "where.all[1].within", "wrong_order"),
    (bought(within={"type": "before", "date": "2026-02-30"}), "where.all[1].within.date", "wrong_date"),
    (then(), "where.all[1].next.event", "unknown_event"),
    (then(next={"event": "event:order.paid; --"}), "where.all[1].next.event", "unknown_event"),
    (then(first={"event": "event:coupon.redeemed", "sql": "1"}), "where.all[1].first.sql", "unknown_field"),
    (then(gap={"unit": "years", "number": 1}), "where.all[1].gap.unit", "unknown_value"),
    (then(gap={"unit": "days", "number": 0}), "where.all[1].gap.number", "wrong_number"),
    (top(percent=0), "where.all[1].percent", "wrong_number"),
    (top(by="sum", event="event:coupon.redeemed"), "where.all[1].by", "no_amount"),
    (top(by="median"), "where.all[1].by", "unknown_value"),
    (second(type="share", percent=60, skip=41), "where.all[1]", "wrong_bound"),
    (second(type="share", percent=5, seed="a\0b"), "where.all[1].seed", "control_character"),
    (second(type="tag", tags=["tag_a", "tag_x"]), "where.all[1].tags[1]", "unknown_tag"),
    (second(type="tie", kind="friend", of=["acc_a"]), "where.all[1].of[0]", "unknown_tie"),
    (second(type="tie", kind="enemy"), "where.all[1].kind", "unknown_value"),
    (second(type="strength", bands=["mighty"]), "where.all[1].bands[0]", "unknown_value"),
    (second(type="strength", bands=["weak"], of=["unt_a", "grp_a"]), "where.all[1].of[1]", "unknown_tie"),
    (second(type="strength", bands=["weak"], of="stf_a"), "where.all[1].of", "wrong_type"),
    (second(type="consent", channel="fax"), "where.all[1].channel", "unknown_channel"),
    (second(type="consent", channel="email", state="maybe"), "where.all[1].state", "unknown_value"),
    (second(type="reachable", channel="email", purpose="spam"), "where.all[1].purpose", "unknown_value"),
    (second(type="reachable", channel="e\0mail"), "where.all[1].channel", "control_character"),
    (second(type="audience", audience="aud_nobody"), "where.all[1].audience", "unknown_audience"),
    (second(type="audience", audience="aud_quiet", clause=FAN), "where.all[1].clause", "unknown_field"),
]


@pytest.mark.parametrize(("data", "path", "code"), BAD, ids=[f"{code} at {path or 'top'}" for _, path, code in BAD])
def test_a_bad_rule_is_refused_where_it_is_bad(data: object, path: str, code: str) -> None:
    with pytest.raises(RuleError) as refused:
        parse_rule(data, CATALOGUE)
    assert (refused.value.path, refused.value.code) == (path, code)
    assert refused.value.message


def test_two_hundred_clauses_in_each_other_are_refused_without_harm() -> None:
    for depth in (200, 100_000):
        with pytest.raises(RuleError) as refused:
            parse_rule(nested(depth), CATALOGUE)
        assert refused.value.code == "too_deep"


def naming(*keys: str) -> dict[str, Any]:
    return {"version": 1, "where": {"type": "all", "all": [{"type": "audience", "audience": key} for key in keys]}}


def test_audiences_that_lead_back_to_each_other_are_refused_with_the_way() -> None:
    others = {"aud_a": Other("A", naming("aud_b")), "aud_b": Other("B", naming("aud_c")), "aud_c": Other("C", FAN)}
    known = replace(CATALOGUE, audiences=others | {"aud_c": Other("C", {"version": 1, "where": FAN})})
    with pytest.raises(RuleError) as refused:
        parse_rule(naming("aud_a"), known, "aud_c")
    assert (refused.value.path, refused.value.code) == ("where.all[0].rule.all[0].rule.all[0].audience", "cycle")
    assert refused.value.params["key"] == "C → A → B → C"


@pytest.mark.parametrize("name", ["aud_buyers", "aud_alias", "aud_again"])
def test_an_audience_that_is_only_another_stands_for_it(name: str) -> None:
    def around(clause: dict[str, Any]) -> Rule:
        where = {"type": "any", "any": [clause, {"type": "not", "not": clause}]}
        return parse_rule({"version": 1, "where": where}, CATALOGUE)

    bought = {"type": "did", "event": "event:product.bought"}
    assert opened(around({"type": "audience", "audience": name}), CATALOGUE) == around(bought)
    alone = parse_rule({"version": 1, "where": {"type": "audience", "audience": name}}, CATALOGUE)
    assert opened(alone, CATALOGUE) == parse_rule({"version": 1, "where": bought}, CATALOGUE)


def test_a_broken_audience_is_named_where_another_names_it() -> None:
    known = replace(CATALOGUE, audiences={"aud_a": Other("Old", {"version": 1, "where": {"type": "sql"}})})
    with pytest.raises(RuleError) as refused:
        parse_rule(naming("aud_a"), known)
    assert (refused.value.path, refused.value.code) == ("where.all[0].audience", "broken_audience")


def test_audiences_that_each_name_two_others_do_not_grow_without_end() -> None:
    others = {f"aud_{at}": Other(str(at), naming(f"aud_{at + 1}", f"aud_{at + 1}")) for at in range(9)}
    known = replace(CATALOGUE, audiences=others | {"aud_9": Other("9", {"version": 1, "where": FAN})})
    with pytest.raises(RuleError) as refused:
        parse_rule(naming("aud_0"), known)
    assert refused.value.code in ("too_many_clauses", "too_deep")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(rules())
def test_a_rule_can_be_freed_of_the_audiences_that_it_names(data: dict[str, Any]) -> None:
    freed = opened(parse_rule(data, CATALOGUE), CATALOGUE).model_dump(mode="json")
    assert not named_in(freed)
    parse_rule(freed, CATALOGUE)


def test_ten_deep_and_a_hundred_clauses_are_allowed() -> None:
    parse_rule(nested(10), CATALOGUE)
    parse_rule({"version": 1, "where": {"type": "any", "any": [FAN] * 99}}, CATALOGUE)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(rules())
def test_the_canonical_text_is_the_same_rule(data: dict[str, Any]) -> None:
    rule = parse_rule(data, CATALOGUE)
    text = rule.model_dump_json()
    again = parse_rule(json.loads(text), CATALOGUE)
    assert again == rule
    assert again.model_dump_json() == text


def test_the_canonical_text_writes_out_what_was_left_out() -> None:
    rule = parse_rule({"where": {"event": "event:coupon.redeemed", "type": "did"}, "version": 1}, CATALOGUE)
    assert rule.model_dump_json() == (
        '{"version":1,"where":{"type":"did","event":"event:coupon.redeemed","where":[],"having":[],'
        '"within":{"type":"ever"}}}'
    )


ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)


def spots(node: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [here, *(spot for key, value in inner for spot in spots(value, (*here, key)))]


def planted(data: Any, spot: tuple[Any, ...], value: Any) -> Any:
    if not spot:
        return value
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[spot[0]] = planted(copy[spot[0]], spot[1:], value)
    return copy


def leads_somewhere(path: str, data: Any) -> bool:
    """Whether every step but the last exists."""
    for step in re.findall(r"[^.\[\]]+", path)[:-1]:
        if isinstance(data, list):
            data = data[int(step)]
        elif isinstance(data, dict) and step in data:
            data = data[step]
        else:
            return False
    return True


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), rules(), ANYTHING)
def test_any_damage_is_either_a_rule_or_a_refusal_with_a_real_place(
    draw: st.DataObject, data: dict[str, Any], damage: Any
) -> None:
    damaged = planted(data, draw.draw(st.sampled_from(spots(data))), damage)
    try:
        assert isinstance(parse_rule(damaged, CATALOGUE), Rule)
    except RuleError as refused:
        assert refused.message
        if not any(mark in key for key in keys(damage) for mark in ".[]") and "" not in keys(damage):
            assert leads_somewhere(refused.path, damaged)


def keys(node: Any) -> list[str]:
    inner = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    return [*(node if isinstance(node, dict) else []), *(key for value in inner for key in keys(value))]


def test_a_sentence_has_codes_and_parameters() -> None:
    rule = parse_rule(
        {
            "version": 1,
            "where": {
                "type": "all",
                "all": [
                    {
                        "type": "did",
                        "event": "event:product.bought",
                        "where": [{"type": "prop", "prop": "prop:department", "op": "is", "value": "D1"}],
                        "having": [{"type": "sum", "of": "amount", "at_least": 100, "at_most": 500}],
                        "within": {"type": "last_days", "days": 90},
                    },
                    {"type": "not", "not": FAN},
                    {
                        "type": "did_not",
                        "event": "event:coupon.redeemed",
                        "within": {"type": "since", "date": "2026-01-01"},
                    },
                ],
            },
        },
        CATALOGUE,
    )
    spent = {"currency": "CNY"}
    assert describe(rule, CATALOGUE) == [
        Part(
            "where.all[0]",
            "did",
            {"event": "product.bought", "label": "Bought"},
            (
                Part(
                    "where.all[0].where[0]",
                    "prop.is",
                    {"key": "department", "label": "Department", "kind": "text", "value": "D1"},
                ),
                Part("where.all[0].having[0].at_least", "sum.at_least", {"number": 100, **spent}),
                Part("where.all[0].having[0].at_most", "sum.at_most", {"number": 500, **spent}),
                Part("where.all[0].within", "within.last_days", {"days": 90}),
            ),
        ),
        Part("where.all[1]", "not", {}, (Part("where.all[1].not", "level", {"levels": ("fan",)}),)),
        Part(
            "where.all[2]",
            "did_not",
            {"event": "coupon.redeemed", "label": "coupon.redeemed"},
            (Part("where.all[2].within", "within.since", {"date": date(2026, 1, 1)}),),
        ),
    ]


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(rules())
def test_every_rule_has_a_sentence(data: dict[str, Any]) -> None:
    assert describe(parse_rule(data, CATALOGUE), CATALOGUE)


@pytest.mark.parametrize(
    "parts",
    [
        {"traits": {"City": Trait("text")}},
        {"traits": {'a"b': Trait("text")}},
        {"traits": {"age": Trait("number", column="country")}},
        {"events": {"product..bought": EventSpec()}},
        {"events": {"product.bought": EventSpec({"a.b": Property("text")})}},
    ],
)
def test_a_catalogue_holds_only_names_that_are_safe_everywhere(parts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="may hold"):
        Catalogue(**{"traits": {}, "events": {}, "currency": "CNY", **parts})
