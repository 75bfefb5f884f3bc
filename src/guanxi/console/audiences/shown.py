"""From a rule to the rows of the builder.

What a row cannot say exactly is kept in it as it is (`kept`), so that no rule is ever bent into something else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from guanxi.audiences.queries import Catalogue, Rule
from guanxi.console.audiences import yearly
from guanxi.console.audiences.rule import FIGURES, TIMES, clause_of
from guanxi.console.audiences.sketch import AMOUNT, MOST_CHOSEN, MOST_DETAILS, Measure, Row, Sketch, Step, Test, Window
from guanxi.kit import money

Thing = TypeVar("Thing")
OPPOSITES = {"all": "not_all", "any": "none"}


def sketch_of(rule: Rule, catalogue: Catalogue) -> Sketch:
    where: dict[str, Any] = rule.model_dump(mode="json")["where"]
    outer = row_of(where, catalogue)
    if outer.kind != "group":
        return Sketch("all", (outer,))
    return Sketch(outer.join, outer.rows)


def row_of(clause: Mapping[str, Any], catalogue: Catalogue) -> Row:
    inner, opposite = _without_not(clause)
    kind = inner["type"]
    if kind in OPPOSITES:
        rows = tuple(row_of(one, catalogue) for one in inner[kind])
        return Row("group", join=OPPOSITES[kind] if opposite else kind, rows=rows)
    try:
        row = _shown(inner, catalogue, opposite)
        said = clause_of(row, catalogue)
        exact = _spelled(_without_not(said)[0]) == _spelled(inner)
    except (KeyError, ValueError, TypeError):
        exact = False
    return row if exact else Row("kept", negated=opposite, more={"json": json.dumps(inner, ensure_ascii=False)})


def _without_not(clause: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """What stands inside, and whether the opposite of it is meant."""
    opposite = False
    while clause["type"] == "not":
        clause, opposite = clause["not"], not opposite
    return clause, opposite


def _spelled(clause: Mapping[str, Any]) -> str:
    """With everything said that may be left out, and nothing that may be."""
    found = dict(clause)
    match clause["type"]:
        case "did" | "did_not":
            found = _said(found, "where", []) | {"within": clause.get("within") or {"type": "ever"}}
            found["having"] = [_said(one, "of", AMOUNT) for one in clause.get("having") or []]
        case "then" | "then_not":
            found |= {step: _said(clause[step], "where", []) for step in ("first", "next")}
        case "top" | "bottom":
            found = _said(found, "where", [])
    return json.dumps(found, sort_keys=True)


def _said(part: Mapping[str, Any], name: str, otherwise: Any) -> dict[str, Any]:
    """Without what is said by leaving it out as well."""
    return {key: value for key, value in part.items() if key != name or value != otherwise}


def _shown(clause: Mapping[str, Any], catalogue: Catalogue, opposite: bool) -> Row:
    """Raises KeyError for a kind of condition that it does not know."""
    kind = clause["type"]
    match kind:
        case "did" | "did_not":
            having = tuple(_measure(one, catalogue) for one in clause.get("having") or [])
            step, window = _step(clause, catalogue), _window(clause.get("within") or {})
            return Row("event", opposite, did=kind, step=step, having=_few(having), window=window)
        case "trait":
            return Row("trait", opposite, test=_test(clause, clause["trait"], ""))
        case "yearly":
            return Row("trait", opposite, test=yearly.test_of(clause))
        case "level" | "role" | "strength":
            name = {"level": "levels", "role": "roles", "strength": "bands"}[kind]
            of = _few(tuple(clause.get("of") or ()), MOST_CHOSEN)
            return Row(kind, opposite, ticked=tuple(clause[name]), of=of)
        case "member":
            return Row("member", opposite)
        case "tag":
            return Row("tag", opposite, of=_few(tuple(clause["tags"]), MOST_CHOSEN))
        case "tie":
            more = {"tie": clause["kind"], "state": clause["state"]}
            return Row("tie", opposite, of=_few(tuple(clause["of"]), MOST_CHOSEN), more=more)
        case "then" | "then_not":
            more = {"then": kind, "gap": str(clause["gap"]["number"]), "unit": clause["gap"]["unit"]}
            first, following = _step(clause["first"], catalogue), _step(clause["next"], catalogue)
            window = _window(clause.get("within") or {})
            return Row("sequence", opposite, step=first, following=following, window=window, more=more)
        case "top" | "bottom":
            more = {"end": kind, "percent": str(clause["percent"]), "by": clause["by"]}
            step, window = _step(clause, catalogue), _window(clause.get("within") or {})
            return Row("top", opposite, step=step, window=window, more=more)
        case "share":
            return Row("share", opposite, more={name: _text(clause[name], "") for name in ("percent", "skip", "seed")})
        case "consent" | "reachable":
            code = f"consent.{clause['state']}" if kind == "consent" else kind
            return Row("agreed", opposite, more={"agreed": f"{code}/{clause['purpose']}/{clause['channel']}"})
        case "audience":
            return Row("audience", opposite, more={"audience": clause["audience"]})
        case _:
            raise KeyError(kind)


def _few(things: tuple[Thing, ...], most: int = MOST_DETAILS) -> tuple[Thing, ...]:
    """More than a form holds are kept as they are."""
    if len(things) > most:
        raise ValueError(len(things))
    return things


def _step(clause: Mapping[str, Any], catalogue: Catalogue) -> Step:
    where = tuple(
        _test(one, AMOUNT, catalogue.currency) if one["type"] == "amount" else _test(one, one["prop"], "")
        for one in clause.get("where") or []
    )
    return Step(clause["event"].removeprefix("event:"), _few(where))


def _measure(measure: Mapping[str, Any], catalogue: Catalogue) -> Measure:
    kind, of = measure["type"], measure.get("of", AMOUNT)
    if kind in TIMES:
        return Measure(kind, window=_window(measure["within"]))
    if kind in FIGURES:
        return Measure(kind, test=_test(measure, of, catalogue.currency if of == AMOUNT else ""))
    currency = catalogue.currency if kind == "sum" and of == AMOUNT else ""
    bounds = {name: _text(measure[name], currency) for name in ("at_least", "at_most", "exactly") if name in measure}
    unit = kind if of == AMOUNT else f"sum:{of}"
    if len(bounds) == 2:
        return Measure("between", unit, bounds["at_least"], bounds["at_most"])
    [(bound, number)] = bounds.items()
    return Measure(bound, unit, number)


def _window(within: Mapping[str, Any]) -> Window:
    match within.get("type"):
        case "last_days":
            return Window("last_days", days=str(within["days"]))
        case "since":
            return Window("since", first=within["date"])
        case "before":
            return Window("before", first=within["date"])
        case "days_ago":
            most = "" if within.get("most") is None else str(within["most"])
            return Window("days_ago", days=str(within["least"]), most=most)
        case "between":
            return Window("between", first=within["first"], last=within["last"])
        case _:
            return Window()


def _test(test: Mapping[str, Any], key: str, currency: str) -> Test:
    value = test.get("value")
    values = [_text(one, currency) for one in (value if isinstance(value, list) else [value]) if one is not None]
    if test["op"] == "between":
        return Test(key, test["op"], *values)
    return Test(key, test["op"], "; ".join(values))


def _text(value: Any, currency: str) -> str:
    """Raises ValueError for what a field of a form does not give back as it is."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if currency:
        places = money.precision(currency)
        whole, rest = divmod(abs(value), 10**places)
        return f"{'-' if value < 0 else ''}{whole}" + (f".{rest:0{places}d}" if places and rest else "")
    if (text := str(value)) != text.strip():
        raise ValueError(text)
    return text
