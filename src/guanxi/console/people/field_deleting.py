"""A field of people is deleted by who has seen what goes with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from guanxi.connections.operations import FOLLOWERS
from guanxi.console.access import StaffRequest, confirmed, may, sent
from guanxi.console.people.words import text_of_trait
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Field
from guanxi.people.operations import FieldRefused
from guanxi.people.registry import FieldUse

# What needs it, in words, its icon, and the route of its page.
USES: Mapping[str, tuple[Any, str, str]] = {
    "audience": (gettext_lazy("An audience asks for it"), "filter", "audience"),
    "broadcast": (gettext_lazy("A broadcast that is not over says it"), "send", "broadcast"),
    "content": (gettext_lazy("A message says it"), "mail", "content"),
    "import": (gettext_lazy("A file is being read into it"), "upload", "import"),
    "export": (gettext_lazy("A file of people is being written with it"), "download", ""),
    "bulk": (gettext_lazy("A change of many people is under way"), "users", ""),
}


class SeenForm(forms.Form):
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


@may(Permission.TAGS_MANAGE)
@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def delete_field(request: StaffRequest, public_id: str) -> HttpResponse:
    field = Field.objects.exclude(key=FOLLOWERS).filter(public_id=public_id).first()
    if field is None:
        raise Http404
    form = SeenForm(sent(request))
    refused = ""
    if form.is_valid():
        try:
            people.delete_field(field=field, seen=form.cleaned_data["seen"], by=request.staff, now=request.now)
        except FieldRefused as refusal:
            refused = refusal.reason
        else:
            messages.success(request, _("The field %(name)s is deleted.") % {"name": field.label})
            return redirect("roles", request.workspace.slug)
    page = _page(request, field) | {"refused": refused}
    return render(request, "settings/role_field_delete.html", page, status=409 if refused else 200)


def _page(request: StaffRequest, field: Field) -> dict[str, Any]:
    losses = queries.field_losses(field)
    return {
        "field": field,
        "losses": losses,
        "roles": [(role.label, text_of_trait(value, field.kind)) for role, value in losses.roles],
        "uses": [_use(request, one) for one in losses.uses],
    }


def _use(request: StaffRequest, use: FieldUse) -> dict[str, Any]:
    words, icon, route = USES[use.what]
    url = reverse(route, args=[request.workspace.slug, use.public_id]) if route else ""
    return {"words": words, "icon": icon, "url": url, "name": use.name}
