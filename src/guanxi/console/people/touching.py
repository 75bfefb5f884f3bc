"""Staff write down a touch."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from guanxi.connections import operations as connections
from guanxi.connections.operations import TouchRefused
from guanxi.console.access import StaffRequest, may
from guanxi.console.people.strength import TouchForm
from guanxi.console.people.views import found, page_of
from guanxi.governance.queries import Permission


@may(Permission.PEOPLE_EDIT)
@require_POST
def touch(request: StaffRequest, public_id: str) -> HttpResponse:
    """Between the person and who writes it down."""
    person, form = found(request, public_id), TouchForm(request.POST)
    if form.is_valid():
        try:
            connections.record_touch(
                person=person,
                kind=form.cleaned_data["kind"],
                at=form.moment(request.now),
                advisor=request.staff,
                now=request.now,
            )
        except TouchRefused as refusal:
            form.refuse(refusal.reason)
        else:
            messages.success(request, _("Written down. It counts within seconds."))
            return redirect("person", request.workspace.slug, person.public_id)
    return page_of(request, person, touching=form)
