"""Why somebody is in an audience, or not: every clause, what they have there, and the rows behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from babel.numbers import format_decimal
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from guanxi.audiences import queries
from guanxi.audiences.models import Audience
from guanxi.audiences.queries import Evidence, NotMirrored, Part, RuleError, Why
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


Rows = Callable[[Evidence], Sequence[Behind]]


@dataclass(frozen=True)
class Line:
    """A clause as the page shows it; `inner` are those that stand in it."""

    text: str
    holds: bool
    values: Sequence[str] = ()
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
    values = [said for name, value in why.reasons[part.path].values.items() if (said := value_words(name, value))]
    return Line(text, holds, values, rows(why.evidence[part.path]))


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
