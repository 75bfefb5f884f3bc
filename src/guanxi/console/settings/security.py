"""How staff of this workspace must sign in."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from guanxi.console.access import StaffRequest, confirmed, may, sent
from guanxi.console.settings.forms import SecurityForm, SessionsForm
from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission


@may(Permission.WORKSPACE_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def security(request: StaffRequest) -> HttpResponseBase:
    workspace = request.workspace
    of_sessions = request.POST.get("do") == "sessions"
    form = SecurityForm(None if of_sessions else sent(request), initial={"needed": workspace.needs_second_step})
    limits = {"idle_hours": workspace.idle_hours, "days": workspace.session_days}
    sessions = SessionsForm(sent(request) if of_sessions else None, initial=limits)
    if form.is_valid():
        return save(request, form.cleaned_data["needed"])
    if sessions.is_valid():
        return limit(request, **sessions.cleaned_data)
    without = queries.without_second_step()
    known = {"form": form, "without": without, "active": Staff.objects.filter(is_active=True).count()}
    known |= {"own": request.staff in without, "sessions": sessions}
    return render(request, "settings/security.html", known, status=422 if sessions.is_bound else 200)


@confirmed
def limit(request: StaffRequest, idle_hours: int, days: int) -> HttpResponse:
    governance.limit_sessions(workspace=request.workspace, idle_hours=idle_hours, days=days, by=request.staff)
    messages.success(request, _("Saved. It holds for everyone from their next page on."))
    return redirect("security", request.workspace.slug)


@confirmed
def save(request: StaffRequest, needed: bool) -> HttpResponse:
    governance.need_second_step(workspace=request.workspace, needed=needed, by=request.staff)
    if needed:
        messages.success(request, _("Staff now need a second step. Who has none is led to set it up."))
    else:
        messages.success(request, _("A second step is now for each to choose."))
    return redirect("security", request.workspace.slug)
