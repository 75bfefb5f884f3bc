"""The compiled rule and the plain-Python meaning of it agree, and nothing of a rule becomes SQL."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ibis
import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from guanxi.audiences.queries import Reason, compile_rule, explain, parse_rule
from guanxi.audiences.queries.explain import NotMirrored
from guanxi.audiences.rules import Named, Rule, clauses_of, resolved
from tests.audiences.lakes import fresh, in_delta, in_memory
from tests.audiences.reference import Happened, Person, World, holds, who
from tests.audiences.worlds import CATALOGUE, NOW, rules, windows, worlds

LAKE = fresh()


def compiled(rule: Rule, world: World, tables: Any) -> Any:
    return compile_rule(rule, tables, now=world.now, zone=world.zone, catalogue=world.catalogue)


def asked(rule: Rule, world: World, tables: Any) -> list[int]:
    answer: list[int] = compiled(rule, world, tables).to_pyarrow()["person"].to_pylist()
    return sorted(answer)


def rule_of(where: dict[str, Any]) -> Rule:
    return parse_rule({"version": 1, "where": where}, CATALOGUE)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(rules(), worlds())
def test_an_engine_finds_exactly_the_people_that_the_words_mean(data: dict[str, Any], world: World) -> None:
    rule = parse_rule(data, CATALOGUE)
    assert asked(rule, world, in_memory(LAKE, world)) == who(rule, world)


SUMMED = ("count", "sum", "first_time", "last_time")


def bare(part: Any) -> Any:
    """The rule without what a lifetime does not know."""
    if isinstance(part, list):
        return [bare(each) for each in part]
    if not isinstance(part, dict):
        return part
    kept = {name: bare(inner) for name, inner in part.items() if name != "where" or isinstance(inner, dict)}
    if "having" in kept:
        kept["having"] = [
            one for one in kept["having"] if one["type"] in SUMMED and one.get("of", "amount") == "amount"
        ]
    return kept


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(rules().map(bare), worlds())
def test_the_lifetime_of_a_person_says_the_same_as_their_events(data: dict[str, Any], world: World) -> None:
    rule = parse_rule(data, CATALOGUE)
    assert asked(rule, world, in_memory(LAKE, world, lived=True)) == who(rule, world)


@pytest.mark.parametrize(
    "where",
    [
        {"type": "did"},
        {"type": "did_not", "within": {"type": "last_days", "days": 3}},
        {"type": "did", "having": [{"type": "sum", "at_least": 3}, {"type": "count", "at_most": 4}]},
        {"type": "top", "percent": 20, "by": "sum"},
    ],
    ids=lambda where: str(where["type"]),
)
def test_what_a_lifetime_knows_is_asked_of_no_event(where: dict[str, Any]) -> None:
    rule = rule_of(where | {"event": "event:product.bought"})
    sql = str(ibis.to_sql(compiled(rule, SHOP, in_memory(LAKE, SHOP, lived=True)), dialect="duckdb"))
    assert {table.name for table in sqlglot.parse_one(sql, dialect="duckdb").find_all(exp.Table)} >= {"lifetime"}
    assert '"events"' not in sql


def test_a_clock_that_runs_ahead_does_not_make_all_events_be_read() -> None:
    """The end of today's window is midnight, and nothing lies behind it."""
    ahead = replace(SHOP, events=[*SHOP.events, replace(SHOP.events[0], occurred_at=NOW + timedelta(hours=1))])
    beyond = replace(SHOP, events=[*SHOP.events, replace(SHOP.events[0], occurred_at=NOW + timedelta(days=2))])
    rule = rule_of({"type": "did", "event": "event:product.bought", "within": {"type": "last_days", "days": 3}})
    for world, named in ((ahead, False), (beyond, True)):
        tables = in_memory(LAKE, world, lived=True)
        assert ('"events"' in str(ibis.to_sql(compiled(rule, world, tables), dialect="duckdb"))) is named
        assert asked(rule, world, tables) == who(rule, world)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds(), windows(), windows(), st.integers(1, 4))
