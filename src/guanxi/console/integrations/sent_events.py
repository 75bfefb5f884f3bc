"""The catalogue of events that sites send: their names and properties, blocking one, and forgetting many."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from guanxi.acquisition import operations as acquisition
from guanxi.acquisition import queries
from guanxi.acquisition.models import EventName
from guanxi.acquisition.queries import EVENT_NAMES
from guanxi.console.access import StaffRequest, may
from guanxi.console.integrations import words
from guanxi.console.integrations.sources import MAY, tabs
from guanxi.console.paging import newest_first

STATES = ("blocked", "once")


def found(public_id: str) -> EventName:
    event = EventName.objects.filter(public_id=public_id).first()
    if event is None:
        raise Http404
    return event


@may(MAY)
@require_safe
def sent_events(request: StaffRequest) -> HttpResponse:
    q, state = _asked(request.GET)
    page = newest_first(queries.event_names(q, state), request.GET.get("after", ""), moment="last_seen_at")
    narrowed = urlencode({name: value for name, value in (("q", q), ("state", state)) if value})
    context = {
        "listed": [(one, words.sent_name(one)) for one in page.rows],
        "q": q,
        "state": state,
        "found": queries.event_names(q, state).count() if narrowed else None,
        "next": f"{page.next}&{narrowed}" if page.next and narrowed else page.next,
        "counted": queries.counted(),
        "most": EVENT_NAMES,
        "tabs": tabs(request, "sent_events"),
    }
    return render(request, "integrations/sent_events.html", context)


def _asked(given: QueryDict) -> tuple[str, str]:
    """A text and a state to narrow the list by."""
    state = given.get("state", "")
    return given.get("q", "").replace("\0", "").strip()[:100], state if state in STATES else ""


@may(MAY)
@require_POST
def forget_events(request: StaffRequest) -> HttpResponse:
    q, state = _asked(request.POST)
    if not (q or state):
        messages.error(request, _("Narrow the list down first: only the names that it shows are forgotten."))
        return redirect("sent_events", request.workspace.slug)
    gone, kept = acquisition.forget_events(rows=queries.event_names(q, state), by=request.staff, now=request.now)
    _tell(request, gone, kept)
    return redirect("sent_events", request.workspace.slug)


def _tell(request: StaffRequest, gone: int, kept: int) -> None:
    said = ngettext("%(n)s name was forgotten.", "%(n)s names were forgotten.", gone) % {"n": intcomma(gone)}
    messages.success(request, said)
    if kept:
        stay = ngettext(
            "%(n)s stays: an audience asks about it.", "%(n)s stay: audiences ask about them.", kept
        ) % {"n": intcomma(kept)}  # fmt: skip
        messages.info(request, stay)


@may(MAY)
@require_POST
def forget_event(request: StaffRequest, public_id: str) -> HttpResponse:
    event = found(public_id)
    if event.blocked_at:
        messages.error(request, _("Let it in again first: forgotten, a blocked name would come in anew."))
        return redirect("sent_event", request.workspace.slug, public_id)
    try:
        acquisition.forget_event(event=event, by=request.staff, now=request.now)
    except acquisition.EventAsked:
        messages.error(request, _("An audience asks about it. Change the audience first."))
        return redirect("sent_event", request.workspace.slug, public_id)
    _tell(request, 1, 0)
    return redirect("sent_events", request.workspace.slug)


@may(MAY)
@require_safe
def sent_event(request: StaffRequest, public_id: str) -> HttpResponse:
    event = found(public_id)
    context = {
        "event": event,
        "said": words.sent_name(event),
        "in_lake": queries.is_event(event.key),
        "listed": queries.properties(event),
    }
    return render(request, "integrations/sent_event.html", context)


@may(MAY)
@require_POST
def block_event(request: StaffRequest, public_id: str) -> HttpResponse:
    event, blocked = found(public_id), request.POST.get("blocked") == "yes"
    acquisition.block_event(event=event, blocked=blocked, by=request.staff, now=request.now)
    said = _("“%(name)s” is refused from now on.") if blocked else _("“%(name)s” is let in again.")
    messages.success(request, said % {"name": words.sent_name(event)})
    return redirect("sent_event", request.workspace.slug, public_id)
