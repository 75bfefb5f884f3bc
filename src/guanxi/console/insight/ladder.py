"""The ladder of everybody: who stands where, who came and who fell, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from babel.numbers import format_percent
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from guanxi.console.access import StaffRequest, may
from guanxi.console.choices import asked_day
from guanxi.console.people import words
from guanxi.console.templatetags.figures import day, locale
from guanxi.console.templatetags.ways import SOURCES
from guanxi.governance.models import Unit
from guanxi.governance.queries import Permission
from guanxi.insight import queries
from guanxi.insight.queries import Conversion, Flow, Ladder, LadderWanted, TimeOn
from guanxi.people import queries as people
from guanxi.people.models import Level

SPANS = (30, 90, 365)
LONGEST = 731
UNITS_AT_MOST = 500


class Asked:
    """What an address asks for; `problem` says why other days are shown. Raises Http404 for what is no day and no
    unit."""

    def __init__(self, request: StaffRequest) -> None:
        given, today = request.GET, timezone.localdate(request.now)
        self.last = asked_day(given.get("to", "")) or today
        self.first = asked_day(given.get("from", "")) or self.last - timedelta(days=SPANS[1] - 1)
        self.problem = self._problem()
        if self.problem:
            self.last, self.first = today, today - timedelta(days=SPANS[1] - 1)
        self.units = {one.public_id: one for one in Unit.objects.order_by("path")[:UNITS_AT_MOST]}
        self.unit_key, self.source = given.get("unit", ""), given.get("source", "")[:40]
        if (self.unit_key and self.unit_key not in self.units) or "\x00" in self.source:
            raise Http404

    def _problem(self) -> str:
        if self.first > self.last:
            return _("The first day is after the last. Choose them again.")
        if (self.last - self.first).days >= LONGEST:
            return _("That is more than two years. Choose days that are closer together.")
        return ""

    @property
    def wanted(self) -> LadderWanted:
        unit = self.units.get(self.unit_key)
        return LadderWanted(self.first, self.last, unit.pk if unit else None, self.source)

    def span(self, days: int, today: date) -> str:
        said = {"from": str(today - timedelta(days=days - 1)), "to": str(today), "unit": self.unit_key}
        return "?" + urlencode({name: value for name, value in (said | {"source": self.source}).items() if value})

    @property
    def unit_options(self) -> list[tuple[str, str]]:
        indented = ((key, "\u2003" * (unit.path.count("/") - 1) + unit.name) for key, unit in self.units.items())
        return [("", _("Any unit")), *indented]

    @property
    def source_options(self) -> list[tuple[str, str]]:
        known = dict.fromkeys([*people.sources(), *filter(None, [self.source])])
        return [("", _("Any source")), *((key, str(SOURCES.get(key, key))) for key in known)]


@dataclass(frozen=True)
class Rung:
    """A level; `people` leads to those who stand on it."""

    label: str
    tone: str
    flow: Flow
    people: str
    spark: str


def _rungs(request: StaffRequest, asked: Asked, found: Ladder) -> list[Rung]:
    here = reverse("people", args=[request.workspace.slug])
    said = {"unit": asked.unit_key, "source": asked.source}
    rungs = []
    for flow in reversed(found.flows):
        label = str(Level(flow.level).label)
        query = urlencode({name: value for name, value in ({"level": flow.level} | said).items() if value})
        spark = _("%(level)s: reached by %(n)s from %(first)s to %(last)s") % {
            "level": label,
            "n": flow.reached,
            "first": day(asked.first),
            "last": day(asked.last),
        }
        rungs.append(Rung(label, words.level_tone(flow.level), flow, f"{here}?{query}", spark))
    return rungs


def _shares(conversions: list[Conversion]) -> list[dict[str, Any]]:
    """One row a pair of levels, a cell a window."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for one in conversions:
        row = rows.setdefault(
            (one.level, one.aim),
            {"from": str(Level(one.level).label), "to": str(Level(one.aim).label), "cells": []},
        )
        share = format_percent(one.done / one.of, format="#,##0.0%", locale=locale()) if one.of else ""
        row["cells"].append({"share": share, "of": one.of, "done": one.done, "early": one.early, "days": one.days})
    return [row for row in rows.values() if any(cell["of"] for cell in row["cells"])]


def _times(times: list[TimeOn]) -> list[dict[str, Any]]:
    return [
        {
            "label": str(Level(one.level).label),
            "people": one.people,
            "median": _days(one.median),
            "middle": _("%(lower)s to %(upper)s") % {"lower": _days(one.lower), "upper": _days(one.upper)},
        }
        for one in times
    ]


def _days(days: float) -> str:
    whole = round(days)
    return _("less than a day") if whole == 0 else ngettext("%(n)s day", "%(n)s days", whole) % {"n": whole}


@may(Permission.AUDIENCES_VIEW)
@require_safe
def ladder(request: StaffRequest) -> HttpResponse:
    asked = Asked(request)
    found = queries.ladder(request.staff, asked.wanted, now=request.now)
    today = timezone.localdate(request.now)
    spans = [
        {
            "label": ngettext("%(n)s day", "%(n)s days", days) % {"n": days},
            "url": asked.span(days, today),
            "current": asked.last == today and (asked.last - asked.first).days == days - 1,
        }
        for days in SPANS
    ]
    by_day = [
        (at, [(flow.reached_by_day[place], flow.lost_by_day[place]) for flow in found.flows])
        for place, at in reversed(list(enumerate(found.days)))
        if any(flow.reached_by_day[place] or flow.lost_by_day[place] for flow in found.flows)
    ]
    context = {
        "asked": asked,
        "found": found,
        "rungs": _rungs(request, asked, found),
        "everybody": sum(flow.now for flow in found.flows),
        "shares": _shares(list(found.conversions)),
        "times": _times(list(found.times)),
        "windows": queries.WINDOWS,
        "spans": spans,
        "levels": [str(label) for label in Level.labels],
        "by_day": by_day[:100],
    }
    return render(request, "insight/ladder.html", context, status=422 if asked.problem else 200)