def test_days_are_counted_by_the_calendar_of_the_zone(world: World, one: Any, other: Any, days: int) -> None:
    several = [did(within=window, having=[{"type": "days", "exactly": days}]) for window in (one, other)]
    for where in (*several, {"type": "any", "any": several}):
        assert asked(rule_of(where), world, in_memory(LAKE, world)) == who(rule_of(where), world)


@pytest.mark.parametrize("days", [62, 63, 64, 70])
def test_no_day_of_a_long_window_is_lost(days: int) -> None:
    people = [Person(1, "fan", "", "{}"), Person(2, "fan", "", "{}")]
    events = [
        Happened(person, "product.bought", NOW - timedelta(days=back), None, 1, "CNY", "{}")
        for person in (1, 2)
        for back in range(0, 80, person)
    ]
    world = World(people, events, {}, NOW, "Europe/Berlin", CATALOGUE)
    all_of_them = did(within={"type": "last_days", "days": days}, having=[{"type": "days", "exactly": days}])
    beside = did(within={"type": "last_days", "days": 3}, having=[{"type": "days", "at_least": 3}])
    for where in (all_of_them, {"type": "all", "all": [all_of_them, beside]}):
        assert asked(rule_of(where), world, in_memory(LAKE, world)) == who(rule_of(where), world) == [1]


def test_a_day_that_comes_again_after_midnight_is_one_day() -> None:
    """In St. John's clocks went back at a minute past midnight, to 23:01 of the day before."""
    start = datetime(2010, 11, 7, 2, 30, tzinfo=UTC)
    events = [
        Happened(1, "product.bought", start + timedelta(minutes=minutes), None, 1, "CNY", "{}")
        for minutes in (0, 30, 90, 2000)
    ]
    now = datetime(2010, 11, 20, tzinfo=UTC)
    world = World([Person(1, "fan", "", "{}")], events, {}, now, "America/St_Johns", CATALOGUE)
    window = {"type": "between", "first": "2010-11-07", "last": "2010-11-10"}
    counted = [
        days
        for days in range(1, 5)
        if asked(rule_of(did(within=window, having=[{"type": "days", "exactly": days}])), world, in_memory(LAKE, world))
    ]
    assert counted == [
        days
        for days in range(1, 5)
        if who(rule_of(did(within=window, having=[{"type": "days", "exactly": days}])), world)
    ]


@pytest.mark.parametrize("percent", [1, 5, 20, 33, 50, 67, 99])
@pytest.mark.parametrize("kind", ["top", "bottom"])
def test_of_equals_at_the_edge_those_who_came_first_are_in(kind: str, percent: int) -> None:
    people = [Person(number, "fan", "", "{}") for number in range(1, 41)]
    world = World(people, [bought(one.person, 1, one.person % 3) for one in people], {}, NOW, "UTC", CATALOGUE)
    rule = rule_of({"type": kind, "percent": percent, "by": "sum", "event": "event:product.bought"})
    assert asked(rule, world, in_memory(LAKE, world)) == who(rule, world)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(rules(), worlds())
def test_an_explanation_says_of_every_clause_whether_it_holds(data: dict[str, Any], world: World) -> None:
    rule = parse_rule(data, CATALOGUE)
    person = world.people[0]
    reasons = explain(
        rule, in_memory(LAKE, world), person.person, now=world.now, zone=world.zone, catalogue=world.catalogue
    )
    expected = [(path, holds(clause, person, world)) for path, _, clause in clauses_of(resolved(rule, CATALOGUE))]
    assert [(reason.path, reason.holds) for reason in reasons] == expected


def bought(person: int, day: int, amount: int, props: str = "{}", currency: str = "CNY") -> Happened:
    return Happened(person, "product.bought", NOW.replace(day=day), None, amount, currency, props)


SHOP = World(
    people=[
        Person(1, "customer", "CN", '{"city": "上海", "age": 31}'),
        Person(2, "customer", "CN", '{"city": "D2"}'),
        Person(3, "fan", "KR", "{}"),
    ],
    events=[
        bought(1, 1, 100, '{"department": "D1"}'),
        bought(1, 2, 200, '{"department": "D1"}'),
        bought(1, 2, 999, '{"department": "D1"}', currency="USD"),
        bought(9, 3, 700, '{"department": "D1"}'),
    ],
    aliases={9: 2},
    now=NOW,
    zone="Asia/Shanghai",
    catalogue=CATALOGUE,
)


