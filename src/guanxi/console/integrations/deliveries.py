"""What an endpoint was told, what it answered, and sending it again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guanxi.console.access import StaffRequest, may
from guanxi.console.errors import bad_request
from guanxi.console.integrations import words
from guanxi.console.integrations.endpoints import found
from guanxi.console.integrations.forms import SinceForm
from guanxi.governance.queries import Permission
from guanxi.integrations import operations as integrations
from guanxi.integrations import queries
from guanxi.integrations.models import Delivery, DeliveryState, Endpoint
from guanxi.integrations.queries import BadCursor

SHOWN = (DeliveryState.WAITING, DeliveryState.DELIVERED, DeliveryState.FAILED)


@may(Permission.WEBHOOKS_MANAGE)
@require_safe
def webhook(request: StaffRequest, public_id: str) -> HttpResponse:
    endpoint, state, after = found(public_id), request.GET.get("state", ""), request.GET.get("after", "")
    if state and state not in DeliveryState.values:
        return bad_request(request)
    try:
        page, following = queries.deliveries(endpoint, state=state, after=after)
    except BadCursor:
        return bad_request(request)
    tone, said = words.state_of(endpoint)
    asked = {"state": state} if state else {}
    context = {
        "endpoint": endpoint,
        "tone": tone,
        "said": said,
        "chosen": [(name, words.EVENTS[name]) for name in endpoint.events if name in words.EVENTS],
        "old_secret_signs": endpoint.old_until is not None and request.now < endpoint.old_until,
        "listed": [(one, words.TONES[DeliveryState(one.state)], words.outcome(one)) for one in page],
        "tabs": _tabs(state),
        "state": state,
        "next": "?" + urlencode(asked | {"after": following}) if following else "",
        "first": "?" + urlencode(asked) if after else "",
    }
    return render(request, "integrations/endpoint.html", context)


def _tabs(state: str) -> list[dict[str, Any]]:
    every = {"label": _("All"), "url": "?", "current": not state}
    return [every] + [{"label": one.label, "url": f"?state={one}", "current": state == one} for one in SHOWN]


def found_delivery(endpoint: Endpoint, public_id: str) -> Delivery:
    delivery = Delivery.objects.filter(endpoint=endpoint, public_id=public_id).first()
    if delivery is None:
        raise Http404
    return delivery


@may(Permission.WEBHOOKS_MANAGE)
@require_safe
def delivery(request: StaffRequest, public_id: str, delivery_id: str) -> HttpResponse:
    endpoint = found(public_id)
    one = found_delivery(endpoint, delivery_id)
    context = {
        "endpoint": endpoint,
        "delivery": one,
        "tone": words.TONES[DeliveryState(one.state)],
        "what": words.EVENTS.get(one.name, one.name),
        "outcome": words.outcome(one),
        "may_replay": one.state in queries.CLOSED,
    }
    return render(request, "integrations/delivery.html", context)


@may(Permission.WEBHOOKS_MANAGE)
@require_POST
def replay(request: StaffRequest, public_id: str, delivery_id: str) -> HttpResponse:
    one = found_delivery(found(public_id), delivery_id)
    if integrations.replay(delivery=one, now=request.now):
        messages.success(request, _("It is sent again, under the same id."))
    else:
        messages.info(request, _("It is on its way already."))
    return redirect("webhook_delivery", request.workspace.slug, public_id, delivery_id)


@may(Permission.WEBHOOKS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def replay_failed(request: StaffRequest, public_id: str) -> HttpResponse:
    """Asked for a time, it says how many they are; the press that follows sends them."""
    endpoint = found(public_id)
    given = request.POST if request.method == "POST" else request.GET
    form = SinceForm(given if "since" in given else None, initial={"since": request.now - timedelta(days=1)})
    count = None
    if form.is_valid():
        since = form.cleaned_data["since"]
        if request.method == "POST":
            again = integrations.replay_failed(endpoint=endpoint, since=since, now=request.now)
            messages.success(request, _sent_again(again))
            return redirect("webhook", request.workspace.slug, public_id)
        count = queries.failed_since(endpoint, since).count()
    context = {"endpoint": endpoint, "form": form, "count": count, "since": _shown(form)}
    wrong = request.method == "POST" or bool(form.errors)
    return render(request, "integrations/replay.html", context, status=422 if wrong else 200)


def _sent_again(count: int) -> str:
    said = ngettext("%(shown)s delivery is sent again.", "%(shown)s deliveries are sent again.", count)
    return said % {"shown": number_format(count, force_grouping=True)}


def _shown(form: SinceForm) -> str:
    return form["since"].value() if form.is_bound and isinstance(form["since"].value(), str) else ""
