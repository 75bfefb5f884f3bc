"""How staff of this workspace must sign in."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from guanxi.console.access import StaffRequest, confirmed, may, sent
from guanxi.console.settings.forms import SecurityForm
from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission


@may(Permission.WORKSPACE_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def security(request: StaffRequest) -> HttpResponseBase:
    form = SecurityForm(sent(request), initial={"needed": request.workspace.needs_second_step})
    if form.is_valid():
        return save(request, form.cleaned_data["needed"])
    without = queries.without_second_step()
    known = {"form": form, "without": without, "active": Staff.objects.filter(is_active=True).count()}
    return render(request, "settings/security.html", known | {"own": request.staff in without})


@confirmed
def save(request: StaffRequest, needed: bool) -> HttpResponse:
    governance.need_second_step(workspace=request.workspace, needed=needed, by=request.staff)
    if needed:
        messages.success(request, _("Staff now need a second step. Who has none is led to set it up."))
    else:
        messages.success(request, _("A second step is now for each to choose."))
    return redirect("security", request.workspace.slug)
