"""What the catalogue of a workspace says of a rule: that every name in it is known, and every test fits its value."""

from collections.abc import Mapping
from typing import Any as Anything
from typing import cast

from guanxi.audiences.rules.base import AMOUNT, Test, iso_day, operands
from guanxi.audiences.rules.catalogue import Catalogue, Event, Kind, Named, Trait
from guanxi.audiences.rules.errors import RuleError
from guanxi.audiences.rules.grammar import (
    Agreed,
    Clause,
    Did,
    DidNot,
    InAudience,
    Reachable,
    Step,
    Strength,
    Tagged,
    Then,
    Tie,
    Top,
    TraitClause,
    Yearly,
)
from guanxi.audiences.rules.measures import AmountCondition, Condition, Last, Max, Measure, Min, Sum

COMPARISONS = frozenset({"is", "is_not", "in", "not_in", "is_set", "is_not_set"})
ORDERED = COMPARISONS | {"gt", "gte", "lt", "lte", "between"}
OPERATORS: Mapping[Kind, frozenset[str]] = {
    "text": COMPARISONS | {"contains"},
    "number": ORDERED,
    "date": ORDERED,
    "flag": frozenset({"is", "is_not", "is_set", "is_not_set"}),
}
KIND_NAMES: Mapping[Kind, str] = {
    "text": "a text",
    "number": "a number",
    "flag": "true or false",
    "date": "a date as YYYY-MM-DD",
}


def check(path: str, clause: Clause, catalogue: Catalogue) -> None:
    match clause:
        case TraitClause():
            _check_test(path, clause, _check_trait(path, clause, catalogue).kind)
        case Yearly():
            if _check_trait(path, clause, catalogue).kind != "date":
                raise RuleError(f"{path}.trait", "not_a_day", "Only a trait that is a day comes round every year.")
        case Did() | DidNot():
            event = _check_step(path, clause, catalogue)
            for at, measure in enumerate(clause.having if isinstance(clause, Did) else ()):
                _check_measure(f"{path}.having[{at}]", measure, event)
        case Then():
            _check_step(f"{path}.first", clause.first, catalogue)
            _check_step(f"{path}.next", clause.next, catalogue)
        case Top():
            event = _check_step(path, clause, catalogue)
            if clause.by == "sum" and not event.amount:
                raise _no_amount(f"{path}.by")
        case Tagged():
            _check_names(f"{path}.tags", clause.tags, catalogue.tags, "unknown_tag")
        case Agreed() | Reachable():
            if clause.channel not in catalogue.channels:
                raise RuleError(
                    f"{path}.channel",
                    "unknown_channel",
                    f"There is no channel {clause.channel!r}.",
                    {"key": clause.channel},
                )
        case Tie():
            _check_names(f"{path}.of", clause.of, catalogue.ties.get(clause.kind, {}), "unknown_tie")
        case Strength():
            _check_names(f"{path}.of", clause.of, catalogue.ties.get("friend", {}), "unknown_tie")
        case InAudience():
            if clause.audience not in catalogue.audiences:
                raise RuleError(
                    f"{path}.audience",
                    "unknown_audience",
                    f"There is no audience {clause.audience!r}.",
                    {"key": clause.audience},
                )


def _check_trait(path: str, clause: TraitClause | Yearly, catalogue: Catalogue) -> Trait:
    trait = catalogue.traits.get(_name(clause.trait, "trait"))
    if trait is None:
        raise RuleError(f"{path}.trait", "unknown_trait", f"There is no trait {clause.trait!r}.", {"key": clause.trait})
    return trait


def _check_names(path: str, keys: tuple[str, ...], known: Mapping[str, Named], code: str) -> None:
    for at, key in enumerate(keys):
        if key not in known:
            raise RuleError(f"{path}[{at}]", code, f"There is no {key!r} here.", {"key": key})


def _check_step(path: str, step: Did | DidNot | Step | Top, catalogue: Catalogue) -> Event:
    event = catalogue.events.get(_name(step.event, "event"))
    if event is None:
        raise RuleError(f"{path}.event", "unknown_event", f"There is no event {step.event!r}.", {"key": step.event})
    for at, condition in enumerate(step.where):
        _check_condition(f"{path}.where[{at}]", condition, event)
    return event


