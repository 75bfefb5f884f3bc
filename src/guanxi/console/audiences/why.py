"""Why somebody is in an audience, or not: every clause, what they have there, and the rows behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from babel.numbers import format_decimal
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from guanxi.audiences import queries
from guanxi.audiences.models import Audience
from guanxi.audiences.queries import Evidence, NotMirrored, Part, RuleError, TieRow, Why
from guanxi.channels.models import Account
from guanxi.connections.models import GroupChat
from guanxi.console.access import StaffRequest, may
from guanxi.console.audiences import words
from guanxi.console.audiences.errors import error_text
from guanxi.console.people.timeline import told
from guanxi.console.templatetags.figures import day
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission
from guanxi.people import queries as people
from guanxi.people.models import Level, Person, Role

GROUPS: dict[str, Any] = {
    "all": gettext_lazy("All of these"),
    "any": gettext_lazy("One of these"),
    "not": gettext_lazy("Not this"),
}
TIES: dict[str, Any] = {
    "friend": gettext_lazy("Friend of %(name)s"),
    "follow": gettext_lazy("Follows %(name)s"),
    "group": gettext_lazy("In the group chat %(name)s"),
    "referral": gettext_lazy("Brought by somebody"),
}


@dataclass(frozen=True)
class Behind:
    """A row behind a clause."""

    icon: str
    text: str
    more: str
    at: datetime | None


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
        context |= {"is_in": why.is_in, "lines": [_line(part, why) for part in why.parts]}
    return render(request, "audiences/why.html", context)


def _line(part: Part, why: Why) -> Line:
    holds = why.reasons[part.path].holds
    if part.code in GROUPS:
        return Line(str(GROUPS[part.code]), holds, inner=[_line(one, why) for one in part.parts])
    text = words.sentence(part)
    if part.code == "audience":
        return Line(text, holds, inner=[_line(one, why) for one in part.parts])
    values = [said for name, value in why.reasons[part.path].values.items() if (said := value_words(name, value))]
    return Line(text, holds, values, _behind(why.evidence[part.path]))


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


def _behind(evidence: Evidence) -> list[Behind]:
    rows = [Behind(item.icon, item.title, item.more, item.at) for item in told(evidence.events)]
    rows += [Behind("tag", str(one.tag), one.reason, one.since) for one in evidence.tags]
    names = _names(evidence.ties)
    for one in evidence.ties:
        state = "" if one.state in ("active", "first", "claim") else _("no more")
        key = {"friend": one.advisor, "group": one.group}.get(one.kind, one.account)
        who = names.get((one.kind, key), "–")
        rows.append(Behind("link", str(TIES[one.kind]) % {"name": who}, state, one.since))
    return rows


def _names(ties: Sequence[TieRow]) -> Mapping[tuple[str, int | None], str]:
    staff = {one.advisor for one in ties if one.kind == "friend" and one.advisor}
    groups = {one.group for one in ties if one.kind == "group" and one.group}
    accounts = {one.account for one in ties if one.kind == "follow" and one.account}
    found: dict[tuple[str, int | None], str] = {}
    found |= {("friend", one.pk): str(one) for one in (Staff.objects.filter(pk__in=staff) if staff else ())}
    found |= {("group", one.pk): str(one) for one in (GroupChat.objects.filter(pk__in=groups) if groups else ())}
    found |= {("follow", one.pk): str(one) for one in (Account.objects.filter(pk__in=accounts) if accounts else ())}
    return found
