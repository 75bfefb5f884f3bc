"""Units: one is added, renamed, and removed while it is empty."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.console.access import StaffRequest, may, sent
from guanxi.console.settings.forms import NewUnit, UnitName
from guanxi.governance import operations as governance
from guanxi.governance.models import Unit
from guanxi.governance.queries import Permission

REFUSALS: dict[str, Any] = {
    "same_name": gettext_lazy("There is a unit of this name at this place already."),
    "in_use": gettext_lazy("People, staff or other units belong to it. Give them another unit first."),
}


def found(public_id: str) -> Unit:
    unit = Unit.objects.filter(public_id=public_id).select_related("parent").first()
    if unit is None:
        raise Http404
    return unit


@may(Permission.WORKSPACE_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def new_unit(request: StaffRequest) -> HttpResponse:
    form = NewUnit(sent(request))
    if form.is_valid():
        try:
            governance.add_unit(**form.cleaned_data, by=request.staff)
        except governance.UnitRefused as refusal:
            form.add_error("name", REFUSALS[refusal.reason])
        else:
            return redirect("staff", request.workspace.slug)
    return render(request, "settings/unit_new.html", {"form": form}, status=422 if form.is_bound else 200)


@may(Permission.WORKSPACE_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def unit(request: StaffRequest, public_id: str) -> HttpResponse:
    one = found(public_id)
    form = UnitName(sent(request), initial={"name": one.name})
    if form.is_valid():
        try:
            governance.rename_unit(unit=one, name=form.cleaned_data["name"], by=request.staff)
        except governance.UnitRefused as refusal:
            form.add_error("name", REFUSALS[refusal.reason])
        else:
            messages.success(request, _("Saved."))
            return redirect("staff", request.workspace.slug)
    return render(request, "settings/unit.html", {"unit": one, "form": form}, status=422 if form.is_bound else 200)


@may(Permission.WORKSPACE_MANAGE)
@require_POST
def remove_unit(request: StaffRequest, public_id: str) -> HttpResponse:
    one = found(public_id)
    try:
        governance.remove_unit(unit=one, by=request.staff)
    except governance.UnitRefused as refusal:
        messages.error(request, REFUSALS[refusal.reason])
        return redirect("unit", request.workspace.slug, one.public_id)
    messages.success(request, _("The unit %(name)s is removed.") % {"name": one.name})
    return redirect("staff", request.workspace.slug)
