"""The words of rules: what an event, a property, an operator is called, and a rule as sentences.

Whole sentences are translated, with their parts as placeholders: word order belongs to the language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from django.utils.translation import (
    get_language,
    gettext,
    gettext_lazy,
    ngettext,
    ngettext_lazy,
    pgettext,
    pgettext_lazy,
)
from django.utils.translation import gettext as _

from guanxi.audiences.queries import Catalogue, Part, Rule, describe
from guanxi.console.audiences import yearly
from guanxi.console.audiences.names import event_label, property_label, trait_label
from guanxi.console.templatetags import figures
from guanxi.kit.money import Money
from guanxi.people.models import Level, Role

AMOUNT_LABEL = gettext_lazy("amount")
AGREED: dict[tuple[str, str], Any] = {
    ("consent.given", "marketing"): gettext_lazy("has agreed to marketing by %(channel)s"),
    ("consent.withdrawn", "marketing"): gettext_lazy("has said no to marketing by %(channel)s"),
    ("consent.none", "marketing"): gettext_lazy("was never asked about marketing by %(channel)s"),
    ("reachable", "marketing"): gettext_lazy("can be reached by %(channel)s for marketing"),
    ("consent.given", "transactional"): gettext_lazy("has agreed to messages about orders by %(channel)s"),
    ("consent.withdrawn", "transactional"): gettext_lazy("has said no to messages about orders by %(channel)s"),
    ("consent.none", "transactional"): gettext_lazy("was never asked about messages about orders by %(channel)s"),
    ("reachable", "transactional"): gettext_lazy("can be reached by %(channel)s about orders"),
}
DID: dict[str, Any] = {
    "did": gettext_lazy("has %(event)s"),
    "did_not": gettext_lazy("has never %(event)s"),
    "did_not_lately": gettext_lazy("has not %(event)s"),
}
# (where, measure, window): which of them the sentence has.
SENTENCES: dict[tuple[bool, bool, bool], Any] = {
    (False, False, False): gettext_lazy("%(did)s"),
    (False, False, True): gettext_lazy("%(did)s %(window)s"),
    (False, True, False): gettext_lazy("%(did)s, %(measure)s"),
    (False, True, True): gettext_lazy("%(did)s %(window)s, %(measure)s"),
    (True, False, False): gettext_lazy("%(did)s where %(where)s"),
    (True, False, True): gettext_lazy("%(did)s %(window)s where %(where)s"),
    (True, True, False): gettext_lazy("%(did)s where %(where)s, %(measure)s"),
    (True, True, True): gettext_lazy("%(did)s %(window)s where %(where)s, %(measure)s"),
}
TESTS: dict[str, Any] = {
    "is": gettext_lazy("%(name)s is %(value)s"),
    "is_not": gettext_lazy("%(name)s is not %(value)s"),
    "in": gettext_lazy("%(name)s is one of %(value)s"),
    "not_in": gettext_lazy("%(name)s is none of %(value)s"),
    "contains": gettext_lazy("%(name)s contains %(value)s"),
    "gt": gettext_lazy("%(name)s is more than %(value)s"),
    "gte": gettext_lazy("%(name)s is at least %(value)s"),
    "lt": gettext_lazy("%(name)s is less than %(value)s"),
    "lte": gettext_lazy("%(name)s is at most %(value)s"),
    "between": gettext_lazy("%(name)s is between %(low)s and %(high)s"),
    "is_set": gettext_lazy("%(name)s is known"),
    "is_not_set": gettext_lazy("%(name)s is not known"),
}
MEASURES: dict[str, Any] = {
    "count.at_least": ngettext_lazy("at least %(number)s time", "at least %(number)s times", "n"),
    "count.at_most": ngettext_lazy("at most %(number)s time", "at most %(number)s times", "n"),
    "count.exactly": ngettext_lazy("exactly %(number)s time", "exactly %(number)s times", "n"),
    "days.at_least": ngettext_lazy("on at least %(number)s day", "on at least %(number)s days", "n"),
    "days.at_most": ngettext_lazy("on at most %(number)s day", "on at most %(number)s days", "n"),
    "days.exactly": ngettext_lazy("on exactly %(number)s day", "on exactly %(number)s days", "n"),
    "sum.at_least": gettext_lazy("for at least %(number)s in total"),
    "sum.at_most": gettext_lazy("for at most %(number)s in total"),
    "sum.exactly": gettext_lazy("for exactly %(number)s in total"),
}
# A sum, the least, the greatest or the last of a property.
FIGURES: dict[str, Any] = {
    "sum.at_least": gettext_lazy("%(name)s of at least %(number)s in total"),
    "sum.at_most": gettext_lazy("%(name)s of at most %(number)s in total"),
    "sum.exactly": gettext_lazy("%(name)s of exactly %(number)s in total"),
    "min": gettext_lazy("the smallest %(name)s"),
    "max": gettext_lazy("the greatest %(name)s"),
    "last": gettext_lazy("the last %(name)s"),
}
TIMES: dict[str, Any] = {
    "first_time": gettext_lazy("for the first time %(window)s"),
    "last_time": gettext_lazy("for the last time %(window)s"),
}
TIES: dict[tuple[str, str], Any] = {
    ("friend", "active"): gettext_lazy("is a friend of %(of)s"),
    ("friend", "ended"): gettext_lazy("is no more a friend of %(of)s"),
    ("follow", "active"): gettext_lazy("follows %(of)s"),
    ("follow", "ended"): gettext_lazy("follows %(of)s no more"),
    ("group", "active"): gettext_lazy("is in the group chat %(of)s"),
    ("group", "ended"): gettext_lazy("has left the group chat %(of)s"),
}
ANY_TIE: dict[tuple[str, str], Any] = {
    ("friend", "active"): gettext_lazy("is a friend of somebody here"),
    ("friend", "ended"): gettext_lazy("was a friend of somebody here and is no more"),
    ("follow", "active"): gettext_lazy("follows an account"),
    ("follow", "ended"): gettext_lazy("has stopped following an account"),
    ("group", "active"): gettext_lazy("is in a group chat"),
    ("group", "ended"): gettext_lazy("has left a group chat"),
    ("referral", "active"): gettext_lazy("was brought by somebody"),
    ("referral", "ended"): gettext_lazy("was once brought by somebody"),
}
BANDS: dict[str, Any] = {
    "weak": pgettext_lazy("connection", "weak"),
    "neutral": pgettext_lazy("connection", "neutral"),
    "strong": pgettext_lazy("connection", "strong"),
}
# (type, window): whether the sentence has one. It is the first step that stands in it.
THEN: dict[tuple[str, bool], Any] = {
    ("then", False): gettext_lazy("has %(first)s and then %(next)s within %(gap)s"),
    ("then", True): gettext_lazy("has %(first)s %(window)s and then %(next)s within %(gap)s"),
    ("then_not", False): gettext_lazy("has %(first)s and not %(next)s within %(gap)s"),
    ("then_not", True): gettext_lazy("has %(first)s %(window)s and not %(next)s within %(gap)s"),
}
GAPS: dict[str, Any] = {
    "minutes": ngettext_lazy("%(number)s minute", "%(number)s minutes", "n"),
    "hours": ngettext_lazy("%(number)s hour", "%(number)s hours", "n"),
    "days": ngettext_lazy("%(number)s day", "%(number)s days", "n"),
}
TOP: dict[str, Any] = {
    "top": gettext_lazy("is in the top %(percent)s of those who have %(event)s, by %(by)s"),
    "bottom": gettext_lazy("is in the bottom %(percent)s of those who have %(event)s, by %(by)s"),
}
BY: dict[str, Any] = {
    "count": pgettext_lazy("top by …", "number of times"),
    "sum": pgettext_lazy("top by …", "amount in total"),
    "days": pgettext_lazy("top by …", "number of days"),
}


def locale() -> str:
    """The current language, as Babel and Money want it."""
    language = get_language() or "en"
    return "zh_Hans" if language.startswith("zh") else language.replace("-", "_")


# A rule as sentences


def sentences(rule: Rule, catalogue: Catalogue) -> list[str]:
    """One for each outermost condition."""
    return [sentence(part) for part in describe(rule, catalogue)]


def whole(rule: Rule, catalogue: Catalogue) -> str:
    return listed(sentences(rule, catalogue))


def sentence(part: Part) -> str:
    match part.code:
        case "all":
            return _("(%(conditions)s)") % {"conditions": listed([sentence(one) for one in part.parts])}
        case "any":
            return _("(%(conditions)s)") % {"conditions": either([sentence(one) for one in part.parts])}
        case "not":
            return _("not: %(condition)s") % {"condition": sentence(part.parts[0])}
        case "level":
            return _level(part.params)
        case "role" | "strength" | "member" | "tag":
            return _about(part)
        case "reachable" | "consent.given" | "consent.withdrawn" | "consent.none":
            channel = gettext(str(part.params["channel"]))
            return str(AGREED[part.code, str(part.params["purpose"])]) % {"channel": channel}
        case code if code.startswith("yearly."):
            name = trait_label(str(part.params["key"]), _given(part.params, "key"))
            return yearly.said(name, code.partition(".")[2], part.params)
        case code if code.startswith("tie."):
            return _tie(part)
        case "did" | "did_not":
            return _event(part)
        case "then" | "then_not":
            return _sequence(part)
        case "top" | "bottom":
            return _top(part)
        case "share":
            return _share(part.params)
        case "audience":
            return _("is in the audience “%(name)s”") % {"name": part.params["label"]}
        case _:
            return _tested(part)


def listed(words: Sequence[str]) -> str:
    """Conditions that all hold."""
    if len(words) < 2:
        return "".join(words)
    said = words[0]
    for one in words[1:-1]:
        said = pgettext("conditions", "%(so_far)s, %(next)s") % {"so_far": said, "next": one}
    return pgettext("conditions", "%(so_far)s and %(last)s") % {"so_far": said, "last": words[-1]}


def either(words: Sequence[str]) -> str:
    return format_list(list(words), style="or", locale=locale()) if words else ""


def _level(params: Mapping[str, object]) -> str:
    levels = params["levels"]
    assert isinstance(levels, tuple)
    names = [str(Level(level).label) for level in levels]
    return _("level is %(levels)s") % {"levels": either(names)}


def _about(part: Part) -> str:
    match part.code:
        case "role":
            return _("role is %(roles)s") % {"roles": either([str(Role(one).label) for one in _texts(part, "roles")])}
        case "strength":
            bands = [str(BANDS[one]) for one in _texts(part, "bands")]
            if of := [_quoted(one) for one in _texts(part, "of")]:
                return _("connection with %(of)s is %(bands)s") % {"of": either(of), "bands": either(bands)}
            return _("connection is %(bands)s") % {"bands": either(bands)}
        case "tag":
            tags = [_quoted(one) for one in _texts(part, "tags")]
            return _("carries the tag %(tags)s") % {"tags": either(tags)}
        case _:
            return _("is a member")


def _tie(part: Part) -> str:
    kind = part.code.partition(".")[2], str(part.params["state"])
    of = [_quoted(one) for one in _texts(part, "of")]
    return str(TIES[kind]) % {"of": either(of)} if of else str(ANY_TIE[kind])


def _quoted(text: str) -> str:
    return pgettext("a name in a sentence", "“%(text)s”") % {"text": text}


def _texts(part: Part, name: str) -> tuple[str, ...]:
    found = part.params[name]
    assert isinstance(found, tuple)
    return found


def _event(part: Part) -> str:
    where = [_tested(one) for one in part.parts if one.code.startswith(("prop.", "amount."))]
    measures = [said for one in part.parts if not _at_all(one) and (said := _measure(one))]
    window = next((_window(one) for one in part.parts if one.code.startswith("within.")), "")
    did = "did_not_lately" if part.code == "did_not" and window else part.code
    event = event_label(str(part.params["event"]), _given(part.params, "event"))
    return str(SENTENCES[bool(where), bool(measures), bool(window)]) % {
        "did": str(DID[did]) % {"event": event},
        "where": listed(where),
        "measure": listed(measures),
        "window": window,
    }


def _at_all(part: Part) -> bool:
    return part.code == "count.at_least" and part.params["number"] == 1


def _given(params: Mapping[str, object], name: str) -> str:
    """The label that the workspace gave, if it gave one."""
    label = str(params.get("label", ""))
    return "" if label == params.get(name) else label


def figure_of(params: Mapping[str, object]) -> str:
    """What a figure is about: the amount, or a property."""
    if "key" not in params:
        return str(AMOUNT_LABEL)
    return property_label(str(params["key"]), _given(params, "key"))


def _tested(part: Part) -> str:
    kind, _dot, op = part.code.partition(".")
    params = part.params
    if "currency" in params:
        name = str(AMOUNT_LABEL)
    else:
        labelled = trait_label if kind == "trait" else property_label
        name = labelled(str(params["key"]), _given(params, "key"))
    if kind in FIGURES:
        name = str(FIGURES[kind]) % {"name": name}
    values = [_value(one, params) for one in _values(params.get("value"))]
    both = {"low": values[0], "high": values[-1]} if values else {}
    return str(TESTS[op]) % {"name": name, "value": either(values), **both}


def _values(value: object) -> Iterable[object]:
    if value is None:
        return []
    return value if isinstance(value, tuple) else (value,)


def _value(value: object, params: Mapping[str, object]) -> str:
    if "currency" in params:
        return money_text(value, str(params["currency"]))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return str(format_decimal(value, locale=locale()))
    if params.get("kind") == "date":
        return day(date.fromisoformat(str(value)))
    return pgettext("a value in a sentence", "%(text)s") % {"text": value}


def money_text(minor: object, currency: str) -> str:
    assert isinstance(minor, int)
    return Money(minor, currency).format(locale())


def day(on: object) -> str:
    assert isinstance(on, date)
    return str(format_date(on, locale=figures.locale()))


def _measure(part: Part) -> str:
    """Empty for a part of the sentence that measures nothing."""
    kind = part.code.partition(".")[0]
    if kind in TIMES:
        return str(TIMES[kind]) % {"window": _window(part.parts[0]) or _("at any time")}
    if kind in ("min", "max", "last"):
        return _tested(part)
    if part.code not in MEASURES:
        return ""
    number = part.params["number"]
    assert isinstance(number, int)
    if "key" in part.params:
        name = property_label(str(part.params["key"]), _given(part.params, "key"))
        return str(FIGURES[part.code]) % {"name": name, "number": format_decimal(number, locale=locale())}
    if "currency" in part.params:
        return str(MEASURES[part.code]) % {"number": money_text(number, str(part.params["currency"]))}
    return str(MEASURES[part.code] % {"n": number, "number": format_decimal(number, locale=locale())})


def _window(part: Part) -> str:
    params = part.params
    match part.code:
        case "within.last_days":
            days = params["days"]
            assert isinstance(days, int)
            said = ngettext("in the last %(days)s day", "in the last %(days)s days", days)
            return said % {"days": format_decimal(days, locale=locale())}
        case "within.since":
            return _("since %(date)s") % {"date": day(params["date"])}
        case "within.before":
            return _("before %(date)s") % {"date": day(params["date"])}
        case "within.days_ago":
            return _days_ago(params["least"], params["most"])
        case "within.between":
            both = {"first": day(params["first"]), "last": day(params["last"])}
            return pgettext("days", "between %(first)s and %(last)s") % both
        case _:
            return ""


def _days_ago(least: object, most: object) -> str:
    assert isinstance(least, int)
    shown = {"least": format_decimal(least, locale=locale())}
    if not isinstance(most, int):
        return ngettext("at least %(least)s day ago", "at least %(least)s days ago", least) % shown
    said = ngettext("between %(least)s and %(most)s day ago", "between %(least)s and %(most)s days ago", most)
    return said % (shown | {"most": format_decimal(most, locale=locale())})


def _sequence(part: Part) -> str:
    [first, following, window] = part.parts
    gap = part.params["number"]
    assert isinstance(gap, int)
    said = {"n": gap, "number": format_decimal(gap, locale=locale())}
    when = _window(window)
    return str(THEN[part.code, bool(when)]) % {
        "first": _step(first),
        "window": when,
        "next": _step(following),
        "gap": str(GAPS[str(part.params["unit"])] % said),
    }


def _step(part: Part) -> str:
    event = event_label(str(part.params["event"]), _given(part.params, "event"))
    if not part.parts:
        return event
    return _("%(event)s (%(where)s)") % {"event": event, "where": listed([_tested(one) for one in part.parts])}


def _top(part: Part) -> str:
    [step, window] = part.parts
    did = str(TOP[part.code]) % {
        "percent": percent(part.params["percent"]),
        "event": _step(step),
        "by": BY[str(part.params["by"])],
    }
    when = _window(window)
    return str(SENTENCES[False, False, bool(when)]) % {"did": did, "window": when}


def _share(params: Mapping[str, object]) -> str:
    skip = params["skip"]
    assert isinstance(skip, int)
    said = {"percent": percent(params["percent"]), "seed": params["seed"], "skip": percent(skip)}
    if params["seed"] and skip:
        return _("is among %(percent)s of all people drawn by “%(seed)s”, after the first %(skip)s") % said
    if params["seed"]:
        return _("is among %(percent)s of all people drawn by “%(seed)s”") % said
    if skip:
        return _("is among %(percent)s of all people drawn by chance, after the first %(skip)s") % said
    return _("is among %(percent)s of all people drawn by chance") % said


def percent(hundredths: object) -> str:
    assert isinstance(hundredths, int)
    return str(format_percent(hundredths / 100, locale=locale()))


def number(value: int) -> str:
    return str(format_decimal(value, locale=locale()))
