"""Sources: which sites, shops and apps send events, how one is made, and its write key, which is shown once."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guanxi.acquisition import operations as acquisition
from guanxi.acquisition import queries
from guanxi.acquisition.models import Source, SourceKind
from guanxi.acquisition.operations import SourceRefused
from guanxi.console.access import StaffRequest, confirmed, may, sent
from guanxi.console.errors import bad_request
from guanxi.console.integrations import words
from guanxi.console.integrations.forms import SourceForm
from guanxi.governance.queries import Permission
from guanxi.kit import clock
from guanxi.people.queries import BadCursor

MAY = Permission.SOURCES_MANAGE


def found(public_id: str) -> Source:
    source = queries.sources().filter(public_id=public_id).first()
    if source is None:
        raise Http404
    return source


@may(MAY)
@require_safe
def sources(request: StaffRequest) -> HttpResponse:
    context = {"listed": queries.sources()[:200], "tabs": tabs(request, "sources")}
    return render(request, "integrations/sources.html", context)


def tabs(request: StaffRequest, current: str) -> list[dict[str, Any]]:
    return [
        {"label": label, "url": reverse(route, args=[request.workspace.slug]), "current": route == current}
        for route, label in (("sources", _("Sources")), ("sent_events", _("Events")), ("id_kinds", _("Kinds of ids")))
    ]


@may(MAY)
@confirmed
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_source(request: StaffRequest) -> HttpResponse:
    form = SourceForm(sent(request), initial={"kind": SourceKind.BROWSER})
    if form.is_valid():
        try:
            made = acquisition.make_source(**form.cleaned_data, by=request.staff, now=clock.wall())
        except SourceRefused as refusal:
            form.refuse(refusal)
        else:
            return _key_page(request, made.source, made.key)
    return render(request, "integrations/source_edit.html", {"form": form}, status=422 if form.is_bound else 200)


@may(MAY)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_source(request: StaffRequest, public_id: str) -> HttpResponse:
    source = found(public_id)
    form = SourceForm(
        sent(request), of=source, initial={"name": source.name, "origins": "\n".join(map(str, source.origins))}
    )
    if form.is_valid():
        try:
            acquisition.edit_source(source=source, **form.cleaned_data, by=request.staff, now=clock.wall())
        except SourceRefused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": source})
            return redirect("source", request.workspace.slug, public_id)
    context = {"form": form, "source": source}
    return render(request, "integrations/source_edit.html", context, status=422 if form.is_bound else 200)


@may(MAY)
@confirmed
@never_cache
@require_POST
def rotate_key(request: StaffRequest, public_id: str) -> HttpResponse:
    source = found(public_id)
    try:
        key = acquisition.rotate_key(source=source, by=request.staff, now=clock.wall())
    except SourceRefused:
        messages.error(request, _("This source was stopped. Make a new one instead."))
        return redirect("source", request.workspace.slug, public_id)
    return _key_page(request, source, key, rotated=True)


@may(MAY)
@require_POST
def stop_source(request: StaffRequest, public_id: str) -> HttpResponse:
    source = found(public_id)
    acquisition.stop_source(source=source, by=request.staff, now=clock.wall())
    messages.success(request, _("%(name)s is stopped. Its key lets nothing in any more.") % {"name": source})
    return redirect("source", request.workspace.slug, public_id)


def _key_page(request: StaffRequest, source: Source, key: str, *, rotated: bool = False) -> HttpResponse:
    context: dict[str, Any] = {"source": source, "key": key, "rotated": rotated, "host": settings.BASE_URL}
    if source.kind == SourceKind.BROWSER:
        context["snippet"] = queries.web_snippet(settings.BASE_URL, key)
    return render(request, "integrations/source_key.html", context)


@may(MAY)
@require_safe
def source(request: StaffRequest, public_id: str) -> HttpResponse:
    """With what arrives now; the page asks for itself again while it is not paused."""
    one, state = found(public_id), request.GET.get("state", "")
    if state not in ("", "refused"):
        return bad_request(request)
    after = request.GET.get("after", "")
    paused = bool(after) or request.GET.get("paused") == "yes"
    asked = {"state": state} if state else {}
    try:
        listed, following = queries.arrivals_page(one, refused=bool(state), after=after)
    except BadCursor:
        return bad_request(request)
    context = {
        "source": one,
        "old_key_works": one.old_until is not None and clock.wall() < one.old_until and one.stopped_at is None,
        "host": settings.BASE_URL,
        "listed": [(each, *words.arrival(each)) for each in listed],
        "next": "?" + urlencode(asked | {"after": following}) if paused and following else "",
        "turned_away": [(each, words.TURNED_AWAY.get(each.code, each.code)) for each in queries.turned_away(one)],
        "state": state,
        "waits": queries.waiting(one.pk),
        "paused": paused,
        "switch": "?" + urlencode(asked | ({} if paused else {"paused": "yes"})),
        "tabs": [
            {"label": _("All"), "url": "?", "current": not state},
            {"label": _("Refused"), "url": "?state=refused", "current": bool(state)},
        ],
    }
    return render(request, "integrations/source.html", context)