def _check_measure(path: str, measure: Measure, event: Event) -> None:
    match measure:
        case Sum():
            kind = _kind_of(f"{path}.of", measure.of, event)
            if kind != "number":
                raise RuleError(f"{path}.of", "wrong_type", "Only numbers can be summed.", {"kind": "number"})
        case Min() | Max() | Last():
            kind = _kind_of(f"{path}.of", measure.of, event)
            if not isinstance(measure, Last) and kind not in ("number", "date"):
                raise RuleError(f"{path}.of", "wrong_type", "Only numbers and days have an order.", {"kind": "number"})
            _check_test(path, measure, kind)
            if measure.of == AMOUNT:
                _check_minor(path, measure)


def _kind_of(path: str, of: str, event: Event) -> Kind:
    if of == AMOUNT:
        if not event.amount:
            raise _no_amount(path)
        return "number"
    spec = event.properties.get(_name(of, "prop"))
    if spec is None:
        raise RuleError(path, "unknown_property", f"The event has no {of!r}.", {"key": of})
    return spec.kind


def _check_condition(path: str, condition: Condition, event: Event) -> None:
    if isinstance(condition, AmountCondition):
        if not event.amount:
            raise _no_amount(f"{path}.type")
        _check_test(path, condition, "number")
        _check_minor(path, condition)
        return
    spec = event.properties.get(_name(condition.prop, "prop"))
    if spec is None:
        raise RuleError(
            f"{path}.prop", "unknown_property", f"The event has no {condition.prop!r}.", {"key": condition.prop}
        )
    _check_test(path, condition, spec.kind)


def _check_minor(path: str, test: Test) -> None:
    if any(not isinstance(value, int) for value in operands(test)):
        raise RuleError(f"{path}.value", "wrong_type", "An amount is a whole number of minor units.")


def _no_amount(path: str) -> RuleError:
    return RuleError(path, "no_amount", "The event carries no amount.")


def _name(key: str, prefix: str) -> str:
    head, _, name = key.partition(":")
    return name if head == prefix else ""


def _check_test(path: str, test: Test, kind: Kind) -> None:
    if test.op not in OPERATORS[kind]:
        raise RuleError(
            f"{path}.op", "wrong_operator", f"{test.op!r} does not work with {KIND_NAMES[kind]}.", {"kind": kind}
        )
    _check_shape(f"{path}.value", test)
    for at, value in enumerate(operands(test)):
        if not _fits(value, kind):
            place = f"{path}.value[{at}]" if isinstance(test.value, tuple) else f"{path}.value"
            raise RuleError(place, "wrong_type", f"Here {KIND_NAMES[kind]} is needed.", {"kind": kind})
    if test.op == "between":
        low, high = cast(tuple[Anything, Anything], test.value)
        if low > high:
            raise RuleError(f"{path}.value", "wrong_order", "The lower value is greater than the upper.")


def _check_shape(path: str, test: Test) -> None:
    if test.op in ("is_set", "is_not_set"):
        if test.value is not None:
            raise RuleError(path, "unknown_field", "This operator takes no value.")
    elif test.value is None:
        raise RuleError(path, "missing", "This operator needs a value.")
    elif isinstance(test.value, tuple) != (test.op in ("in", "not_in", "between")):
        raise RuleError(
            path, "wrong_type", "This operator needs a list." if _many(test) else "A list does not fit here."
        )
    elif isinstance(test.value, tuple) and not test.value:
        raise RuleError(path, "empty", "At least one value is needed.")
    elif test.op == "contains" and test.value == "":
        raise RuleError(path, "empty", "A text is needed.")
    elif test.op == "between" and len(operands(test)) != 2:
        raise RuleError(path, "wrong_type", "Two values are needed, the lower and the upper.")


def _many(test: Test) -> bool:
    return test.op in ("in", "not_in", "between")


def _fits(value: object, kind: Kind) -> bool:
    match kind:
        case "text":
            return isinstance(value, str)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "flag":
            return isinstance(value, bool)
        case "date":
            return isinstance(value, str) and iso_day(value) is not None
