"""That a person becomes a member, or leaves."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from guanxi.console.access import StaffRequest, may
from guanxi.console.people.ladder import REFUSALS, DayForm
from guanxi.console.people.views import found, page_of
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people.operations import MembershipRefused


@may(Permission.PEOPLE_EDIT)
@require_POST
def join(request: StaffRequest, public_id: str) -> HttpResponse:
    person, form = found(request, public_id), DayForm(request.POST)
    if form.is_valid():
        try:
            people.join(person=person, since=form.moment(request.now), proof="staff", now=request.now)
        except MembershipRefused as refusal:
            form.refuse(refusal.reason)
        else:
            messages.success(request, _("They are a member now."))
            return redirect("person", request.workspace.slug, person.public_id)
    return page_of(request, person, joining=form)


@may(Permission.PEOPLE_EDIT)
@require_POST
def leave(request: StaffRequest, public_id: str) -> HttpResponse:
    person = found(request, public_id)
    try:
        people.leave(person=person, at=request.now, because="staff", now=request.now)
    except MembershipRefused as refusal:
        messages.error(request, str(REFUSALS[refusal.reason]))
    else:
        messages.success(request, _("They are no member any more. When they were one stays on this page."))
    return redirect("person", request.workspace.slug, person.public_id)
