"""The catalogue of events that sites send: their names and properties, and blocking one."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from guanxi.acquisition import operations as acquisition
from guanxi.acquisition import queries
from guanxi.acquisition.models import EventName
from guanxi.console.access import StaffRequest, may
from guanxi.console.integrations import words
from guanxi.console.integrations.sources import MAY, tabs

LISTED_AT_MOST = 500


def found(public_id: str) -> EventName:
    event = EventName.objects.filter(public_id=public_id).first()
    if event is None:
        raise Http404
    return event


@may(MAY)
@require_safe
def sent_events(request: StaffRequest) -> HttpResponse:
    listed = [(one, words.sent_name(one)) for one in queries.event_names()[:LISTED_AT_MOST]]
    counted = queries.counted()
    context = {"listed": listed, "more": max(counted.names - LISTED_AT_MOST, 0), "tabs": tabs(request, "sent_events")}
    return render(request, "integrations/sent_events.html", context)


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
