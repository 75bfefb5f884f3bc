"""From JSON to a rule that is known to be sound, or one `RuleError` that names the clause."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from guanxi.audiences.rules.base import MAX_CLAUSES, MAX_DEPTH, MAX_NUMBER, MAX_TEXT, MAX_VALUES
from guanxi.audiences.rules.catalogue import Catalogue
from guanxi.audiences.rules.checks import check
from guanxi.audiences.rules.errors import RuleError
from guanxi.audiences.rules.grammar import (
    All,
    Any,
    Clause,
    InAudience,
    Inlined,
    Not,
    Rule,
    children,
    clauses_of,
)

MAX_NESTING = 4 * MAX_DEPTH  # of the JSON: a clause takes two, what stands inside the last one at most four more
MAX_NODES = 50_000

# C0, C1, the line separators and half a surrogate pair never belong to a value that somebody typed or picked.
UNTYPABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def parse_rule(data: object, catalogue: Catalogue, own: str = "") -> Rule:
    """`data` is what a JSON parser gives; `own` is the public id of the audience that it belongs to. Raises RuleError
    for the first thing that is wrong, in the rule or in one of another audience that it names."""
    rule = _alone(data, catalogue)
    whole = resolved(rule, catalogue, own)
    if whole is not rule:
        _check_size(whole)
    return rule


def _alone(data: object, catalogue: Catalogue) -> Rule:
    _plain(data)
    try:
        rule = Rule.model_validate_json(json.dumps(data))
    except ValidationError as error:
        raise _readable(error.errors(include_url=False, include_context=True)[0], data) from None
    _check_size(rule)
    for path, _, clause in clauses_of(rule):
        check(path, clause, catalogue)
    return rule


def _check_size(rule: Rule) -> None:
    for number, (path, depth, _clause) in enumerate(clauses_of(rule), start=1):
        if depth > MAX_DEPTH:
            raise _too_deep(path)
        if number > MAX_CLAUSES:
            raise _too_many(path)


# Rules of other audiences


def resolved(rule: Rule, catalogue: Catalogue, own: str = "") -> Rule:
    """The rule with those of the live audiences that it names in their places; the same object if it names none. Raises
    RuleError when one leads back to itself or does not work any more."""
    where = _inlined("where", rule.where, _Names(catalogue), (own,) if own else ())
    return rule if where is rule.where else rule.model_copy(update={"where": where})


def opened(rule: Rule, catalogue: Catalogue) -> Rule:
    """The same people by a rule that names no other live audience, so that it stands whatever becomes of those."""
    return rule.model_copy(update={"where": _without_names(resolved(rule, catalogue).where)})


def _without_names(clause: Clause) -> Clause:
    match clause:
        case Inlined():
            return _without_names(clause.clause)
        case All() | Any():
            return clause.model_copy(update={"clauses": tuple(map(_without_names, clause.clauses))})
        case Not():
            return clause.model_copy(update={"clause": _without_names(clause.clause)})
        case _:
            return clause


def named_in(rule: object) -> set[str]:
    """The audiences that the JSON of a rule names, be it sound or not."""
    match rule:
        case dict():
            own = {str(rule["audience"])} if rule.get("type") == "audience" and "audience" in rule else set[str]()
            return own.union(*(named_in(inner) for inner in rule.values()))
        case list():
            return set[str]().union(*map(named_in, rule))
        case _:
            return set()


def events_in(rule: object) -> set[str]:
    """The events that the JSON of a rule asks about, be it sound or not."""
    return _said_in(rule, lambda part: [part.get("event")])


def traits_in(rule: object) -> set[str]:
    """The traits that the JSON of a rule asks about, be it sound or not."""
    return _said_in(rule, lambda part: [part.get("trait")])


def tags_in(rule: object) -> set[str]:
    """The public ids of the tags that the JSON of a rule asks about, be it sound or not."""
    return _said_in(rule, lambda part: part.get("tags") if part.get("type") == "tag" else [])


def _said_in(rule: object, said: Callable[[dict[str, object]], object]) -> set[str]:
    match rule:
        case dict():
            found = said(rule)
            own = {one for one in found if isinstance(one, str)} if isinstance(found, list) else set[str]()
            return own.union(*(_said_in(inner, said) for inner in rule.values()))
        case list():
            return set[str]().union(*(_said_in(inner, said) for inner in rule))
        case _:
            return set()


@dataclass
class _Names:
    """`left`: two audiences that each name two others, and so on, would else grow without end."""

    catalogue: Catalogue
    left: int = MAX_CLAUSES


def _inlined(path: str, clause: Clause, names: _Names, above: tuple[str, ...]) -> Clause:
    match clause:
        case InAudience() if names.catalogue.audiences[clause.audience].listed is not None:
            return clause
        case InAudience():
            return cast(Clause, _stand_in(path, clause, names, above))
        case All() | Any():
            inner = tuple(_inlined(under, each, names, above) for under, each in children(path, clause))
            same = all(one is other for one, other in zip(inner, clause.clauses, strict=True))
            return clause if same else clause.model_copy(update={"clauses": inner})
        case Not():
            only = _inlined(f"{path}.not", clause.clause, names, above)
            return clause if only is clause.clause else clause.model_copy(update={"clause": only})
        case _:
            return clause


def _stand_in(path: str, clause: InAudience, names: _Names, above: tuple[str, ...]) -> Inlined:
    key, place, catalogue = clause.audience, f"{path}.audience", names.catalogue
    other = catalogue.audiences[key]
    if key in above:
        way = [
            catalogue.audiences[one].label for one in (*above[above.index(key) :], key) if one in catalogue.audiences
        ]
        said = " → ".join(way)
        raise RuleError(place, "cycle", f"The audiences lead back to each other: {said}.", {"key": said})
    names.left -= 1
    if not names.left:
        raise _too_many(place)
    if len(above) > MAX_DEPTH:
        raise _too_deep(place)
    try:
        inner = _alone(other.rule, catalogue).where
    except RuleError as error:
        said = f"The rule of the audience {other.label!r} does not work any more: {error}"
        raise RuleError(place, "broken_audience", said, {"key": other.label}) from None
    return Inlined(audience=key, clause=_inlined(f"{path}.rule", inner, names, (*above, key)))


# What any JSON must keep to, before it is looked at closely


def _plain(data: object) -> None:
    waiting: list[tuple[str, int, object]] = [("", 0, data)]
    nodes = 0
    while waiting:
        path, depth, node = waiting.pop()
        nodes += 1
        if depth > MAX_NESTING:
            raise _too_deep(path)
        if nodes > MAX_NODES:
            raise RuleError(path, "too_big", "The rule is too big.")
        waiting += reversed([(under, depth + 1, inner) for under, inner in _inside(path, node)])


def _inside(path: str, node: object) -> Iterable[tuple[str, object]]:
    match node:
        case dict():
            return _fields(path, node)
        case list():
            if len(node) > MAX_VALUES:
                raise RuleError(
                    path, "too_many_values", f"A list has at most {MAX_VALUES} values.", {"most": MAX_VALUES}
                )
            return [(f"{path}[{at}]", inner) for at, inner in enumerate(node)]
        case str():
            _text(path, node)
        case int() | float():
            if not abs(node) <= MAX_NUMBER:  # NaN is never less
                raise RuleError(path, "wrong_number", "The number is too big.")
        case None:
            pass
        case _:
            raise RuleError(path, "wrong_type", "A rule is made of JSON only.")
    return []


def _fields(path: str, node: Mapping[object, object]) -> list[tuple[str, object]]:
    fields = []
    for key, inner in node.items():
        if not isinstance(key, str):
            raise RuleError(path, "wrong_type", "A rule is made of JSON only.")
        _text(path, key)
        fields.append((f"{path}.{key}" if path else key, inner))
    return fields


def _text(path: str, text: str) -> None:
    if UNTYPABLE.search(text):
        raise RuleError(path, "control_character", "The text holds a character that cannot be typed.")
    if len(text) > MAX_TEXT:
        raise RuleError(path, "too_long", f"A text has at most {MAX_TEXT} characters.", {"most": MAX_TEXT})


def _too_many(path: str) -> RuleError:
    return RuleError(path, "too_many_clauses", f"A rule has at most {MAX_CLAUSES} clauses.", {"most": MAX_CLAUSES})


def _too_deep(path: str) -> RuleError:
    return RuleError(path, "too_deep", f"Clauses stand at most {MAX_DEPTH} deep in each other.", {"most": MAX_DEPTH})


# What Pydantic found, in our words

CODES = {
    "extra_forbidden": ("unknown_field", "This field is not known here."),
    "missing": ("missing", "This field is needed."),
    "too_short": ("empty_group", "At least one entry is needed."),
    "string_too_short": ("empty", "A text is needed."),
    "union_tag_invalid": ("unknown_type", "This type is not known here."),
    "union_tag_not_found": ("missing", "A type is needed."),
    "literal_error": ("unknown_value", "This word is not known here."),
    "greater_than_equal": ("wrong_number", "The number is too small."),
    "less_than_equal": ("wrong_number", "The number is too big."),
}
OURS = {"unknown_version", "wrong_date", "wrong_type", "wrong_order", "missing_bound", "wrong_bound", "no_such_day"}


def _readable(error: ErrorDetails, data: object) -> RuleError:
    path, kind = _path(error["loc"], data), error["type"]
    if kind.startswith("union_tag"):
        path = f"{path}.type" if path else "type"
    if kind == "literal_error" and path.endswith(".op"):
        return RuleError(path, "unknown_operator", "This operator is not known.")
    if kind in OURS:
        return RuleError(path, kind, f"Here {error['msg']}.")
    code, message = CODES.get(kind, ("wrong_type", "The value has the wrong type."))
    return RuleError(path, code, message)


def _path(loc: tuple[int | str, ...], data: object) -> str:
    """The place in the JSON: Pydantic names the branch of each union it went through as well, which is left out."""
    path, node, entered = "", data, False
    for part in loc:
        if entered and isinstance(node, dict) and node.get("type") == part:
            entered = False
            continue
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
        node = _step(node, part)
        entered = True
    return path


def _step(node: object, part: int | str) -> object:
    if isinstance(node, dict):
        return node.get(part)
    return node[part] if isinstance(node, list) and isinstance(part, int) and part < len(node) else None
