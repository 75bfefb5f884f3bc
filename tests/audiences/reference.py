"""What a rule means, in plain Python over plain lists: the truth that every engine is compared with."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any as Any_
from zoneinfo import ZoneInfo

from guanxi.audiences.queries.sets import PRIME, place_in
from guanxi.audiences.rules import (
    Agreed,
    All,
    AmountCondition,
    Any,
    Bound,
    Catalogue,
    Clause,
    Condition,
    Did,
    DidNot,
    Ever,
    Falls,
    FirstTime,
    InAudience,
    Inlined,
    InMonth,
    Kind,
    Last,
    LastTime,
    Level,
    Max,
    Measure,
    Member,
    Min,
    MonthsAhead,
    Not,
    Reachable,
    Role,
    Rule,
    Share,
    Step,
    Strength,
    Sum,
    Tagged,
    Test,
    Then,
    Tie,
    Top,
    TraitClause,
    Window,
    Yearly,
    parse_rule,
    window_bounds,
)


@dataclass(frozen=True)
class Person:
    person: int
    level: str
    country: str
    traits: str
    role: str = "consumer"
    member: bool = False
    strong_until: datetime | None = None
    neutral_until: datetime | None = None


@dataclass(frozen=True)
class Tied:
    person: int
    kind: str
    state: str
    advisor: int | None = None
    unit: int | None = None
    account: int | None = None
    group: int | None = None


@dataclass(frozen=True)
class Bonded:
    person: int
    advisor: int
    unit: int | None
    strong_until: datetime | None
    neutral_until: datetime | None


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
    tags: Sequence[tuple[int, int]] = ()
    """Person and tag."""
    ties: Sequence[Tied] = ()
    bonds: Sequence[Bonded] = ()
    reach: Mapping[int, str] = field(default_factory=dict)
    """Person and what is said of them."""

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
        case Inlined():
            return holds(clause.clause, person, world)
        case InAudience():
            other = parse_rule(world.catalogue.audiences[clause.audience].rule, world.catalogue)
            return holds(other.where, person, world)
        case Level():
            return person.level in clause.levels
        case Role():
            return person.role in clause.roles
        case Member():
            return person.member
        case Strength():
            if not clause.of:
                return band(person, world.now) in clause.bands
            named = [world.catalogue.ties["friend"][key] for key in clause.of]
            theirs = [bond for bond in world.bonds if bond.person == person.person]
            meant = [bond for bond in theirs if any(getattr(bond, one.column) in one.keys for one in named)]
            bands = [band(bond, world.now) for bond in meant]
            return next((one for one in ("strong", "neutral") if one in bands), "weak") in clause.bands
        case Tagged():
            keys = [key for name in clause.tags for key in world.catalogue.tags[name].keys]
            return any(whose == person.person and tag in keys for whose, tag in world.tags)
        case Agreed() | Reachable():
            words = world.reach.get(person.person, "").split("|")
            about = f"{clause.channel} {clause.purpose}"
            if isinstance(clause, Reachable):
                return f"reachable {about}" in words
            if clause.state == "none":
                return not {f"given {about}", f"withdrawn {about}"} & set(words)
            return f"{clause.state} {about}" in words
        case Tie():
            return any(tied(clause, tie, world) for tie in world.ties if tie.person == person.person)
        case TraitClause():
            return passes(clause, trait_of(clause, person, world.catalogue))
        case Yearly():
            kept = typed(person.traits, clause.trait.removeprefix("trait:"), "date")
            return isinstance(kept, str) and comes_round(date.fromisoformat(kept), clause.falls, world)
        case Share():
            return (
                clause.skip
                <= Fraction(place_in(clause.seed, person.person) * 100, PRIME)
                < clause.skip + clause.percent
            )
        case DidNot():
            return not matching(clause, clause.within, person, world)
        case Did():
            matched = matching(clause, clause.within, person, world)
            if not clause.having:
                return bool(matched)
            return all(measures(measure, matched, world) for measure in clause.having)
        case Then():
            return follows(clause, person, world)
        case Top():
            return person.person in the_first(clause, world)


def band(person: Person | Bonded, now: datetime) -> str:
    if person.strong_until and now < person.strong_until:
        return "strong"
    return "neutral" if person.neutral_until and now < person.neutral_until else "weak"


def comes_round(kept: date, falls: Falls, world: World) -> bool:
    today = world.now.astimezone(ZoneInfo(world.zone)).date()
    match falls:
        case InMonth():
            return kept.month == falls.month and falls.day in (None, kept.day)
        case MonthsAhead():
            return kept.month in (today.month + falls.months, today.month + falls.months - 12)
    coming = [today + timedelta(days=after) for after in range(falls.days)]
    return any(day == this_years(kept, day.year) for day in coming)


def this_years(kept: date, year: int) -> date:
    try:
        return kept.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def tied(clause: Tie, tie: Tied, world: World) -> bool:
    states: tuple[str, ...] = ("active", "first", "claim")
    if clause.state == "ended":
        states = ("ended", "deleted_by_them", "deleted_by_us", "blocked")
    named = [world.catalogue.ties[clause.kind][key] for key in clause.of]
    meant = not named or any(getattr(tie, one.column) in one.keys for one in named)
    return tie.kind == clause.kind and tie.state in states and meant


def follows(clause: Then, person: Person, world: World) -> bool:
    gap = timedelta(microseconds=clause.gap.microseconds)
    nexts = [event.occurred_at for event in matching(clause.next, Ever(), person, world)]
    for first in matching(clause.first, clause.within, person, world):
        came = any(first.occurred_at < at <= first.occurred_at + gap for at in nexts)
        if clause.type == "then" and came:
            return True
        if clause.type == "then_not" and not came and first.occurred_at + gap <= world.now:
            return True
    return False


def the_first(clause: Top, world: World) -> list[int]:
    figures = []
    for person in world.people:
        matched = matching(clause, clause.within, person, world)
        if clause.by == "sum":
            matched = [event for event in matched if amount_of(event, world) is not None]
        if matched:
            figures.append((measured(clause.by, matched, world), person.person))
    figures.sort(key=lambda one: (-one[0] if clause.type == "top" else one[0], one[1]))
    return [person for _, person in figures[: math.ceil(Fraction(len(figures) * clause.percent, 100))]]


def trait_of(clause: TraitClause, person: Person, catalogue: Catalogue) -> object:
    name = clause.trait.removeprefix("trait:")
    trait = catalogue.traits[name]
    return person.country if trait.column else typed(person.traits, name, trait.kind)


def matching(clause: Did | DidNot | Step | Top, window: Window, person: Person, world: World) -> list[Happened]:
    start, end = window_bounds(window, world.now, world.zone)
    return [
        event
        for event in world.events_of(person.person)
        if f"event:{event.name}" == clause.event
        and (start is None or event.occurred_at >= start)
        and (end is None or event.occurred_at < end)
        and all(fits(condition, event, world) for condition in clause.where)
    ]


def fits(condition: Condition, event: Happened, world: World) -> bool:
    of = "amount" if isinstance(condition, AmountCondition) else condition.prop
    return passes(condition, value_of(of, event, world))


def value_of(of: str, event: Happened, world: World) -> object:
    if of == "amount":
        return amount_of(event, world)
    name = of.removeprefix("prop:")
    spec = world.catalogue.events[event.name].properties[name]
    return event.channel if spec.column else typed(event.props, name, spec.kind)


def amount_of(event: Happened, world: World) -> int | None:
    return event.amount_minor if event.currency == world.catalogue.currency else None


def measures(measure: Measure, events: list[Happened], world: World) -> bool:
    match measure:
        case FirstTime() | LastTime():
            times = sorted(event.occurred_at for event in events)
            start, end = window_bounds(measure.within, world.now, world.zone)
            at = times[0 if isinstance(measure, FirstTime) else -1] if times else None
            return at is not None and (start is None or at >= start) and (end is None or at < end)
        case Min() | Max() | Last():
            known = [(event.occurred_at, value_of(measure.of, event, world)) for event in events]
            known = [(at, value) for at, value in known if value is not None]
            if isinstance(measure, Last):
                return passes(measure, max(known)[1] if known else None)
            values: list[Any_] = [value for _, value in known]
            found = (min if isinstance(measure, Min) else max)(values) if values else None
            return passes(measure, found)
        case Sum(of=of) if of != "amount":
            numbers = [value_of(of, event, world) for event in events]
            return within(sum(thousandths(number) for number in numbers), measure, 1000)
        case _:
            return within(measured(measure.type, events, world), measure)


def thousandths(number: object) -> int:
    if not isinstance(number, float) or abs(number) > 2**53 / 1000:
        return 0
    return math.floor(number * 1000 + 0.5)


def measured(measure: str, events: list[Happened], world: World) -> int:
    match measure:
        case "count":
            return len(events)
        case "sum":
            return sum(amount_of(event, world) or 0 for event in events)
        case _:
            return len({event.occurred_at.astimezone(ZoneInfo(world.zone)).date() for event in events})


def within(value: int, bound: Bound, scale: int = 1) -> bool:
    if bound.exactly is not None:
        return value == bound.exactly * scale
    return (bound.at_least is None or value >= bound.at_least * scale) and (
        bound.at_most is None or value <= bound.at_most * scale
    )


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
