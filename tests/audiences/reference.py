"""What a rule means, in plain Python over plain lists: the truth that every engine is compared with."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from guanxi.audiences.rules import (
    All,
    AmountCondition,
    Any,
    Bound,
    Catalogue,
    Clause,
    Condition,
    Did,
    DidNot,
    Kind,
    Level,
    Measure,
    Not,
    Rule,
    Test,
    TraitClause,
    window_bounds,
)


@dataclass(frozen=True)
class Person:
    person: int
    level: str
    country: str
    traits: str


@dataclass(frozen=True)
class Happened:
    person: int
    name: str
    occurred_at: datetime
    channel: str | None
    amount_minor: int | None
    currency: str | None
    props: str


@dataclass(frozen=True)
class World:
    people: Sequence[Person]
    events: Sequence[Happened]
    aliases: Mapping[int, int]
    now: datetime
    zone: str
    catalogue: Catalogue

    def events_of(self, person: int) -> list[Happened]:
        return [event for event in self.events if self.aliases.get(event.person, event.person) == person]


def who(rule: Rule, world: World) -> list[int]:
    return sorted(person.person for person in world.people if holds(rule.where, person, world))


def holds(clause: Clause, person: Person, world: World) -> bool:
    match clause:
        case All():
            return all(holds(inner, person, world) for inner in clause.clauses)
        case Any():
            return any(holds(inner, person, world) for inner in clause.clauses)
        case Not():
            return not holds(clause.clause, person, world)
        case Level():
            return person.level in clause.levels
        case TraitClause():
            return passes(clause, trait_of(clause, person, world.catalogue))
        case DidNot():
            return not matching(clause, person, world)
        case Did():
            matched = matching(clause, person, world)
            if not clause.having:
                return bool(matched)
            return all(within(measured(measure, matched, world), measure) for measure in clause.having)


def trait_of(clause: TraitClause, person: Person, catalogue: Catalogue) -> object:
    name = clause.trait.removeprefix("trait:")
    trait = catalogue.traits[name]
    return person.country if trait.column else typed(person.traits, name, trait.kind)


def matching(clause: Did | DidNot, person: Person, world: World) -> list[Happened]:
    start, end = window_bounds(clause.within, world.now, world.zone)
    return [
        event
        for event in world.events_of(person.person)
        if f"event:{event.name}" == clause.event
        and (start is None or event.occurred_at >= start)
        and (end is None or event.occurred_at < end)
        and all(fits(condition, event, world.catalogue) for condition in clause.where)
    ]


def fits(condition: Condition, event: Happened, catalogue: Catalogue) -> bool:
    if isinstance(condition, AmountCondition):
        return passes(condition, event.amount_minor if event.currency == catalogue.currency else None)
    name = condition.prop.removeprefix("prop:")
    spec = catalogue.events[event.name].properties[name]
    return passes(condition, event.channel if spec.column else typed(event.props, name, spec.kind))


def measured(measure: Measure, events: list[Happened], world: World) -> int:
    match measure.type:
        case "count":
            return len(events)
        case "sum":
            ours = [event for event in events if event.currency == world.catalogue.currency]
            return sum(event.amount_minor or 0 for event in ours)
        case "days":
            return len({event.occurred_at.astimezone(ZoneInfo(world.zone)).date() for event in events})


def within(value: int, bound: Bound) -> bool:
    if bound.exactly is not None:
        return value == bound.exactly
    return (bound.at_least is None or value >= bound.at_least) and (bound.at_most is None or value <= bound.at_most)


def typed(document: str, name: str, kind: Kind) -> object:
    """The value under that name if it is of that kind, else None."""
    try:
        values = json.loads(document)
    except ValueError:
        return None
    value = values.get(name) if isinstance(values, dict) else None
    match kind:
        case "text":
            return value if isinstance(value, str) else None
        case "number":
            return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
        case "flag":
            return value if isinstance(value, bool) else None
        case "date":
            return value if isinstance(value, str) and is_day(value) else None


def is_day(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def passes(test: Test, value: object) -> bool:
    match test.op:
        case "is_set":
            return value is not None
        case "is_not_set":
            return value is None
        case "is_not":
            return value is None or value != test.value
        case "not_in":
            return value is None or value not in _listed(test)
    if value is None:
        return False
    match test.op:
        case "is":
            return value == test.value
        case "in":
            return value in _listed(test)
        case "contains":
            return str(test.value) in str(value)
        case "between":
            low, high = _listed(test)
            return _ordered("gte", value, low) and _ordered("lte", value, high)
    return _ordered(test.op, value, test.value)


def _listed(test: Test) -> tuple[object, ...]:
    assert isinstance(test.value, tuple)
    return test.value


def _ordered(op: str, value: object, other: object) -> bool:
    if isinstance(value, str) and isinstance(other, str):
        sign = (value > other) - (value < other)
    else:
        assert isinstance(value, int | float) and isinstance(other, int | float)
        sign = (value > other) - (value < other)
    return {"gt": sign > 0, "gte": sign >= 0, "lt": sign < 0, "lte": sign <= 0}[op]
