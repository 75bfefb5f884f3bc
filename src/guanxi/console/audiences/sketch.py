"""A rule as rows of a form: what the builder shows, what was posted, and what its buttons do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from django.http import QueryDict

from guanxi.audiences.queries import RuleError

MOST_ROWS = 60
ROW = re.compile(r"\d{1,2}(\.\d{1,2})?", re.ASCII)
AMOUNT = "amount"
# The fields of the other kinds of rows, with what they begin as.
MORE: dict[str, dict[str, str]] = {
    "sequence": {"then": "then_not", "next": "order.paid", "gap": "3", "unit": "days"},
    "top": {"end": "top", "percent": "5", "by": "count"},
    "share": {"percent": "10", "skip": "0", "seed": ""},
    "audience": {"audience": ""},
    "role": {},
    "strength": {},
    "member": {},
    "tag": {"tag": ""},
    "tie": {"tie": "friend", "of": "", "state": "active"},
}


@dataclass(frozen=True)
class Test:
    """`key` is `prop:department`, `trait:city`, `amount` or empty."""

    key: str = ""
    op: str = "is"
    value: str = ""
    upper: str = ""


@dataclass(frozen=True)
class Row:
    """One line of the builder; `kind` says which of the fields count."""

    kind: str
    test: Test = Test()
    levels: tuple[str, ...] = ()
    did: str = "did"
    event: str = ""
    where: tuple[Test, ...] = ()
    measure: str = "count"
    bound: str = "at_least"
    number: str = "1"
    upper: str = ""
    within: str = "ever"
    days: str = "90"
    most: str = ""
    first: str = ""
    last: str = ""
    join: str = "any"
    rows: tuple[Row, ...] = ()
    more: Mapping[str, str] = field(default_factory=dict)
    """What the kinds of `more.py` ask for."""


@dataclass(frozen=True)
class Sketch:
    join: str = "all"
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Trouble:
    """What is wrong, and where: `row` is `2` or `2.0`, "" for the whole; `condition` its place in the row, or -1;
    `control` the name of the field."""

    error: RuleError
    row: str = ""
    condition: int = -1
    control: str = ""


@dataclass
class _Draft:
    row: Row
    inner: list[Row] = field(default_factory=list)


# From the form


def posted(data: QueryDict) -> Sketch:
    """Whatever was sent becomes a sketch; whether it makes sense is for the rule language to say."""
    drafts: dict[str, _Draft] = {}
    for at in data.getlist("row")[:MOST_ROWS]:
        if not ROW.fullmatch(at):
            continue
        outer, _, inner = at.partition(".")
        if not inner:
            drafts[outer] = _Draft(_row(data, at))
        elif outer in drafts and drafts[outer].row.kind == "group":
            drafts[outer].inner.append(_row(data, at))
    rows = tuple(replace(draft.row, rows=tuple(draft.inner)) for draft in drafts.values())
    return Sketch(_join(data.get("join", "all"), "all"), rows)


def _row(data: QueryDict, at: str) -> Row:
    def said(name: str, otherwise: str = "") -> str:
        return data.get(f"{at}-{name}", otherwise).strip()

    kind = said("kind")
    if kind not in ("trait", "level", "group", *MORE):
        kind = "event"
    places = [place for place in data.getlist(f"{at}-where")[:20] if place.isascii() and place.isdigit()]
    return Row(
        kind=kind,
        test=_test(data, at),
        levels=tuple(data.getlist(f"{at}-levels")),
        did=said("did", "did"),
        event=said("event"),
        where=tuple(_test(data, f"{at}-w{place}") for place in places),
        measure=said("measure", "count"),
        bound=said("bound", "at_least"),
        number=said("number", "1"),
        upper=said("upper"),
        within=said("within", "ever"),
        days=said("days", "90"),
        most=said("most"),
        first=said("first"),
        last=said("last"),
        join=_join(said("join", "any"), "any"),
        more={name: said(name, otherwise) for name, otherwise in MORE.get(kind, {}).items()},
    )


def _test(data: QueryDict, at: str) -> Test:
    key, op = data.get(f"{at}-key", ""), data.get(f"{at}-op", "is")
    return Test(key, op, data.get(f"{at}-value", "").strip(), data.get(f"{at}-high", "").strip())


def _join(given: str, otherwise: str) -> str:
    return given if given in ("all", "any") else otherwise


def changed(sketch: Sketch, act: str) -> Sketch:
    """After a button: `add:<kind>`, `add:<kind>:<group>`, `remove:<row>`, `more:<row>`, `less:<row>:<condition>`."""
    verb, *rest = act.split(":")
    match verb, rest:
        case "add", [kind]:
            return replace(sketch, rows=(*sketch.rows, fresh(kind)))
        case "add", [kind, group]:
            return _at(sketch, group, lambda row: [replace(row, rows=(*row.rows, fresh(kind)))])
        case "remove", [place]:
            return _at(sketch, place, lambda row: [])
        case "more", [place]:
            return _at(sketch, place, lambda row: [replace(row, where=(*row.where, Test()))])
        case "less", [place, gone]:
            return _at(sketch, place, lambda row: [replace(row, where=_without(row.where, gone))])
        case _:
            return sketch


def fresh(kind: str) -> Row:
    match kind:
        case "group":
            return Row("group", rows=(Row("event", event="order.paid"),))
        case "trait" | "level":
            return Row(kind)
        case _ if kind in MORE:
            levels = {"role": ("leader",), "strength": ("strong",)}.get(kind, ())
            return Row(kind, event="order.paid", within="ever", more=MORE[kind], levels=levels)
        case _:
            return Row("event", event="order.paid")


def _without(where: tuple[Test, ...], gone: str) -> tuple[Test, ...]:
    return tuple(test for at, test in enumerate(where) if str(at) != gone)


def _at(sketch: Sketch, place: str, change: Callable[[Row], list[Row]]) -> Sketch:
    outer, _, inner = place.partition(".")
    rows: list[Row] = []
    for at, row in enumerate(sketch.rows):
        if str(at) != outer:
            rows.append(row)
        elif inner:
            nested = [change(one) if str(under) == inner else [one] for under, one in enumerate(row.rows)]
            rows.append(replace(row, rows=tuple(one for some in nested for one in some)))
        else:
            rows += change(row)
    return replace(sketch, rows=tuple(rows))
