"""The builder shows every rule of the language as a form, and the form gives it back unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi.audiences.queries import Catalogue, Event, RuleError, parse_rule
from guanxi.console.audiences.acts import changed
from guanxi.console.audiences.builder import Builder, Shown, build
from guanxi.console.audiences.did import Did
from guanxi.console.audiences.errors import error_text
from guanxi.console.audiences.exact import NotARule, pasted
from guanxi.console.audiences.offers import offers
from guanxi.console.audiences.pieces import Piece
from guanxi.console.audiences.rule import rule_of
from guanxi.console.audiences.shown import sketch_of
from guanxi.console.audiences.sketch import Measure, Row, Sketch, Step, Window, posted
from tests.audiences.worlds import CATALOGUE, rules

TICKED = ("levels", "roles", "bands")
A, B, C = (Row("event", step=Step(name)) for name in ("a.a", "b.b", "c.c"))


def fields(pieces: list[Piece]) -> Iterator[tuple[str, str]]:
    """What a browser sends of them."""
    for piece in pieces:
        if piece.control == "ticks":
            yield from ((piece.name, str(code)) for code, _label in piece.options if code in piece.chosen)
        elif piece.control == "select":
            offered = [str(code) for _heading, some in [("", piece.options), *piece.groups] for code, _label in some]
            yield from [(piece.name, one) for one in ([piece.value] if piece.value in offered else offered[:1])]
        elif piece.control not in ("", "open", "close", "button", "error"):
            yield piece.name, piece.value


def of_row(row: Shown) -> Iterator[tuple[str, str]]:
    yield from [("row", row.at), (f"{row.at}-kind", row.kind), *([(f"{row.at}-not", "1")] if row.negated else [])]
    yield from fields(row.pieces)
    for inner in row.rows:
        yield from of_row(inner)


def sent(builder: Builder) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in [*fields(builder.opening), *(pair for row in builder.rows for pair in of_row(row))]:
        data.appendlist(name, value)
    return data


def plain(clause: Any) -> Any:
    """Without what is said by leaving it out as well, and without the opposite of an opposite."""
    if isinstance(clause, list):
        return [plain(one) for one in clause]
    if not isinstance(clause, dict):
        return clause
    if clause.get("type") == "not" and clause["not"]["type"] == "not":
        return plain(clause["not"]["not"])
    otherwise: dict[str, Any] = {"where": [], "having": [], "within": {"type": "ever"}, "skip": 0, "seed": ""}
    of = {"of": "amount"} if clause.get("type") in ("sum", "count", "days") else {}
    said = {name: value for name, value in clause.items() if (otherwise | of).get(name, ...) != value}
    return {name: sorted(set(value)) if name in TICKED else plain(value) for name, value in said.items()}


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(rules())
def test_every_rule_goes_through_the_form_unchanged(rule: dict[str, Any]) -> None:
    parsed = parse_rule(rule, CATALOGUE)
    shown = build(sketch_of(parsed, CATALOGUE), CATALOGUE, lambda of, key: ())
    again = parse_rule(rule_of(posted(sent(shown)), CATALOGUE), CATALOGUE)
    where = plain(parsed.model_dump(mode="json")["where"])
    if where["type"] not in ("all", "any") and not (where["type"] == "not" and where["not"]["type"] in ("all", "any")):
        where = {"type": "all", "all": [where]}
    assert plain(again.model_dump(mode="json")["where"]) == where


def names(rows: tuple[Row, ...]) -> list[Any]:
    return [names(row.rows) if row.kind == "group" else row.step.event[:1] for row in rows]


GROUPED = Sketch(rows=(A, Row("group", rows=(B, C)), A))


def test_conditions_are_moved_copied_grouped_and_freed() -> None:
    done = {
        act: names(changed(GROUPED, act).rows)
        for act in ("up:1", "down:0", "copy:1.0", "enclose:0", "free:1", "free:1.1", "remove:1.0", "up:0", "down:2")
    }
    assert done == {
        "up:1": [["b", "c"], "a", "a"],
        "down:0": [["b", "c"], "a", "a"],
        "copy:1.0": ["a", ["b", "b", "c"], "a"],
        "enclose:0": [["a"], ["b", "c"], "a"],
        "free:1": ["a", "b", "c", "a"],
        "free:1.1": ["a", ["b"], "c", "a"],
        "remove:1.0": ["a", ["c"], "a"],
        "up:0": ["a", ["b", "c"], "a"],
        "down:2": ["a", ["b", "c"], "a"],
    }


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.builds(
            "{}:{}".format,
            st.sampled_from(["add", "copy", "up", "down", "enclose", "free", "turn", "remove", "less", "narrow", "x"]),
            st.one_of(
                st.text("0123456789.:hnw-²", max_size=8),
                st.sampled_from(["0", "1", "1.0", "0.0.0", "event:1", "tag=x", "group:1.0", "group"]),
            ),
        ),
        max_size=30,
    )
)
def test_no_act_breaks_the_form_or_makes_more_than_it_holds(acts: list[str]) -> None:
    sketch = GROUPED
    for act in acts:
        sketch = changed(sketch, act)
    data = sent(build(sketch, CATALOGUE, lambda of, key: ()))
    assert names(posted(data).rows) == names(sketch.rows)


def test_measures_wait_in_the_form_while_it_is_has_not() -> None:
    having = (Measure("at_least", "count", "4"), Measure("between", "days", "3", "9"))
    row = replace(A, did="did_not", having=having)
    known = next(iter(CATALOGUE.events))
    row = replace(row, step=Step(known))
    [again] = posted(sent(build(Sketch(rows=(row,)), CATALOGUE, lambda of, key: ()))).rows
    assert again.having == having
    [clause] = rule_of(Sketch(rows=(again,)), CATALOGUE)["where"]["all"]
    assert clause == {"type": "did_not", "event": f"event:{known}", "within": {"type": "ever"}}
    [opposite] = changed(Sketch(rows=(again,)), "turn:0").rows
    assert (opposite.did, opposite.having) == ("did", ())


def test_what_is_typed_finds_conditions_by_sound_and_first_letters() -> None:
    known = catalogue_of({"order.paid": Event(label="购买商品"), "visit.made": Event(label="매장 방문")})
    said = {
        typed: [one.act for section in offers(known, typed) for one in section.offers]
        for typed in ("goumai", "gmsp", "商品", "ㅁㅈ", "order.p", "", "xyz")
    }
    paid, visit = ["event=order.paid"], ["event=visit.made"]
    assert said == {"goumai": paid, "gmsp": paid, "商品": paid, "ㅁㅈ": visit, "order.p": paid, "": [], "xyz": []}


def catalogue_of(events: dict[str, Event]) -> Catalogue:
    return Catalogue({}, events, "CNY")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"version": 1, "where": []}', "where: This value does not fit. Enter an object: {…}."),
        (
            '{"version": 1, "where": {"type": "all", "all": {}}}',
            "where.all: This value does not fit. Enter a list: […].",
        ),
        (
            '{"version": 1, "where": {"type": "share", "percent": "x"}}',
            "where.percent: This value does not fit. Enter a whole number.",
        ),
    ],
)
def test_json_of_another_shape_says_which_is_wanted(text: str, said: str) -> None:
    with pytest.raises(NotARule) as caught:
        pasted(text, CATALOGUE)
    assert str(caught.value) == said


def test_a_number_of_days_that_is_too_large_says_so() -> None:
    window = Window("last_days", days="9" * 20)
    rule = rule_of(Sketch(rows=(replace(A, step=Step(next(iter(CATALOGUE.events))), window=window),)), CATALOGUE)
    with pytest.raises(RuleError) as caught:
        parse_rule(rule, CATALOGUE)
    assert error_text(caught.value) == "This number is too small or too big. Enter another one."


@pytest.mark.parametrize(
    ("language", "within", "days", "said"),
    [
        ("en", "last_days", "1", ["in the last", "day"]),
        ("en", "days_ago", "1", ["at least", "day ago, at most"]),
        ("en", "days_ago", "30", ["at least", "days ago, at most"]),
        ("ko", "days_ago", "30", ["며칠 전", "일 이상,", "일 이하"]),
        ("ko", "before", "", ["이전"]),
    ],
)
def test_the_words_of_a_window_fit_its_number(language: str, within: str, days: str, said: list[str]) -> None:
    with translation.override(language):
        pieces = Did(CATALOGUE, lambda of, key: (), None).window(Window(within, days=days), "0")
        chosen = [str(dict(one.options)[one.value]) if one.control == "select" else one.text for one in pieces]
    assert [one for one in chosen if one] == said


@pytest.mark.parametrize(
    ("language", "said"), [("en", ["all of this is true"]), ("ko", ["다음을 모두 충족하는", "경우"])]
)
def test_a_group_in_a_group_is_a_phrase_of_its_own(language: str, said: list[str]) -> None:
    with translation.override(language):
        built = build(Sketch(rows=(Row("group", join="all"),)), CATALOGUE, lambda of, key: ())
        chosen = [str(dict(one.options)[one.value]) if one.options else one.text for one in built.rows[0].pieces]
    assert chosen == said


def test_json_that_is_no_rule_says_where() -> None:
    wrong = {
        "{": "This is no JSON. Look at line 1, column 2.",
        "[" * 100_000: "This is no rule.",
        "[]": "the whole: This value does not fit. Enter an object with “version” and “where”.",
        '{"version": 1, "where": {"type": "all", "all": [{"type": "member"}, {"type": "level", "levels": ["vip"]}]}}': (
            "where.all[1].levels[0]: This is not one of the choices. Choose from the list."
        ),
    }
    said = {}
    for text in wrong:
        with pytest.raises(NotARule) as refusal:
            pasted(text, CATALOGUE)
        said[text] = str(refusal.value)
    assert said == wrong