def did(**more: Any) -> dict[str, Any]:
    return {"type": "did", "event": "event:product.bought", **more}


@pytest.mark.parametrize(
    ("where", "people"),
    [
        (did(), [1, 2]),
        ({"type": "did_not", "event": "event:product.bought"}, [3]),
        (did(having=[{"type": "sum", "of": "amount", "exactly": 300}]), [1]),
        (did(having=[{"type": "sum", "of": "amount", "at_most": 300}]), [1, 3]),
        (did(having=[{"type": "days", "at_least": 2}]), [1]),
        (did(within={"type": "last_days", "days": 1}), [2]),
        ({"type": "trait", "trait": "trait:city", "op": "is_not", "value": "D2"}, [1, 3]),
        ({"type": "trait", "trait": "trait:age", "op": "lt", "value": 40}, [1]),
        (
            {
                "type": "any",
                "any": [{"type": "level", "levels": ["fan"]}, did(having=[{"type": "count", "exactly": 1}])],
            },
            [2, 3],
        ),
    ],
)
def test_a_rule_over_the_files_of_a_lake(where: dict[str, Any], people: list[int], tmp_path: Path) -> None:
    assert asked(rule_of(where), SHOP, in_delta(fresh(), SHOP, tmp_path)) == people


def test_why_somebody_is_in() -> None:
    rule = rule_of(
        {
            "type": "all",
            "all": [
                {"type": "trait", "trait": "trait:city", "op": "is", "value": "上海"},
                did(having=[{"type": "count", "at_least": 4}, {"type": "sum", "of": "amount", "at_least": 300}]),
                {"type": "not", "not": {"type": "level", "levels": ["fan"]}},
            ],
        }
    )
    assert explain(rule, in_memory(fresh(), SHOP), 1, now=NOW, zone=SHOP.zone, catalogue=CATALOGUE) == [
        Reason("where", False, {}),
        Reason("where.all[0]", True, {"trait": "上海"}),
        Reason("where.all[1]", False, {"count": 3, "sum": 300}, ("count",)),
        Reason("where.all[2]", True, {}),
        Reason("where.all[2].not", False, {"level": "customer"}),
    ]


def test_why_somebody_is_among_the_first_or_not() -> None:
    def said(person: int, **clause: Any) -> list[object]:
        rule = rule_of({"event": "event:product.bought", "by": "sum", **clause})
        [one] = explain(rule, in_memory(fresh(), SHOP), person, now=NOW, zone=SHOP.zone, catalogue=CATALOGUE)
        return [one.holds, dict(one.values)]

    assert said(2, type="top", percent=50) == [True, {"sum": 700, "rank": 1, "of": 2, "edge": 700}]
    assert said(1, type="top", percent=50) == [False, {"sum": 300, "rank": 2, "of": 2, "edge": 700}]
    assert said(1, type="bottom", percent=50) == [True, {"sum": 300, "rank": 1, "of": 2, "edge": 300}]
    assert said(3, type="top", percent=50) == [False, {"sum": None, "rank": None, "of": 2, "edge": 700}]
    assert said(3, type="top", percent=50, by="count") == [False, {"count": 0, "rank": None, "of": 2, "edge": 3}]


def test_why_somebody_is_in_a_share_or_not() -> None:
    for percent in (1, 99):
        rule = rule_of({"type": "share", "percent": percent, "seed": "spring"})
        [one] = explain(rule, in_memory(fresh(), SHOP), 1, now=NOW, zone=SHOP.zone, catalogue=CATALOGUE)
        assert one.values == {"drawn": one.holds}


def test_nobody_is_explained_who_is_not_in_the_mirror() -> None:
    with pytest.raises(NotMirrored):
        explain(rule_of(did()), in_memory(fresh(), SHOP), 77, now=NOW, zone=SHOP.zone, catalogue=CATALOGUE)


