"""Why somebody is in an audience, or not: every clause, what they have there, and the rows behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from babel.numbers import format_decimal
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.http import require_safe

from guanxi.audiences import queries
from guanxi.audiences.models import Audience
from guanxi.audiences.queries import Evidence, NotMirrored, Part, Reason, RuleError, Why
from guanxi.channels.models import SkipReason
from guanxi.console.access import StaffRequest, may
from guanxi.console.audiences import words
from guanxi.console.audiences.behind import Behind, behind
from guanxi.console.audiences.errors import error_text
from guanxi.console.templatetags.figures import day
from guanxi.governance.queries import Permission
from guanxi.people import queries as people
from guanxi.people.models import Level, Person, Role

GROUPS: dict[str, Any] = {
    "all": gettext_lazy("All of these"),
    "any": gettext_lazy("One of these"),
    "not": gettext_lazy("Not this"),
}


LABELS: dict[str, Any] = {
    "sum": gettext_lazy("%(name)s in total"),
    "min": gettext_lazy("the smallest %(name)s"),
    "max": gettext_lazy("the greatest %(name)s"),
    "last": gettext_lazy("the last %(name)s"),
    "first_time": gettext_lazy("first time"),
    "last_time": gettext_lazy("last time"),
}

Rows = Callable[[Evidence], Sequence[Behind]]


@dataclass(frozen=True)
class Had:
    text: str
    failed: bool = False
    """One of several figures, and not as the clause wants it."""


@dataclass(frozen=True)
class Line:
    """A clause as the page shows it; `inner` are those that stand in it."""

    text: str
    holds: bool
    note: str = ""
    values: Sequence[Had] = ()
    rows: Sequence[Behind] = ()
    inner: Sequence[Line] = field(default_factory=list)


@may(Permission.AUDIENCES_VIEW)
@require_safe
def audience_why(request: StaffRequest, public_id: str, person_id: str) -> HttpResponse:
    kept = Audience.objects.filter(public_id=public_id).first()
    person: Person | None = people.visible(request.staff).filter(public_id=person_id).first()
    if kept is None or person is None:
        raise Http404
    context: dict[str, Any] = {"audience": kept, "person": person}
    try:
        why = queries.why_with_rows(queries.people_rule(kept), person.pk, now=request.now)
    except RuleError as error:
        context["trouble"] = error_text(error)
    except NotMirrored:
        context["trouble"] = _("This person is so new that audiences do not know them yet. Look again in a minute.")
    else:
        rows = partial(behind, slug=request.workspace.slug, person=person, staff=request.staff)
        context |= {"is_in": why.is_in, "lines": [_line(part, why, rows) for part in why.parts]}
    return render(request, "audiences/why.html", context)


def _line(part: Part, why: Why, rows: Rows) -> Line:
    holds = why.reasons[part.path].holds
    if part.code in GROUPS:
        return Line(str(GROUPS[part.code]), holds, inner=[_line(one, why, rows) for one in part.parts])
    text = words.sentence(part)
    if part.code == "audience":
        return Line(text, holds, inner=[_line(one, why, rows) for one in part.parts])
    reason = why.reasons[part.path]
    return Line(text, holds, _note(reason.values), _had(part, reason), rows(why.evidence[part.path]))


def _note(values: Mapping[str, Any]) -> str:
    if "drawn" in values:
        return pgettext("share", "Drawn") if values["drawn"] else pgettext("share", "Not drawn")
    if "unreachable" in values:
        return _("Cause: %(cause)s") % {"cause": SkipReason(values["unreachable"]).label}
    return ""


def _had(part: Part, reason: Reason) -> list[Had]:
    if part.code in ("top", "bottom"):
        return [Had(text) for text in _standing(part.code, reason.values)]
    values = {name: value for name, value in reason.values.items() if name not in ("drawn", "unreachable")}
    labels = _labels(part)
    several = len(values) > 1
    return [
        Had(_labelled(labels.get(name, ""), value_words(name, value)), several and name in reason.failed)
        for name, value in values.items()
    ]


def _standing(code: str, values: Mapping[str, Any]) -> list[str]:
    [name, figure] = next(iter(values.items()))
    said = {"of": words.number(values["of"] or 0), "rank": words.number(values["rank"] or 0)}
    if values["rank"] is None:
        place = _("not among the ranked people (%(of)s)")
    elif code == "top":
        place = _("place %(rank)s of %(of)s")
    else:
        place = _("place %(rank)s of %(of)s from the bottom")
    found = [value_words(name, figure), place % said]
    if values["edge"] is not None:
        found.append(_("the last one in has: %(figure)s") % {"figure": value_words(name, values["edge"])})
    return found


def _labels(part: Part) -> dict[str, str]:
    """What the figures of an event clause are called, where their words alone do not say it."""
    found = {}
    for one in part.parts:
        kind = one.code.partition(".")[0]
        if kind in LABELS:
            key = str(one.params.get("key", ""))
            name = words.figure_of(one.params)
            found[f"{kind}_{key}" if key else kind] = str(LABELS[kind]) % {"name": name}
    return found


def _labelled(label: str, text: str) -> str:
    return _("%(label)s: %(value)s") % {"label": label, "value": text} if label else text


def value_words(name: str, value: Any) -> str:
    """What the person has: a figure, a level, the value of a field."""
    match name:
        case "count":
            return ngettext("%(n)s time", "%(n)s times", value) % {"n": words.number(value)}
        case "days":
            return ngettext("on %(n)s day", "on %(n)s days", value) % {"n": words.number(value)}
        case "level":
            return str(Level(value).label)
        case "role":
            return str(Role(value).label)
        case "day" if value is not None:
            return words.day(date.fromisoformat(str(value)))
        case "strength":
            return str(words.BANDS[value])
        case "member":
            return _("a member") if value else _("no member")
        case "sum" | "min" | "max" | "last":
            return _("none") if value is None else words.money_text(int(value), queries.catalogue().currency)
        case "first_time" | "last_time":
            return _("never") if value is None else str(day(value))
    if value is None:
        return _("not known")
    return _plain(value / 1000 if name.startswith("sum_") else value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(format_decimal(value, locale=words.locale())) if isinstance(value, int | float) else str(value)
