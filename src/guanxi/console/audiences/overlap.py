"""Audiences side by side: how many people each two share, and who is in exactly which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel.lists import format_list
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from guanxi.audiences import queries
from guanxi.audiences.models import Audience
from guanxi.audiences.queries import MOST_COMPARED, RuleError
from guanxi.console.access import StaffRequest, may
from guanxi.console.audiences import words
from guanxi.console.audiences.errors import error_text
from guanxi.console.audiences.who import Sample, seen_of
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission

MOST_OFFERED = 300


@dataclass(frozen=True)
class Shared:
    number: str
    percent: str
    own: bool


@dataclass(frozen=True)
class Compared:
    audience: Audience
    size: str
    shared: list[Shared]


@dataclass(frozen=True)
class Section:
    """People of exactly these audiences."""

    label: str
    number: int
    shown: str


@dataclass(frozen=True)
class Table:
    rows: list[Compared]
    sections: list[Section]
    largest: int
    common: int
    samples: list[Sample]


@may(Permission.AUDIENCES_VIEW)
@require_GET
def overlap(request: StaffRequest) -> HttpResponse:
    asked = [one for one in dict.fromkeys(request.GET.getlist("of")) if one]
    offered = list(Audience.objects.order_by("name", "pk").only("public_id", "name")[:MOST_OFFERED])
    known = {one.public_id: one for one in Audience.objects.filter(public_id__in=asked[:MOST_COMPARED])}
    chosen = [known[one] for one in asked[:MOST_COMPARED] if one in known]
    context: dict[str, Any] = {
        "offered": [*offered, *(one for one in chosen if one not in offered)],
        "places": [chosen[at].public_id if at < len(chosen) else "" for at in range(MOST_COMPARED)],
        "wrong": _wrong(asked, chosen),
    }
    if len(chosen) > 1 and not context["wrong"]:
        try:
            context["table"] = table(chosen, request.staff, now=request.now)
        except RuleError as error:
            context["wrong"] = error_text(error)
    return render(request, "audiences/overlap.html", context, status=422 if context["wrong"] else 200)


def _wrong(asked: Sequence[str], chosen: Sequence[Audience]) -> str:
    if len(asked) > MOST_COMPARED:
        return _("At most %(most)s audiences are compared at once. Take some out.") % {"most": MOST_COMPARED}
    if len(chosen) < len(asked):
        return _("This audience does not exist any more. Choose another one.")
    return _("Choose at least two different audiences.") if len(chosen) == 1 else ""


def table(chosen: Sequence[Audience], staff: Staff, *, now: datetime) -> Table:
    """Raises RuleError."""
    found = queries.overlap(chosen, now=now)
    rows = []
    for at, audience in enumerate(chosen):
        size = found.sizes[at]
        shared = [
            Shared(words.number(number), words.percent(100 * number // size if size else 0), at == other)
            for other in range(len(chosen))
            for number in [found.both(at, other)]
        ]
        rows.append(Compared(audience, words.number(size), shared))
    sections = [
        Section(_named(part, chosen), number, words.number(number))
        for part, number in sorted(found.parts.items(), key=lambda one: -one[1])
    ]
    largest = max(found.parts.values(), default=0)
    return Table(rows, sections, largest, len(found.common), seen_of(found.common, staff))


def _named(part: frozenset[int], chosen: Sequence[Audience]) -> str:
    names = [chosen[at].name for at in sorted(part)]
    if len(names) == 1:
        return _("Only in %(name)s") % {"name": names[0]}
    if len(names) == len(chosen):
        return ngettext("In both", "In all %(n)s", len(names) - 1) % {"n": len(names)}
    return _("Only in %(names)s") % {"names": format_list(names, locale=words.locale())}
