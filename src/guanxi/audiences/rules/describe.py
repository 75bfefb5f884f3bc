"""A rule as the structure of a sentence: codes with parameters, which a console puts into words of a language."""

from collections.abc import Mapping
from dataclasses import dataclass

from guanxi.audiences.rules.base import (
    AMOUNT,
)
from guanxi.audiences.rules.catalogue import Catalogue, Event
from guanxi.audiences.rules.grammar import (
    Agreed,
    All,
    Any,
    Clause,
    Did,
    DidNot,
    InAudience,
    Inlined,
    Level,
    Member,
    Not,
    Reachable,
    Role,
    Rule,
    Share,
    Step,
    Strength,
    Tagged,
    Then,
    Tie,
    Top,
    TraitClause,
    Yearly,
    children,
    name_of,
)
from guanxi.audiences.rules.measures import (
    AmountCondition,
    Condition,
    FirstTime,
    Last,
    LastTime,
    Max,
    Measure,
    Min,
    Sum,
    bounds,
)
from guanxi.audiences.rules.spans import (
    Before,
    Between,
    DaysAgo,
    Ever,
    LastDays,
    Since,
    Window,
)


@dataclass(frozen=True, slots=True)
class Part:
    """`path` is where in the rule's JSON; `code` says which words, `params` what to put in, `parts` what stands inside.

    Codes: all, any, not, trait.<op>, yearly.<falls>, level, did, did_not, prop.<op>, amount.<op>, <measure>.<bound>
    (`count.at_least`, `sum.exactly`, `days.at_most`, …), min.<op>, max.<op>, last.<op>, first_time, last_time, then,
    then_not, role, member, strength, tag, consent.<state>, reachable,
    tie.<kind>, step, top, bottom, share, audience, within.<window>.
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


def _part(path: str, clause: Clause | Inlined, catalogue: Catalogue) -> Part:
    match clause:
        case All() | Any() | Not():
            inner = tuple(_part(under, each, catalogue) for under, each in children(path, clause))
            return Part(path, clause.type, {}, inner)
        case Level():
            return Part(path, "level", {"levels": clause.levels})
        case Role():
            return Part(path, "role", {"roles": clause.roles})
        case Member():
            return Part(path, "member", {})
        case Strength():
            of = tuple(catalogue.ties["friend"][key].label for key in clause.of)
            return Part(path, "strength", {"bands": clause.bands, "of": of})
        case Tagged():
            return Part(path, "tag", {"tags": tuple(catalogue.tags[key].label for key in clause.tags)})
        case Agreed() | Reachable():
            code = f"consent.{clause.state}" if isinstance(clause, Agreed) else "reachable"
            return Part(path, code, {"channel": catalogue.channels[clause.channel], "purpose": clause.purpose})
        case Tie():
            labels = tuple(catalogue.ties[clause.kind][key].label for key in clause.of)
            return Part(path, f"tie.{clause.kind}", {"of": labels, "state": clause.state})
        case TraitClause():
            name = name_of(clause.trait)
            trait = catalogue.traits[name]
            return Part(path, f"trait.{clause.op}", _test(name, trait.label, trait.kind, clause.value))
        case Yearly():
            name = name_of(clause.trait)
            trait = catalogue.traits[name]
            said = clause.falls.model_dump(exclude={"type"})
            return Part(path, f"yearly.{clause.falls.type}", {"key": name, "label": trait.label or name, **said})
        case Did() | DidNot():
            return _event(path, clause, catalogue)
        case Then():
            steps = [_step(f"{path}.{name}", step, catalogue) for name, step in clause.steps()]
            parts = (*steps, _window(f"{path}.within", clause.within))
            return Part(path, clause.type, {"unit": clause.gap.unit, "number": clause.gap.number}, parts)
        case Top():
            parts = (_step(path, clause, catalogue), _window(f"{path}.within", clause.within))
            return Part(path, clause.type, {"percent": clause.percent, "by": clause.by}, parts)
        case Share():
            return Part(path, "share", {"percent": clause.percent, "skip": clause.skip, "seed": clause.seed})
        case InAudience() | Inlined():
            label = catalogue.audiences[clause.audience].label
            inner = tuple(_part(under, each, catalogue) for under, each in children(path, clause))
            return Part(path, "audience", {"audience": clause.audience, "label": label}, inner)


def _event(path: str, clause: Did | DidNot, catalogue: Catalogue) -> Part:
    step = _step(path, clause, catalogue)
    event = catalogue.events[name_of(clause.event)]
    parts = list(step.parts)
    for at, measure in enumerate(clause.having if isinstance(clause, Did) else ()):
        parts += _measure(f"{path}.having[{at}]", measure, event, catalogue.currency)
    parts.append(_window(f"{path}.within", clause.within))
    return Part(path, clause.type, step.params, tuple(parts))


def _step(path: str, step: Did | DidNot | Step | Top, catalogue: Catalogue) -> Part:
    name = name_of(step.event)
    event = catalogue.events[name]
    where = [
        _condition(f"{path}.where[{at}]", condition, event, catalogue.currency)
        for at, condition in enumerate(step.where)
    ]
    return Part(path, "step", {"event": name, "label": event.label or name}, tuple(where))


def _measure(path: str, measure: Measure, event: Event, currency: str) -> list[Part]:
    match measure:
        case FirstTime() | LastTime():
            return [Part(path, measure.type, {}, (_window(f"{path}.within", measure.within),))]
        case Min() | Max() | Last():
            return [Part(path, f"{measure.type}.{measure.op}", _of(measure.of, measure.value, event, currency))]
    of = _of(measure.of, None, event, currency) if isinstance(measure, Sum) else {}
    said = {name: value for name, value in of.items() if name in ("currency", "label", "key")}
    return [
        Part(f"{path}.{bound}", f"{measure.type}.{bound}", {"number": number, **said})
        for bound, number in bounds(measure)
    ]


def _of(of: str, value: object, event: Event, currency: str) -> dict[str, object]:
    if of == AMOUNT:
        return {"value": value, "currency": currency}
    name = name_of(of)
    spec = event.properties[name]
    return _test(name, spec.label, spec.kind, value)


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
        case DaysAgo(least=least, most=most):
            return Part(path, "within.days_ago", {"least": least, "most": most})
        case Before(date=after):
            return Part(path, "within.before", {"date": after})
