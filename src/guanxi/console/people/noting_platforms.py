"""Staff note how many follow a person elsewhere, and forget a platform."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from guanxi.connections import operations as connections
from guanxi.connections.operations import PlatformRefused
from guanxi.console.access import StaffRequest, may
from guanxi.console.people.platforms import REFUSALS, PlatformForm
from guanxi.console.people.views import found
from guanxi.governance.queries import Permission


@may(Permission.PEOPLE_EDIT)
@require_POST
def note_platform(request: StaffRequest, public_id: str) -> HttpResponse:
    person, form = found(request, public_id), PlatformForm(request.POST)
    refused = next((str(errors[0]) for errors in form.errors.values()), "")
    if not refused:
        try:
            connections.note_followers(person=person, told=form.told(person, request.now), now=request.now)
        except PlatformRefused as refusal:
            refused = str(REFUSALS[refusal.reason])
    if refused:
        messages.error(request, refused)
    else:
        messages.success(request, _("Noted."))
    return redirect("person", request.workspace.slug, person.public_id)


@may(Permission.PEOPLE_EDIT)
@require_POST
def forget_platform(request: StaffRequest, public_id: str) -> HttpResponse:
    person, platform = found(request, public_id), request.POST.get("platform", "")
    if connections.forget_platform(person=person, platform=platform, now=request.now):
        messages.success(request, _("Removed."))
    else:
        messages.error(request, str(REFUSALS["platform"]))
    return redirect("person", request.workspace.slug, person.public_id)
