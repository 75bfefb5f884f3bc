"""A field that is kept of people: made, renamed, and what a choice may be."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from guanxi.connections.operations import FOLLOWERS
from guanxi.console.access import StaffRequest, may, sent
from guanxi.console.choices import one_line
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Field, TraitKind
from guanxi.people.operations import FieldRefused

REFUSALS: dict[str, tuple[str | None, Any]] = {
    "label": ("label", gettext_lazy("Write a name of 80 characters at the most.")),
    "taken": ("label", gettext_lazy("There is a field of this name already.")),
    "kind": ("kind", gettext_lazy("There is no such kind.")),
    "choices": ("choices", gettext_lazy("Write one choice a line: 50 at the most, of 80 characters each.")),
    "no_choices": ("choices", gettext_lazy("Only a field of the kind Choice has choices.")),
    "too_many": (None, gettext_lazy("There are 200 fields already.")),
}


class FieldForm(forms.Form):
    """A new field, or with `field` one that is there, whose kind stays."""

    label = forms.CharField(label=gettext_lazy("Name"), max_length=80, validators=[one_line])
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=TraitKind.choices)
    choices = forms.CharField(
        label=gettext_lazy("Choices"),
        required=False,
        help_text=gettext_lazy("One a line, for the kind Choice. Who has one that is taken away keeps it."),
        widget=forms.Textarea(attrs={"rows": 5, "maxlength": 5_000}),
    )
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any, field: Field | None = None) -> None:
        super().__init__(data)
        if field is None:
            return
        del self.fields["kind"]
        if field.kind != TraitKind.CHOICE:
            del self.fields["choices"]
        starts = {"label": field.label, "choices": "\n".join(field.choices), "version": queries.field_version(field)}
        self.initial = {name: value for name, value in starts.items() if name in self.fields}

    @property
    def shown(self) -> list[forms.BoundField]:
        return self.visible_fields()

    def lines(self) -> list[str]:
        return str(self.cleaned_data.get("choices", "")).splitlines()

    def refuse(self, reason: str) -> None:
        place, words = REFUSALS[reason]
        self.add_error(place if place in self.fields else None, words)


@may(Permission.TAGS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def new_field(request: StaffRequest) -> HttpResponse:
    form = FieldForm(sent(request))
    if form.is_valid():
        given = form.cleaned_data
        try:
            made = people.create_field(
                label=given["label"], kind=given["kind"], choices=form.lines(), by=request.staff, now=request.now
            )
        except FieldRefused as refusal:
            form.refuse(refusal.reason)
        else:
            messages.success(request, _("The field %(name)s is made.") % {"name": made.label})
            return redirect("roles", request.workspace.slug)
    return render(request, "settings/role_field.html", {"form": form}, status=422 if form.is_bound else 200)


@may(Permission.TAGS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def change_field(request: StaffRequest, public_id: str) -> HttpResponse:
    field = Field.objects.exclude(key=FOLLOWERS).filter(public_id=public_id).first()
    if field is None:
        raise Http404
    form = FieldForm(sent(request), field)
    page: dict[str, Any] = {"form": form, "field": field}
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            people.change_field(
                field=field,
                version=form.cleaned_data["version"],
                label=form.cleaned_data["label"],
                choices=form.lines() if "choices" in form.fields else None,
                by=request.staff,
                now=request.now,
            )
        except FieldRefused as refusal:
            if refusal.reason == "changed":
                page["changed"], status = True, 409
            else:
                form.refuse(refusal.reason)
        else:
            messages.success(request, _("Saved."))
            return redirect("roles", request.workspace.slug)
    return render(request, "settings/role_field.html", page, status=status)
