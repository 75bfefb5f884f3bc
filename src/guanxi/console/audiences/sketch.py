"""A rule as rows of a form, each of which may hold rows of its own: what the builder shows and what was posted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict

from guanxi.audiences.queries import RuleError

MOST_ROWS = 120
MOST_DEEP = 10
MOST_DETAILS = 20
MOST_CHOSEN = 100
ROW = re.compile(r"\d{1,3}(\.\d{1,3}){0,9}", re.ASCII)
NUMBER = re.compile(r"-?(0|[1-9]\d{0,99})(\.\d{1,10})?", re.ASCII)
AMOUNT = "amount"
# `none` and `not_all` are the opposites of `any` and `all`.
JOINS = ("all", "any", "none", "not_all")
# The single fields of the kinds of rows, with what they begin as.
MORE: dict[str, dict[str, str]] = {
    "sequence": {"then": "then_not", "gap": "3", "unit": "days"},
    "top": {"end": "top", "percent": "5", "by": "count"},
    "share": {"percent": "10", "skip": "0", "seed": ""},
    "audience": {"audience": ""},
    "tie": {"tie": "friend", "state": "active"},
    "agreed": {"agreed": ""},
    "kept": {"json": ""},
}
KINDS = frozenset({"event", "trait", "level", "group", "role", "strength", "member", "tag", *MORE})


def number_of(text: str) -> Any:
    """What is no number stays a text, which the rule language refuses."""
    return json.loads(text) if NUMBER.fullmatch(text) else text


@dataclass(frozen=True)
class Test:
    """`key` is `prop:department`, `trait:city`, `amount` or empty."""

    key: str = ""
    op: str = "is"
    value: str = ""
    upper: str = ""


@dataclass(frozen=True)
class Window:
    within: str = "ever"
    days: str = "90"
    most: str = ""
    first: str = ""
    last: str = ""


@dataclass(frozen=True)
class Measure:
    """`bound` says which of the fields count."""

    bound: str = "at_least"
    unit: str = "count"
    number: str = "1"
    upper: str = ""
    test: Test = Test()
    window: Window = Window()


@dataclass(frozen=True)
class Step:
    event: str = ""
    where: tuple[Test, ...] = ()


@dataclass(frozen=True)
class Row:
    """One condition of the builder; `kind` says which of the fields count."""

    kind: str
    negated: bool = False
    test: Test = Test()
    ticked: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    """Public ids of tags, or of whom or what a tie is with."""
    did: str = "did"
    step: Step = Step()
    following: Step = Step()
    having: tuple[Measure, ...] = ()
    window: Window = Window()
    join: str = "any"
    rows: tuple[Row, ...] = ()
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sketch:
    join: str = "all"
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Trouble:
    """What is wrong, and where: `row` is `2` or `2.0`, "" for the whole; `detail` the beginning of the names of its
    fields (`2-w0`), or ""; `control` the name of the field."""

    error: RuleError
    row: str = ""
    detail: str = ""
    control: str = ""


# From the form


def posted(data: QueryDict) -> Sketch:
    """Whatever was sent becomes a sketch; whether it makes sense is for the rule language to say."""
    places = [at for at in dict.fromkeys(data.getlist("row")) if ROW.fullmatch(at)]
    return Sketch(_join(data.get("join", "all"), "all"), _inside(_Sent(data), places, ""))


def _inside(sent: _Sent, places: list[str], outer: str) -> tuple[Row, ...]:
    own = [at for at in places if at.rpartition(".")[0] == outer]
    rows = [(at, sent.row(at)) for at in own]
    return tuple(replace(row, rows=_inside(sent, places, at)) if row.kind == "group" else row for at, row in rows)


@dataclass(frozen=True)
class _Sent:
    data: QueryDict

    def said(self, at: str, name: str, otherwise: str = "") -> str:
        return self.data.get(f"{at}-{name}", otherwise).strip()

    def row(self, at: str) -> Row:
        kind = self.said(at, "kind")
        kind = kind if kind in KINDS else "event"
        return Row(
            kind=kind,
            negated=self.said(at, "not") == "1",
            test=self.test(at),
            ticked=tuple(self.data.getlist(f"{at}-levels")[:MOST_DETAILS]),
            of=tuple(one for one in self.data.getlist(f"{at}-of")[:MOST_CHOSEN] if one),
            did=self.said(at, "did", "did"),
            step=self.step(at),
            following=self.step(f"{at}-n"),
            having=tuple(self.measure(under) for under in self.details(at, "having", "h")),
            window=self.window(at),
            join=_join(self.said(at, "join"), "any"),
            more={name: self.said(at, name, otherwise) for name, otherwise in MORE.get(kind, {}).items()},
        )

    def details(self, at: str, name: str, letter: str) -> Iterator[str]:
        for place in self.data.getlist(f"{at}-{name}")[:MOST_DETAILS]:
            if place.isascii() and place.isdigit():
                yield f"{at}-{letter}{place}"

    def step(self, at: str) -> Step:
        return Step(self.said(at, "event"), tuple(self.test(under) for under in self.details(at, "where", "w")))

    def test(self, at: str) -> Test:
        names = ("key", "op", "value", "high")
        key, op, value, upper = (self.said(at, name) for name in names)
        return Test(key, op or "is", value, upper)

    def window(self, at: str) -> Window:
        plain = Window()
        return Window(
            self.said(at, "within", plain.within),
            self.said(at, "days", plain.days),
            self.said(at, "most"),
            self.said(at, "first"),
            self.said(at, "last"),
        )

    def measure(self, at: str) -> Measure:
        return Measure(
            self.said(at, "bound", "at_least"),
            self.said(at, "measure", "count"),
            self.said(at, "number", "1"),
            self.said(at, "upper"),
            self.test(at),
            self.window(at),
        )


def _join(given: str, otherwise: str) -> str:
    return given if given in JOINS else otherwise
