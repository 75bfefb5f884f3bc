"""A rule as the structure of a sentence: codes with parameters, which a console puts into words of a language."""

from collections.abc import Mapping
from dataclasses import dataclass

from guanxi.audiences.rules.catalogue import Catalogue, Event
from guanxi.audiences.rules.grammar import (
    All,
    AmountCondition,
    Any,
    Between,
    Clause,
    Condition,
    Did,
    DidNot,
    Ever,
    LastDays,
    Level,
    Not,
    Rule,
    Since,
    TraitClause,
    Window,
    bounds,
    children,
    name_of,
)


@dataclass(frozen=True, slots=True)
class Part:
    """`path` is where in the rule's JSON; `code` says which words, `params` what to put in, `parts` what stands inside.

    Codes: all, any, not, trait.<op>, level, did, did_not, prop.<op>, amount.<op>, <measure>.<bound>
    (`count.at_least`, `sum.exactly`, `days.at_most`, …), within.<window>.
    """

    path: str
    code: str
    params: Mapping[str, object]
    parts: tuple["Part", ...] = ()


def describe(rule: Rule, catalogue: Catalogue) -> list[Part]:
    """The outermost clauses; those of an outermost `all` stand side by side."""
    if isinstance(rule.where, All):
        return [_part(path, clause, catalogue) for path, clause in children("where", rule.where)]
    return [_part("where", rule.where, catalogue)]


def _part(path: str, clause: Clause, catalogue: Catalogue) -> Part:
    match clause:
        case All() | Any() | Not():
            inner = tuple(_part(under, each, catalogue) for under, each in children(path, clause))
            return Part(path, clause.type, {}, inner)
        case Level():
            return Part(path, "level", {"levels": clause.levels})
        case TraitClause():
            name = name_of(clause.trait)
            trait = catalogue.traits[name]
            return Part(path, f"trait.{clause.op}", _test(name, trait.label, trait.kind, clause.value))
        case Did() | DidNot():
            return _event(path, clause, catalogue)


def _event(path: str, clause: Did | DidNot, catalogue: Catalogue) -> Part:
    name = name_of(clause.event)
    event = catalogue.events[name]
    parts = [
        _condition(f"{path}.where[{at}]", condition, event, catalogue.currency)
        for at, condition in enumerate(clause.where)
    ]
    for at, measure in enumerate(clause.having if isinstance(clause, Did) else ()):
        money = {"currency": catalogue.currency} if measure.type == "sum" else {}
        parts += [
            Part(f"{path}.having[{at}].{bound}", f"{measure.type}.{bound}", {"number": number, **money})
            for bound, number in bounds(measure)
        ]
    parts.append(_window(f"{path}.within", clause.within))
    return Part(path, clause.type, {"event": name, "label": event.label or name}, tuple(parts))


def _condition(path: str, condition: Condition, event: Event, currency: str) -> Part:
    if isinstance(condition, AmountCondition):
        return Part(path, f"amount.{condition.op}", {"value": condition.value, "currency": currency})
    name = name_of(condition.prop)
    spec = event.properties[name]
    return Part(path, f"prop.{condition.op}", _test(name, spec.label, spec.kind, condition.value))


def _test(name: str, label: str, kind: str, value: object) -> dict[str, object]:
    return {"key": name, "label": label or name, "kind": kind, "value": value}


def _window(path: str, window: Window) -> Part:
    match window:
        case Ever():
            return Part(path, "within.ever", {})
        case LastDays(days=days):
            return Part(path, "within.last_days", {"days": days})
        case Since(date=first):
            return Part(path, "within.since", {"date": first})
        case Between(first=first, last=last):
            return Part(path, "within.between", {"first": first, "last": last})
