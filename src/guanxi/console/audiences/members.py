"""The members of an audience: who they are, when they are looked at, and that they can be fixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from guanxi.audiences import operations as audiences
from guanxi.audiences import queries
from guanxi.audiences.models import Audience
from guanxi.audiences.operations import AudienceBusy, AudienceGone, AudienceIsFixed, Refreshed
from guanxi.audiences.queries import RuleError
from guanxi.console.access import StaffRequest, may
from guanxi.console.audiences import words
from guanxi.console.audiences.errors import error_text
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission
from guanxi.governance.queries import may as role_may
from guanxi.people import queries as people
from guanxi.people.models import Person
from guanxi.people.queries import Card

PAGE = 50
ON_DEMAND = "asked"
EVERY: list[tuple[str, Any]] = [
    ("0", gettext_lazy("With every change")),
    ("15", gettext_lazy("Every 15 minutes")),
    ("60", gettext_lazy("Every hour")),
    ("1440", gettext_lazy("Once a day")),
    (ON_DEMAND, gettext_lazy("Only when somebody asks")),
]


class Schedule(forms.Form):
    """An interval that a program set is one more choice."""

    every = forms.ChoiceField(label=gettext_lazy("Brought up to date"))

    def __init__(self, kept: Audience, given: Mapping[str, Any] | None = None) -> None:
        every = ON_DEMAND if kept.every is None else str(kept.every)
        super().__init__(given, initial={"every": every})
        offered = list(EVERY)
        if kept.every is not None and every not in dict(EVERY):
            minutes = ngettext("Every %(n)s minute", "Every %(n)s minutes", kept.every)
            offered.append((every, minutes % {"n": words.number(kept.every)}))
        self.fields["every"] = forms.ChoiceField(label=self.fields["every"].label, choices=offered)


@dataclass(frozen=True)
class Member:
    card: Card
    since: datetime


def found(public_id: str) -> Audience:
    audience = Audience.objects.filter(public_id=public_id).first()
    if audience is None:
        raise Http404
    return audience


@may(Permission.AUDIENCES_VIEW)
@require_safe
def audience_members(request: StaffRequest, public_id: str) -> HttpResponse:
    return _page(request, found(public_id))


@may(Permission.AUDIENCES_VIEW)
@require_POST
def audience_refresh(request: StaffRequest, public_id: str) -> HttpResponse:
    kept = found(public_id)
    try:
        done = audiences.refresh(audience=kept, now=request.now)
    except AudienceGone:
        raise Http404 from None
    except RuleError as error:
        messages.error(request, error_text(error))
    except AudienceIsFixed:
        messages.error(request, _("This audience is fixed: it keeps its people."))
    except AudienceBusy:
        messages.error(request, _("Others are bringing it up to date. Look again in a moment."))
    else:
        messages.success(request, _looked(done, first=kept.filled_at is None))
    return _back(request, kept)


def _looked(done: Refreshed, *, first: bool) -> str:
    if first:
        said = ngettext("Up to date: %(n)s person is in it.", "Up to date: %(n)s people are in it.", done.size)
        return said % {"n": words.number(done.size)}
    came = ngettext("%(n)s person came", "%(n)s people came", done.entered) % {"n": words.number(done.entered)}
    went = ngettext("%(n)s left", "%(n)s left", done.left) % {"n": words.number(done.left)}
    return _("Up to date: %(came)s, %(went)s.") % {"came": came, "went": went}


@may(Permission.AUDIENCES_EDIT)
@require_POST
def audience_schedule(request: StaffRequest, public_id: str) -> HttpResponse:
    kept = found(public_id)
    form = Schedule(kept, request.POST)
    if not form.is_valid():
        return _page(request, kept, form, 422)
    every = form.cleaned_data["every"]
    try:
        audiences.keep_live(
            audience=kept, every=None if every == ON_DEMAND else int(every), by=request.staff, now=request.now
        )
    except AudienceGone:
        raise Http404 from None
    except RuleError as error:
        messages.error(request, error_text(error))
    else:
        messages.success(request, _("Saved."))
    return _back(request, kept)


@may(Permission.AUDIENCES_EDIT)
@require_POST
def audience_fix(request: StaffRequest, public_id: str) -> HttpResponse:
    kept = found(public_id)
    try:
        audiences.fix_audience(audience=kept, by=request.staff, now=request.now)
    except AudienceGone:
        raise Http404 from None
    except RuleError as error:
        messages.error(request, error_text(error))
    except (AudienceIsFixed, AudienceBusy):
        messages.error(request, _("It was changed meanwhile. Look again."))
    else:
        messages.success(request, _("Fixed. From here on it has these people, whatever they do."))
    return _back(request, kept)


def _back(request: StaffRequest, kept: Audience) -> HttpResponse:
    return redirect("audience_members", request.workspace.slug, kept.public_id)


def _page(request: StaffRequest, kept: Audience, form: Schedule | None = None, status: int = 200) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:100]
    rows, after = members(kept, request.staff, request.GET.get("after", ""))
    context = {
        "audience": kept,
        "form": form or Schedule(kept),
        "today": queries.today(kept, now=request.now),
        "members": rows,
        "next": f"?after={after}" if after else "",
        "text": text,
        "looked_for": looked_for(request.staff, text),
        "may_edit": role_may(request.staff.role, Permission.AUDIENCES_EDIT),
    }
    return render(request, "audiences/members.html", context, status=status)


def members(kept: Audience, staff: Staff, after: str) -> tuple[list[Member], str]:
    """Those whom the staff may see, in the order in which they came to us, and where the next page begins."""
    rows = queries.members_seen(kept, staff)
    if after:
        last = Person.objects.filter(public_id=after).values_list("pk", flat=True).first()
        if last is None:
            raise Http404
        rows = rows.filter(person_id__gt=last)
    since = dict(rows.values_list("person_id", "since")[: PAGE + 1])
    cards = people.cards(list(since)[:PAGE])
    shown = [Member(card, since[card.person.pk]) for card in cards]
    return shown, cards[-1].person.public_id if len(since) > PAGE else ""


def looked_for(staff: Staff, text: str) -> list[Person]:
    return list(people.people_page(staff, people.Wanted(search=text), size=10).people) if text else []
