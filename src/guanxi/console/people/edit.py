"""People by hand: a new one, and one edited."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from guanxi.console.access import StaffRequest, may, sent
from guanxi.console.people.forms import PersonForm
from guanxi.console.people.views import found
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Person
from guanxi.people.operations import IdentityTaken, OnlyOne, PersonChanged


@may(Permission.PEOPLE_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def new_person(request: StaffRequest) -> HttpResponse:
    form = PersonForm(sent(request), staff=request.staff, workspace=request.workspace)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        try:
            person = _create(request, form)
        except IdentityTaken as taken:
            context |= _taken(request, form, taken)
        except OnlyOne as second:
            form.refuse_second(second.place, second.kind, second.shown)
        else:
            messages.success(request, _("%(name)s is added.") % {"name": person.name or _("The person")})
            return redirect("person", request.workspace.slug, person.public_id)
    return render(request, "people/edit.html", context, status=422 if form.is_bound else 200)


def _create(request: StaffRequest, form: PersonForm) -> Person:
    given = form.cleaned_data
    return people.create_person(
        now=request.now,
        name=given["name"],
        identities=form.new_identities,
        ids=form.new_ids,
        country=given["country"],
        language=given["language"],
        owner=form.owner,
        unit=form.unit,
        source="staff",
        dial_country=form.dial_country,
        traits=form.new_traits,
    )


@may(Permission.PEOPLE_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_person(request: StaffRequest, public_id: str) -> HttpResponse:
    person = found(request, public_id)
    form = PersonForm(sent(request), staff=request.staff, workspace=request.workspace, person=person)
    context: dict[str, Any] = {"form": form, "person": person}
    if form.is_valid():
        version = form.cleaned_data["version"]
        try:
            people.edit_person(
                person=person,
                version=version,
                edit=form.edit,
                now=request.now,
                dial_country=form.dial_country,
                by=request.staff,
            )
        except PersonChanged:
            return render(request, "people/edit.html", context | {"changed": True}, status=409)
        except IdentityTaken as taken:
            context |= _taken(request, form, taken)
        except OnlyOne as second:
            form.refuse_second(second.place, second.kind, second.shown)
        else:
            messages.success(request, _("Saved."))
            return redirect("person", request.workspace.slug, person.public_id)
    return render(request, "people/edit.html", context, status=422 if form.is_bound else 200)


def _taken(request: StaffRequest, form: PersonForm, taken: IdentityTaken) -> dict[str, Any]:
    form.refuse_taken(taken.place)
    return {"taken": True, "other": queries.visible(request.staff).filter(pk=taken.person).first()}
