"""Who works in this workspace, and where."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from guanxi.console.access import StaffRequest, may
from guanxi.console.settings.forms import NewStaff, NewUnit
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff, Unit
from guanxi.governance.queries import Permission
from guanxi.kit import clock

REFUSALS: dict[str, Any] = {
    "bad_email": gettext_lazy("This is not an e-mail address."),
    "already_staff": gettext_lazy("Someone with this e-mail works here already. Give them access again in the list."),
    "unknown_role": gettext_lazy("Choose one of the roles."),
    "last_owner": gettext_lazy(
        "This is the last owner. Make someone else owner first, so that the workspace stays reachable."
    ),
}
LISTED_AT_MOST = 500


def found(public_id: str) -> Staff:
    member = Staff.objects.filter(public_id=public_id).select_related("user").first()
    if member is None:
        raise Http404
    return member


@may(Permission.WORKSPACE_MANAGE)
@require_GET
def staff(request: StaffRequest) -> HttpResponse:
    people = Staff.objects.select_related("user", "unit").order_by("-is_active", "name", "pk")[:LISTED_AT_MOST]
    units = [(unit, unit.path.count("/") - 1) for unit in Unit.objects.order_by("path")[:LISTED_AT_MOST]]
    return render(request, "settings/staff.html", {"members": people, "units": units})


@may(Permission.WORKSPACE_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def new_staff(request: StaffRequest) -> HttpResponse:
    form = NewStaff(request.POST or None)
    if form.is_valid():
        try:
            member = governance.add_staff(**form.cleaned_data, by=request.staff)
        except governance.StaffRefused as refusal:
            form.add_error("email", REFUSALS[refusal.reason])
        else:
            return show_link(request, member)
    return render(request, "settings/staff_new.html", {"form": form}, status=422 if form.is_bound else 200)


@may(Permission.WORKSPACE_MANAGE)
@require_POST
def new_link(request: StaffRequest, public_id: str) -> HttpResponse:
    member = found(public_id)
    if not member.is_active:
        messages.error(request, _("Give access again first; then make a link."))
        return redirect("staff", request.workspace.slug)
    return show_link(request, member)


def show_link(request: StaffRequest, member: Staff) -> HttpResponse:
    token = governance.create_sign_in_link(user=member.user, now=clock.wall())
    link = f"{settings.BASE_URL}/sign-in/{token}"
    return render(request, "settings/staff_link.html", {"member": member, "link": link})


@may(Permission.WORKSPACE_MANAGE)
@require_POST
def change_access(request: StaffRequest, public_id: str) -> HttpResponse:
    member, active = found(public_id), request.POST.get("active") == "yes"
    try:
        governance.set_active(staff=member, active=active, by=request.staff)
    except governance.StaffRefused as refusal:
        messages.error(request, REFUSALS[refusal.reason])
    else:
        said = _("%(name)s has access again.") if active else _("%(name)s has no access any more.")
        messages.success(request, said % {"name": member.name})
    return redirect("staff", request.workspace.slug)


@may(Permission.WORKSPACE_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def new_unit(request: StaffRequest) -> HttpResponse:
    form = NewUnit(request.POST or None)
    if form.is_valid():
        governance.add_unit(**form.cleaned_data, by=request.staff)
        return redirect("staff", request.workspace.slug)
    return render(request, "settings/unit_new.html", {"form": form}, status=422 if form.is_bound else 200)