def sql_of(where: dict[str, Any]) -> str:
    return str(ibis.to_sql(compiled(rule_of(where), SHOP, in_memory(LAKE, SHOP)), dialect="duckdb"))


def test_a_window_reads_only_its_months() -> None:
    sql = sql_of(did(within={"type": "between", "first": "2026-09-01", "last": "2026-09-30"}))
    # Midnight of the first of September in Shanghai is still August in UTC, by which the lake is cut.
    assert "\"month\" >= '2026-08'" in sql
    assert "\"month\" <= '2026-09'" in sql


def test_clauses_about_the_same_event_share_one_scan() -> None:
    sql = sql_of(
        {
            "type": "any",
            "any": [did(within={"type": "last_days", "days": 3}), did(having=[{"type": "count", "exactly": 2}])],
        }
    )
    scans = [table for table in sqlglot.parse_one(sql, dialect="duckdb").find_all(exp.Table) if table.name == "events"]
    assert len(scans) == 1


# Hostile words: every text of a rule ends in a literal, and the statement around it stays the same tree.

HOSTILE = [
    "'; DROP TABLE people; --",
    "x' OR '1'='1",
    '" OR ""="',
    "\\'; SELECT 1 --",
    "/* */ UNION SELECT person FROM people",
    "$$; ATTACH 'x' AS y; $$",
    "{{ 7*7 }} ${7*7} %s ?1 :name $1",
    "') -- ",
    "ʼ； ＇ ‘’",
    "\U0001f600'\"",
]

hostile = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=40),
    st.text("'\"\\;-/*()$%{}`?:=, xX", min_size=1, max_size=40),
).map(lambda text: f"zqj{text}")


def places(word: str) -> dict[str, Any]:
    """A rule that has the word wherever a rule takes a word of its own."""
    tests: list[dict[str, Any]] = [
        {"op": "is", "value": word},
        {"op": "not_in", "value": [word, "b"]},
        {"op": "contains", "value": word},
    ]
    props = [{"type": "prop", "prop": "prop:department", **test} for test in tests]
    columns = [{"type": "prop", "prop": "prop:channel", **test} for test in tests]
    step = {"event": "event:product.bought", "where": props[:1]}
    gap = {"unit": "hours", "number": 3}
    return {
        "type": "any",
        "any": [
            *({"type": "trait", "trait": "trait:city", **test} for test in tests),
            *({"type": "trait", "trait": "trait:country", **test} for test in tests),
            did(where=props),
            {"type": "did_not", "event": "event:message.opened", "where": columns},
            did(having=[{"type": "last", "of": "prop:department", **tests[0]}]),
            {"type": "then_not", "first": step, "next": step, "gap": gap},
            {"type": "top", "percent": 5, "by": "days", **step},
        ],
    }


def statement(word: str) -> tuple[str, list[str]]:
    """The one statement with its text literals blanked, and what stood in them."""
    return blanked(sql_of(places(word)))


def blanked(sql: str) -> tuple[str, list[str]]:
    [tree] = sqlglot.parse(sql, dialect="duckdb")
    assert isinstance(tree, exp.Select)
    texts = []
    for literal in list(tree.find_all(exp.Literal)):
        if literal.is_string:
            texts.append(literal.name)
            literal.replace(exp.Literal.string("blank"))
    return tree.sql(dialect="duckdb"), texts


HARMLESS = statement("zqjword")


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(hostile)
def test_no_word_of_a_rule_reaches_the_engine_but_as_a_literal(word: str) -> None:
    sql, texts = statement(word)
    assert sql == HARMLESS[0]
    assert "zqj" not in sql
    assert [text for text in texts if "zqj" not in text] == [text for text in HARMLESS[1] if "zqj" not in text]
    assert sum(text == word for text in texts) == sum(text == "zqjword" for text in HARMLESS[1])


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(hostile)
def test_a_seed_reaches_the_engine_as_numbers_alone(word: str) -> None:
    sql = sql_of({"type": "share", "percent": 5, "seed": word})
    assert sqlglot.parse_one(sql, dialect="duckdb").find(exp.Literal)
    assert "zqj" not in sql


