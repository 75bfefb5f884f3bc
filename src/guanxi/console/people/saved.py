"""Views of the list that are saved: tabs, and what one does to them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from guanxi.console.access import StaffRequest, may
from guanxi.console.errors import bad_request
from guanxi.console.people.lists import Asked
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import SavedView

ACTS = ("save", "rename", "share", "unshare", "first", "not_first", "delete")
REFUSALS: dict[str, Any] = {
    "no_name": gettext_lazy("Write a name for the view."),
    "too_many": gettext_lazy("Fifty views are the most. Delete one first."),
    "not_yours": gettext_lazy("Only who may share views changes what all see."),
}


def address(view: SavedView) -> str:
    said = {name: value for name, value in view.asked.items() if value}
    return "?" + urlencode(said | {"view": view.public_id}, safe=",:")


def found(staff: Staff, public_id: str) -> SavedView:
    for view in queries.views_of(staff):
        if view.public_id == public_id:
            return view
    raise Http404


def tabs(asked: Asked, views: list[SavedView], first: int | None) -> dict[str, Any]:
    """The tabs, and the view that is open with what may be done to it."""
    current = next((view for view in views if view.public_id == asked.view), None)
    items = [{"label": _("All people"), "url": "?view=all" if first else "?", "current": current is None}]
    items += [{"label": view.name, "url": address(view), "current": view is current} for view in views]
    changed = current is not None and {k: v for k, v in current.asked.items() if v} != {
        k: v for k, v in asked.parts.items() if v
    }
    return {"tabs": items if views else [], "view": current, "changed": changed, "first": first}


@may(Permission.PEOPLE_VIEW)
@require_POST
def new_view(request: StaffRequest) -> HttpResponse:
    asked = Asked(request.POST, request.staff)
    try:
        view = people.save_view(
            name=request.POST.get("name", ""),
            asked=asked.parts,
            by=request.staff,
            shared=request.POST.get("shared") == "yes",
            now=request.now,
        )
    except people.ViewRefused as refusal:
        return refused(request, asked, refusal)
    messages.success(request, _("%(name)s is saved as a view.") % {"name": view.name})
    return to(request, address(view))


@may(Permission.PEOPLE_VIEW)
@require_POST
def change_view(request: StaffRequest, public_id: str) -> HttpResponse:
    view, asked = found(request.staff, public_id), Asked(request.POST, request.staff)
    if request.POST.get("do") not in ACTS:
        return bad_request(request)
    try:
        view = acted(request, view, asked)
    except people.ViewRefused as refusal:
        return refused(request, asked, refusal)
    return to(request, address(view) if view.pk else "?view=all")


def acted(request: StaffRequest, view: SavedView, asked: Asked) -> SavedView:
    said: dict[str, Any] = {"view": view, "by": request.staff, "now": request.now}
    match request.POST.get("do"):
        case "save":
            return people.change_view(**said, asked=asked.parts)
        case "rename":
            return people.change_view(**said, name=request.POST.get("name", ""))
        case "share" | "unshare" as do:
            return people.change_view(**said, shared=do == "share")
        case "first" | "not_first" as do:
            people.open_first(staff=request.staff, view=view if do == "first" else None)
            return view
        case _delete:
            people.delete_view(**said)
            messages.success(request, _("The view %(name)s is deleted. Its people stay.") % {"name": view.name})
            return SavedView()


def refused(request: StaffRequest, asked: Asked, refusal: people.ViewRefused) -> HttpResponse:
    messages.error(request, REFUSALS[refusal.reason])
    return to(request, asked.url())


def to(request: StaffRequest, query: str) -> HttpResponse:
    return redirect(reverse("people", args=[request.workspace.slug]) + query)


def opens_with(request: StaffRequest, given: QueryDict, views: list[SavedView], first: int | None) -> str:
    """Where the bare address of the list leads this reader, "" for here."""
    view = next((one for one in views if one.pk == first), None)
    if view is None or given:
        return ""
    return reverse("people", args=[request.workspace.slug]) + address(view)
