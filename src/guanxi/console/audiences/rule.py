"""From the rows of the builder to the JSON of a rule, and back.

The grammar allows more than the builder shows; `sketch_of` answers None for such a rule, so that it is never bent into
something else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from guanxi.audiences.queries import Catalogue, Rule, RuleError
from guanxi.console.audiences.sketch import AMOUNT, MORE, Row, Sketch, Test, Trouble
from guanxi.kit import money

PLACE = re.compile(r"\.(?:all|any)\[(\d+)\](.*)")
CONDITION = re.compile(r"\.where\[(\d+)\]")
SEVERAL = re.compile(r"\s*[;；]\s*")
TIMES = ("first_time", "last_time")
FIGURES = ("min", "max", "last")
ONE_VALUE = frozenset({"is", "is_not", "contains", "gt", "gte", "lt", "lte"})
MANY_VALUES = frozenset({"in", "not_in"})
# Which field a word at the end of an error's path means.
CONTROLS = {
    "event": "event",
    "trait": "key",
    "prop": "key",
    "op": "op",
    "value": "value",
    "having": "number",
    "days": "days",
    "date": "first",
    "first": "first",
    "last": "last",
    "within": "within",
    "least": "days",
    "most": "most",
    "of": "key",
    "next": "next",
    "number": "gap",
    "unit": "unit",
    "percent": "percent",
    "by": "by",
    "skip": "skip",
    "seed": "seed",
    "audience": "audience",
    "tags": "tag",
}


def rule_of(sketch: Sketch, catalogue: Catalogue) -> dict[str, Any]:
    """JSON for `parse_rule`, which says what is wrong with it."""
    clauses = [_clause(row, catalogue) for row in sketch.rows]
    return {"version": 1, "where": {"type": sketch.join, sketch.join: clauses}}


def _clause(row: Row, catalogue: Catalogue) -> dict[str, Any]:
    match row.kind:
        case "group":
            return {"type": row.join, row.join: [_clause(inner, catalogue) for inner in row.rows]}
        case "level":
            return {"type": "level", "levels": list(row.levels)}
        case "trait":
            trait = catalogue.traits.get(row.test.key.removeprefix("trait:"))
            return {"type": "trait", "trait": row.test.key} | _tested(row.test, trait.kind if trait else "text")
        case kind if kind in MORE:
            return _more_clause(row)
        case _:
            return _event_clause(row, catalogue)


def _more_clause(row: Row) -> dict[str, Any]:
    said = row.more
    event, window = f"event:{row.event}", _window(row)
    match row.kind:
        case "sequence":
            gap = {"unit": said["unit"], "number": _number(said["gap"])}
            steps = {"first": {"event": event}, "next": {"event": f"event:{said['next']}"}}
            return {"type": said["then"], **steps, "gap": gap, "within": window}
        case "top":
            percent = _number(said["percent"])
            return {"type": said["end"], "percent": percent, "by": said["by"], "event": event, "within": window}
        case "share":
            numbers = {name: _number(said[name]) for name in ("percent", "skip")}
            return {"type": "share", **numbers, "seed": said["seed"]}
        case "role":
            return {"type": "role", "roles": list(row.levels)}
        case "strength":
            return {"type": "strength", "bands": list(row.levels)}
        case "member":
            return {"type": "member"}
        case "tag":
            return {"type": "tag", "tags": [said["tag"]]}
        case "tie":
            of = [said["of"]] if said["of"] else []
            return {"type": "tie", "kind": said["tie"], "of": of, "state": said["state"]}
        case _:
            return {"type": "audience", "audience": said["audience"]}


def _event_clause(row: Row, catalogue: Catalogue) -> dict[str, Any]:
    clause: dict[str, Any] = {"type": "did_not" if row.did == "did_not" else "did", "event": f"event:{row.event}"}
    if row.where:
        clause["where"] = [_condition(test, row.event, catalogue) for test in row.where]
    if row.did == "did_not":
        return clause | {"within": _window(row)}
    if row.bound in TIMES:
        return clause | {"having": [{"type": row.bound, "within": _window(row)}], "within": {"type": "ever"}}
    clause["having"] = [_figure(row, catalogue) if row.bound in FIGURES else _measured(row, catalogue.currency)]
    return clause | {"within": _window(row)}


def _figure(row: Row, catalogue: Catalogue) -> dict[str, Any]:
    return {"type": row.bound, "of": row.test.key} | _tested(row.test, _kind(row.test.key, row.event, catalogue))


def _kind(key: str, event: str, catalogue: Catalogue) -> str:
    if key == AMOUNT:
        return f"money:{catalogue.currency}"
    known = catalogue.events.get(event)
    spec = known.properties.get(key.removeprefix("prop:")) if known else None
    return spec.kind if spec else "text"


def _condition(test: Test, event: str, catalogue: Catalogue) -> dict[str, Any]:
    kind = _kind(test.key, event, catalogue)
    named = {"type": "amount"} if test.key == AMOUNT else {"type": "prop", "prop": test.key}
    return named | _tested(test, kind)


def _tested(test: Test, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {"op": test.op}
    if test.op in MANY_VALUES:
        found["value"] = [_typed(one, kind) for one in SEVERAL.split(test.value) if one]
    elif test.op == "between":
        found["value"] = [_typed(test.value, kind), _typed(test.upper, kind)]
    elif test.op in ONE_VALUE:
        found["value"] = _typed(test.value, kind)
    return found


def _typed(text: str, kind: str) -> Any:
    """What cannot be read stays a text, which the rule language refuses where it does not fit."""
    if kind.startswith("money:"):
        return _minor(text, kind.removeprefix("money:"))
    if kind == "number":
        return _number(text)
    if kind == "flag":
        return {"yes": True, "no": False}.get(text, text)
    return text


def _number(text: str) -> Any:
    try:
        return json.loads(text) if re.fullmatch(r"-?(0|[1-9]\d{0,15})(\.\d{1,10})?", text, re.ASCII) else text
    except ValueError:
        return text


def _minor(text: str, currency: str) -> Any:
    try:
        return money.parse_minor(text, currency)
    except money.NotMoney:
        return text


def _measured(row: Row, currency: str) -> dict[str, Any]:
    of = row.measure.removeprefix("sum:")
    if of != row.measure:
        kind, named = "sum", {"of": of}
    else:
        kind, named = (row.measure if row.measure in ("sum", "days") else "count"), {}
    read = (lambda text: _minor(text, currency)) if row.measure == "sum" else _number
    bounds: dict[str, Any] = {}
    if row.bound == "between":
        bounds = {"at_least": row.number, "at_most": row.upper}
    elif row.bound in ("at_least", "at_most", "exactly"):
        bounds = {row.bound: row.number}
    return {"type": kind} | named | {name: read(text) for name, text in bounds.items() if text}


def _window(row: Row) -> dict[str, Any]:
    match row.within:
        case "last_days":
            return {"type": "last_days"} | ({"days": _number(row.days)} if row.days else {})
        case "since":
            return {"type": "since", "date": row.first}
        case "before":
            return {"type": "before", "date": row.first}
        case "between":
            return {"type": "between", "first": row.first, "last": row.last}
        case "days_ago":
            most = {"most": _number(row.most)} if row.most else {}
            return {"type": "days_ago"} | ({"least": _number(row.days)} if row.days else {}) | most
        case _:
            return {"type": "ever"}


def trouble(error: RuleError, sketch: Sketch) -> Trouble:
    """Where in the form the error of a rule belongs."""
    found = PLACE.match(error.path.removeprefix("where"))
    if not found or int(found[1]) >= len(sketch.rows):
        return Trouble(error)
    place, rest = found[1], found[2]
    inner = PLACE.match(rest)
    if sketch.rows[int(place)].kind == "group" and inner:
        place, rest = f"{place}.{inner[1]}", inner[2]
    condition = CONDITION.match(rest)
    at = f"{place}-w{condition[1]}" if condition else place
    return Trouble(error, place, int(condition[1]) if condition else -1, f"{at}-{_control(rest)}")


def _control(rest: str) -> str:
    """The field that the end of a path speaks of."""
    words = re.findall(r"[a-z_]+", rest)
    return next((CONTROLS[word] for word in reversed(words) if word in CONTROLS), "event")


# From the rule


class _Unshown(Exception):
    """The builder has no row for this."""


def sketch_of(rule: Rule, catalogue: Catalogue) -> Sketch | None:
    """None when the builder cannot show it."""
    plain: dict[str, Any] = rule.model_dump(mode="json")
    where: dict[str, Any] = plain["where"]
    where = where if where["type"] in ("all", "any") else {"type": "all", "all": [where]}
    try:
        rows = tuple(_shown(clause, catalogue, nested=False) for clause in where[where["type"]])
    except _Unshown:
        return None
    sketch = Sketch(where["type"], rows)
    return sketch if _same(rule_of(sketch, catalogue)["where"], where) else None


def _same(one: Any, other: Any) -> bool:
    return json.dumps(_spelled(one), sort_keys=True) == json.dumps(_spelled(other), sort_keys=True)


def _spelled(clause: Mapping[str, Any]) -> dict[str, Any]:
    """With everything said that may be left out, and nothing that may be."""
    kind = clause["type"]
    found = dict(clause)
    if kind in ("all", "any"):
        found[kind] = [_spelled(inner) for inner in clause[kind]]
    if kind in ("did", "did_not"):
        found["where"] = list(clause.get("where") or [])
        found["within"] = clause.get("within") or {"type": "ever"}
    if kind == "did":
        having = clause.get("having") or [{"type": "count", "at_least": 1}]
        found["having"] = [_said(one, "of", AMOUNT) for one in having]
    if kind in ("then", "then_not"):
        found |= {step: _said(clause[step], "where", []) for step in ("first", "next")}
    if kind in ("top", "bottom"):
        found = _said(found, "where", [])
    return found


def _said(part: Mapping[str, Any], name: str, otherwise: Any) -> dict[str, Any]:
    """Without what is said by leaving it out as well."""
    return {key: value for key, value in part.items() if key != name or value != otherwise}


def _shown(clause: Mapping[str, Any], catalogue: Catalogue, *, nested: bool) -> Row:
    match clause["type"]:
        case "all" | "any" as join if not nested:
            return Row("group", join=join, rows=tuple(_shown(one, catalogue, nested=True) for one in clause[join]))
        case "level":
            return Row("level", levels=tuple(clause["levels"]))
        case "trait":
            return Row("trait", test=_test_of(clause, clause["trait"], ""))
        case "did" | "did_not":
            return _event_row(clause, catalogue)
        case "then" | "then_not":
            named = {"then": clause["type"], "next": clause["next"]["event"].removeprefix("event:")}
            gap = {"gap": str(clause["gap"]["number"]), "unit": clause["gap"]["unit"]}
            row = Row("sequence", event=clause["first"]["event"].removeprefix("event:"), more=named | gap)
            return _windowed(row, clause.get("within") or {})
        case "top" | "bottom":
            more = {"end": clause["type"], "percent": str(clause["percent"]), "by": clause["by"]}
            row = Row("top", event=clause["event"].removeprefix("event:"), more=more)
            return _windowed(row, clause.get("within") or {})
        case "share":
            return Row("share", more={name: str(clause[name]) for name in ("percent", "skip", "seed")})
        case "audience":
            return Row("audience", more={"audience": clause["audience"]})
        case "role":
            return Row("role", levels=tuple(clause["roles"]))
        case "strength":
            return Row("strength", levels=tuple(clause["bands"]))
        case "member":
            return Row("member")
        case "tag" if len(clause["tags"]) == 1:
            return Row("tag", more={"tag": clause["tags"][0]})
        case "tie" if len(clause["of"]) <= 1:
            of = clause["of"][0] if clause["of"] else ""
            return Row("tie", more={"tie": clause["kind"], "of": of, "state": clause["state"]})
        case _:
            raise _Unshown


def _event_row(clause: Mapping[str, Any], catalogue: Catalogue) -> Row:
    where = tuple(
        _test_of(one, AMOUNT, catalogue.currency) if one["type"] == "amount" else _test_of(one, one["prop"], "")
        for one in clause.get("where") or []
    )
    row = Row("event", did=clause["type"], event=clause["event"].removeprefix("event:"), where=where)
    row = _counted(row, clause.get("having") or [], catalogue.currency)
    within = clause.get("within") or {"type": "ever"}
    if row.bound in TIMES:
        if within["type"] != "ever":
            raise _Unshown
        return row
    return _windowed(row, within)


def _counted(row: Row, having: list[dict[str, Any]], currency: str) -> Row:
    if not having:
        return row
    if len(having) > 1:
        raise _Unshown
    kind, of = having[0]["type"], having[0].get("of", AMOUNT)
    if kind in TIMES:
        return _windowed(replace(row, bound=kind), having[0]["within"])
    if kind in FIGURES:
        return replace(row, bound=kind, test=_test_of(having[0], of, currency if of == AMOUNT else ""))
    unit = currency if kind == "sum" and of == AMOUNT else ""
    bounds = {name: _text(having[0][name], unit) for name in ("at_least", "at_most", "exactly") if name in having[0]}
    row = replace(row, measure=kind if of == AMOUNT else f"sum:{of}")
    if len(bounds) == 2:
        return replace(row, bound="between", number=bounds["at_least"], upper=bounds["at_most"])
    [(bound, number)] = bounds.items()
    return replace(row, bound=bound, number=number)


def _windowed(row: Row, within: Mapping[str, Any]) -> Row:
    match within.get("type"):
        case "last_days":
            return replace(row, within="last_days", days=str(within["days"]))
        case "since":
            return replace(row, within="since", first=within["date"])
        case "before":
            return replace(row, within="before", first=within["date"])
        case "days_ago":
            most = "" if within.get("most") is None else str(within["most"])
            return replace(row, within="days_ago", days=str(within["least"]), most=most)
        case "between":
            return replace(row, within="between", first=within["first"], last=within["last"])
        case _:
            return row


def _test_of(test: Mapping[str, Any], key: str, currency: str) -> Test:
    value = test.get("value")
    values = [_text(one, currency) for one in (value if isinstance(value, list) else [value]) if one is not None]
    if test["op"] == "between":
        return Test(key, test["op"], *values)
    return Test(key, test["op"], "; ".join(values))


def _text(value: Any, currency: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if currency:
        places = money.precision(currency)
        whole, rest = divmod(abs(value), 10**places)
        return f"{'-' if value < 0 else ''}{whole}" + (f".{rest:0{places}d}" if places and rest else "")
    return str(value)
