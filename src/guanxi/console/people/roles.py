"""Roles of people: who goes first in lists of work, which fields are theirs, and with what they begin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guanxi.connections.operations import FOLLOWERS
from guanxi.console.access import StaffRequest, may, sent
from guanxi.console.people.forms import BAD_TRAIT, trait_field
from guanxi.console.people.words import text_of_trait
from guanxi.console.trait_names import trait_name
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Field, Role
from guanxi.people.operations import RoleRefused, WantedField
from guanxi.people.queries import KnownRules

PRIORITY: Mapping[int, Any] = {
    1: pgettext_lazy("role", "First"),
    2: pgettext_lazy("role", "Second"),
    3: pgettext_lazy("role", "Last"),
}
REFUSALS: Mapping[str, Any] = {
    "too_many": gettext_lazy("A role has 30 fields at the most."),
    "unknown_field": gettext_lazy("One of the fields is not there any more. Open the role anew."),
}


class RoleForm(forms.Form):
    """`rows` are the fields of the role as they are now, each with what the role begins with."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    priority = forms.TypedChoiceField(
        label=gettext_lazy("In lists of work"),
        coerce=int,
        help_text=gettext_lazy(
            "Whom advisors see first among those who wait for them; among equals, who waits longest."
        ),
    )

    def __init__(self, data: Any, known: KnownRules) -> None:
        super().__init__(data, initial={"version": known.version, "priority": known.priority})
        self.known, self.gives = known, known.role != Role.CONSUMER
        self.fields["priority"].choices = [(key, str(words)) for key, words in PRIORITY.items()]  # type: ignore[attr-defined]
        for place, one in enumerate(known.fields, 1):
            key = one.field.public_id
            if self.gives:
                begins = trait_field(one.field, one.value)
                begins.label = _("Begins with")
                self.fields[f"value_{key}"] = begins
            self.fields[f"place_{key}"] = forms.IntegerField(
                label=_("Place"), min_value=1, max_value=99, initial=place, required=False
            )
            self.fields[f"drop_{key}"] = forms.BooleanField(label=_("Does not belong here"), required=False)
        mine = {one.field.pk for one in known.fields}
        rest = Field.objects.exclude(pk__in=mine).exclude(key=FOLLOWERS).order_by("label", "pk")
        self.others = {one.public_id: one for one in rest}
        self.fields["add"] = forms.ChoiceField(
            label=_("One more field"),
            required=False,
            choices=[("", _("None")), *((key, one.label) for key, one in self.others.items())],
        )

    @property
    def rows(self) -> list[tuple[Field, list[forms.BoundField]]]:
        return [
            (one.field, [self[name] for name in self._names(one.field) if name in self.fields])
            for one in self.known.fields
        ]

    @staticmethod
    def _names(field: Field) -> list[str]:
        return [f"{part}_{field.public_id}" for part in ("value", "place", "drop")]

    @property
    def wanted(self) -> list[WantedField]:
        given = self.cleaned_data
        kept = [
            (given.get(f"place_{one.field.public_id}") or place, place, one.field)
            for place, one in enumerate(self.known.fields, 1)
            if not given.get(f"drop_{one.field.public_id}")
        ]
        order = sorted(kept, key=lambda row: row[:2])
        found = [WantedField(field.pk, given.get(f"value_{field.public_id}", "")) for _at, _place, field in order]
        if more := self.others.get(given.get("add", "")):
            found.append(WantedField(more.pk))
        return found

    def refuse(self, refusal: RoleRefused, wanted: list[WantedField]) -> None:
        if refusal.reason != "bad_value" or refusal.place is None:
            self.add_error(None, REFUSALS.get(refusal.reason, refusal.reason))
            return
        field = next(one.field for one in self.known.fields if one.field.pk == wanted[refusal.place].field)
        self.add_error(f"value_{field.public_id}", BAD_TRAIT.get(field.kind, _("This cannot be kept.")))  # type: ignore[call-overload]


@may(Permission.TAGS_MANAGE)
@require_safe
def roles(request: StaffRequest) -> HttpResponse:
    known = queries.all_role_rules()
    belongs = queries.fields_of_roles()
    fields = [
        {
            "field": one,
            "label": trait_name(one.key, one.label),
            "roles": _(", ").join(str(Role(role).label) for role in belongs.get(one.pk, [])),
            "own": one.key == FOLLOWERS,
        }
        for one in Field.objects.order_by("label", "pk")
    ]
    page = {
        "roles": [
            {
                "known": one,
                "priority": PRIORITY[one.priority],
                "fields": [(each.field.label, text_of_trait(each.value, each.field.kind)) for each in one.fields],
            }
            for one in known
        ],
        "fields": fields,
    }
    return render(request, "settings/roles.html", page)


def found(role: str) -> KnownRules:
    if role not in Role.values:
        raise Http404
    return queries.role_rules(role)


@may(Permission.TAGS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def role(request: StaffRequest, role: str) -> HttpResponse:
    known = found(role)
    form = RoleForm(sent(request), known)
    reached = would_get(known)
    moves = any(one["moves"] for one in reached)
    page: dict[str, Any] = {"form": form, "known": known, "would_get": reached, "moves": moves}
    status = 422 if form.is_bound else 200
    if form.is_valid():
        wanted, given = form.wanted, form.cleaned_data
        try:
            changed = people.set_role_rules(
                role=known.role, priority=given["priority"], fields=wanted, version=given["version"],
                by=request.staff, now=request.now,
            )  # fmt: skip
        except RoleRefused as refusal:
            if refusal.reason == "changed":
                page["changed"], status = True, 409
            else:
                form.refuse(refusal, wanted)
        else:
            messages.success(request, _("Saved. Nobody’s values changed.") if changed else _("It is so already."))
            return redirect("role", request.workspace.slug, known.role)
    return render(request, "settings/role.html", page, status=status)


def would_get(known: KnownRules) -> list[dict[str, Any]]:
    return [
        {
            "label": one.field.label,
            "value": text_of_trait(one.value, one.field.kind),
            "figures": [intcomma(figure) for figure in (one.empty, one.earlier, one.same, one.own)],
            "moves": one.empty + one.earlier,
        }
        for one in queries.would_get(known.role)
    ]


@may(Permission.TAGS_MANAGE)
@require_POST
def fill(request: StaffRequest, role: str) -> HttpResponse:
    """All who have the role, as far as the preview said; very many in several goes."""
    known = found(role)
    version = request.POST.get("version", "")
    told = version.isascii() and version.isdigit() and len(version) < 10
    try:
        count = people.fill_defaults(
            role=known.role,
            version=int(version) if told else -1,
            by=request.staff,
            now=request.now,
        )
    except RoleRefused:
        messages.warning(request, _("Somebody saved meanwhile. Look at what would happen now."))
    else:
        left = sum(one.empty + one.earlier for one in queries.would_get(known.role))
        words = ngettext("%(count)s value written.", "%(count)s values written.", count) % {"count": intcomma(count)}
        if left:
            more = ngettext("%(count)s is left: press again.", "%(count)s are left: press again.", left)
            words += " " + more % {"count": intcomma(left)}
        messages.success(request, words)
    return redirect("role", request.workspace.slug, known.role)