def of_things(word: str) -> tuple[str, list[str]]:
    """The statement of consent, reach, closeness, ties and tags, whose names are all the word, with its text literals
    blanked, and what stood in them."""
    friend = {word: Named(word, (1,), "advisor"), f"{word}.": Named(word, (7,), "unit")}
    known = replace(
        CATALOGUE, channels={word: word}, tags={word: Named(word, (1,))}, ties={"friend": friend, "group": {}}
    )
    said: list[dict[str, Any]] = [
        *({"type": "consent", "channel": word, "state": state} for state in ("given", "withdrawn", "none")),
        {"type": "reachable", "channel": word, "purpose": "transactional"},
        {"type": "strength", "bands": ["strong"], "of": [word]},
        {"type": "strength", "bands": ["weak"], "of": [f"{word}.", word]},
        {"type": "tie", "kind": "friend", "of": [word, f"{word}."]},
        {"type": "tag", "tags": [word]},
        {"type": "strength", "bands": ["neutral"]},
        {"type": "yearly", "trait": "trait:born", "falls": {"type": "next_days", "days": 60}},
    ]
    rule = parse_rule({"version": 1, "where": {"type": "any", "any": said}}, known)
    world = replace(SHOP, catalogue=known)
    return blanked(str(ibis.to_sql(compiled(rule, world, in_memory(LAKE, world)), dialect="duckdb")))


PLAIN = of_things("zqjword")


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(hostile)
def test_no_name_of_a_channel_an_advisor_a_unit_or_a_tag_reaches_the_engine_but_as_a_literal(word: str) -> None:
    sql, texts = of_things(word)
    assert sql == PLAIN[0]
    assert "zqj" not in sql
    assert texts == [text.replace("zqjword", word) for text in PLAIN[1]]
    assert {text for text in texts if "zqj" in text} == {
        *(f"|{said} {word} marketing|" for said in ("given", "withdrawn")),
        f"|reachable {word} transactional|",
    }


# Every name that a statement may have: those of the lake, of ours, and of measures that a catalogue declares.
COLUMNS = (
    "person|person_right|name|month|occurred_at|amount_minor|currency|channel|props|level|country|traits|role|member"
)
MIRRORED = "strong_until|neutral_until|tag|kind|state|advisor|unit|account|group|absorbed|keeper"
LIVED = "first_at|last_at|happened|amount|figure|edge|place|number|at|own|earliest|latest|(same|next)_(person|own)"
MEASURED = "(count|sum|days|first_time|last_time|min|max|last|found)(_quantity|_department|_gift|_due|_channel)?_[0-9]+"
NAMES = re.compile(
    f"(events|people|aliases|tags|ties|reach|said|bonds|lifetime|t[0-9]+|{COLUMNS}|{MIRRORED}|{LIVED}|{MEASURED})"
)
FUNCTIONS = {"BIT_COUNT", "EPOCH_US", "MAKE_TIMESTAMPTZ", "QUANTILE_DISC", "TRY"}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(rules(), st.booleans())
def test_a_statement_has_no_name_but_those_that_it_may_have(data: dict[str, Any], lived: bool) -> None:
    rule = parse_rule(data, CATALOGUE)
    [tree] = sqlglot.parse(
        str(ibis.to_sql(compiled(rule, SHOP, in_memory(LAKE, SHOP, lived=lived)), dialect="duckdb")), dialect="duckdb"
    )
    assert isinstance(tree, exp.Select)
    assert [one.name for one in tree.find_all(exp.Identifier) if not NAMES.fullmatch(one.name)] == []
    assert {one.name.upper() for one in tree.find_all(exp.Anonymous)} <= FUNCTIONS


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(hostile)
def test_a_hostile_word_means_itself(word: str) -> None:
    people = [Person(1, "fan", word, "{}"), Person(2, "fan", "other", "{}")]
    world = World(people, [], {}, NOW, "UTC", CATALOGUE)
    for op in ("is", "contains"):
        rule = rule_of({"type": "trait", "trait": "trait:country", "op": op, "value": word})
        assert asked(rule, world, in_memory(LAKE, world)) == [1]
