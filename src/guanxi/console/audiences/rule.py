"""From the rows of the builder to the JSON of a rule, and where in the form an error of it belongs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from guanxi.audiences.queries import Catalogue, RuleError
from guanxi.console.audiences import yearly
from guanxi.console.audiences.sketch import AMOUNT, Measure, Row, Sketch, Step, Test, Trouble, Window, number_of
from guanxi.kit import money

INSIDE = re.compile(r"(?:\.not)*\.(?:all|any)\[(\d+)\](.*)")
DETAIL = re.compile(r"(?:\.not)*(?:\.(first|next))?(?:\.(where|having)\[(\d+)\])?")
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
    "of": "of",
    "number": "gap",
    "unit": "unit",
    "percent": "percent",
    "by": "by",
    "skip": "skip",
    "seed": "seed",
    "channel": "agreed",
    "purpose": "agreed",
    "audience": "audience",
    "tags": "of",
    "at_least": "number",
    "at_most": "number",
    "exactly": "number",
}


def rule_of(sketch: Sketch, catalogue: Catalogue) -> dict[str, Any]:
    """JSON for `parse_rule`, which says what is wrong with it."""
    return {"version": 1, "where": _joined(sketch.join, [clause_of(row, catalogue) for row in sketch.rows])}


def _joined(join: str, clauses: list[dict[str, Any]]) -> dict[str, Any]:
    plain = {"none": "any", "not_all": "all"}.get(join, join)
    found = {"type": plain, plain: clauses}
    return found if plain == join else {"type": "not", "not": found}


def clause_of(row: Row, catalogue: Catalogue) -> dict[str, Any]:
    if row.kind == "group":
        return _joined(row.join, [clause_of(inner, catalogue) for inner in row.rows])
    found = _plain(row, catalogue)
    return {"type": "not", "not": found} if row.negated else found


def _plain(row: Row, catalogue: Catalogue) -> dict[str, Any]:
    said = row.more
    match row.kind:
        case "event":
            return _event_clause(row, catalogue)
        case "trait" if row.test.op in yearly.OPERATORS:
            return yearly.clause_of(row.test)
        case "trait":
            trait = catalogue.traits.get(row.test.key.removeprefix("trait:"))
            return {"type": "trait", "trait": row.test.key} | _tested(row.test, trait.kind if trait else "text")
        case "level":
            return {"type": "level", "levels": list(row.ticked)}
        case "role":
            return {"type": "role", "roles": list(row.ticked)}
        case "strength":
            return {"type": "strength", "bands": list(row.ticked)} | ({"of": list(row.of)} if row.of else {})
        case "member":
            return {"type": "member"}
        case "tag":
            return {"type": "tag", "tags": list(row.of)}
        case "tie":
            return {"type": "tie", "kind": said["tie"], "of": list(row.of), "state": said["state"]}
        case "sequence":
            gap = {"unit": said["unit"], "number": number_of(said["gap"])}
            steps = {"first": _step(row.step, catalogue), "next": _step(row.following, catalogue)}
            return {"type": said["then"], **steps, "gap": gap, "within": _window(row.window)}
        case "top":
            ranked = {"type": said["end"], "percent": number_of(said["percent"]), "by": said["by"]}
            return ranked | _step(row.step, catalogue) | {"within": _window(row.window)}
        case "share":
            numbers = {name: number_of(said[name]) for name in ("percent", "skip")}
            return {"type": "share", **numbers, "seed": said["seed"]}
        case "agreed":
            code, purpose, channel = [*said["agreed"].split("/"), "", "", ""][:3]
            found = {"type": code.partition(".")[0], "channel": channel, "purpose": purpose}
            return found | ({"state": code.partition(".")[2]} if found["type"] == "consent" else {})
        case "kept":
            return kept_clause(said["json"])
        case _:
            return {"type": "audience", "audience": said["audience"]}


def kept_clause(text: str) -> dict[str, Any]:
    """A condition that the builder has no words for travels through the form as it is; half a letter or what stands
    too deep to be shown again does not."""
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False, indent=2).encode()
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"type": "kept"}


def _event_clause(row: Row, catalogue: Catalogue) -> dict[str, Any]:
    clause = {"type": "did_not" if row.did == "did_not" else "did"} | _step(row.step, catalogue)
    if row.having and row.did != "did_not":
        clause["having"] = [_measured(one, row.step.event, catalogue) for one in row.having]
    return clause | {"within": _window(row.window)}


def _step(step: Step, catalogue: Catalogue) -> dict[str, Any]:
    found: dict[str, Any] = {"event": f"event:{step.event}"}
    return found | ({"where": [_condition(test, step.event, catalogue) for test in step.where]} if step.where else {})


def _kind(key: str, event: str, catalogue: Catalogue) -> str:
    if key == AMOUNT:
        return f"money:{catalogue.currency}"
    known = catalogue.events.get(event)
    spec = known.properties.get(key.removeprefix("prop:")) if known else None
    return spec.kind if spec else "text"


def _condition(test: Test, event: str, catalogue: Catalogue) -> dict[str, Any]:
    named = {"type": "amount"} if test.key == AMOUNT else {"type": "prop", "prop": test.key}
    return named | _tested(test, _kind(test.key, event, catalogue))


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
        return number_of(text)
    if kind == "flag":
        return {"yes": True, "no": False}.get(text, text)
    return text


def _minor(text: str, currency: str) -> Any:
    try:
        return money.parse_minor(text, currency)
    except money.NotMoney:
        return text


def _measured(measure: Measure, event: str, catalogue: Catalogue) -> dict[str, Any]:
    if measure.bound in TIMES:
        return {"type": measure.bound, "within": _window(measure.window)}
    if measure.bound in FIGURES:
        tested = _tested(measure.test, _kind(measure.test.key, event, catalogue))
        return {"type": measure.bound, "of": measure.test.key} | tested
    of = measure.unit.removeprefix("sum:")
    if of != measure.unit:
        kind, named = "sum", {"of": of}
    else:
        kind, named = (measure.unit if measure.unit in ("sum", "days") else "count"), {}
    read = (lambda text: _minor(text, catalogue.currency)) if measure.unit == "sum" else number_of
    bounds: dict[str, Any] = {}
    if measure.bound == "between":
        bounds = {"at_least": measure.number, "at_most": measure.upper}
    elif measure.bound in ("at_least", "at_most", "exactly"):
        bounds = {measure.bound: measure.number}
    return {"type": kind} | named | {name: read(text) for name, text in bounds.items() if text}


def _window(window: Window) -> dict[str, Any]:
    match window.within:
        case "last_days":
            return {"type": "last_days"} | ({"days": number_of(window.days)} if window.days else {})
        case "since":
            return {"type": "since", "date": window.first}
        case "before":
            return {"type": "before", "date": window.first}
        case "between":
            return {"type": "between", "first": window.first, "last": window.last}
        case "days_ago":
            most = {"most": number_of(window.most)} if window.most else {}
            return {"type": "days_ago"} | ({"least": number_of(window.days)} if window.days else {}) | most
        case _:
            return {"type": "ever"}


# Where an error belongs


def trouble(error: RuleError, sketch: Sketch) -> Trouble:
    place, row, rest = _row_at(error.path.removeprefix("where"), sketch.rows)
    if row is None:
        return Trouble(error, place)
    found = DETAIL.match(rest)
    assert found is not None
    step, detail, number = found.groups()
    begins = f"{place}-n" if step == "next" else place
    if detail:
        letter = "h" if detail == "having" else "w"
        inner = f"{begins}-{letter}{number}"
        return Trouble(error, place, inner, f"{inner}-{_control(rest[found.end() :], detail, row, int(number))}")
    words = _words(rest)
    if row.kind in ("level", "role", "strength") and "of" not in words:
        return Trouble(error, place, "", f"{place}-levels")
    if "falls" in words:
        of_day = words[-1] == "day" or error.code == "no_such_day"
        return Trouble(error, place, "", f"{place}-{'high' if of_day else 'value'}")
    return Trouble(error, place, "", f"{begins}-{_named(words)}")


def _row_at(path: str, rows: Iterable[Row]) -> tuple[str, Row | None, str]:
    place, row, rest, inner = "", None, path, list(rows)
    while (found := INSIDE.match(rest)) and int(found[1]) < len(inner):
        row = inner[int(found[1])]
        place, rest = f"{place}.{found[1]}".lstrip("."), found[2]
        if row.kind != "group":
            break
        inner = list(row.rows)
    return place, row, rest


def _words(path: str) -> list[str]:
    return re.findall(r"[a-z_]+", path)


def _named(words: list[str], otherwise: str = "event") -> str:
    return next((CONTROLS[word] for word in reversed(words) if word in CONTROLS), otherwise)


def _control(rest: str, detail: str, row: Row, at: int) -> str:
    words = _words(rest)
    if detail == "where":
        return _named([word for word in words if word != "type"], "key")
    bound = row.having[at].bound if at < len(row.having) else ""
    if "within" in words:
        return _named(words, "within")
    if bound in FIGURES:
        return "key" if words[-1:] == ["of"] else _named(words, "value")
    return "measure" if words[-1:] == ["of"] else "number"
