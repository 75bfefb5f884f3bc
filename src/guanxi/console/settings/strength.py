"""How strength is counted: weights, half-lives, bonus and edges; what would move, before anything is saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods

from guanxi.connections import operations as connections
from guanxi.connections import queries
from guanxi.connections.operations import StrengthRefused
from guanxi.connections.queries import BANDS, Preview, StrengthValues
from guanxi.console.access import StaffRequest, may
from guanxi.console.strength_words import BANDS as BAND_WORDS
from guanxi.console.strength_words import TOUCHES
from guanxi.governance.queries import Permission
from guanxi.people.models import Role

KINDS: Mapping[str, Any] = {
    "reply": TOUCHES["reply"],
    "message_in": gettext_lazy("They wrote, or became a friend"),
    "message_out": gettext_lazy("We wrote"),
    "visit": gettext_lazy("A day on the site or in the app"),
    "share": TOUCHES["share"],
    "referral": gettext_lazy("They brought somebody"),
    "order": gettext_lazy("They ordered"),
    "meeting": TOUCHES["meeting"],
    "complaint_resolved": TOUCHES["complaint_resolved"],
}
ROLES: Mapping[str, Any] = {
    "consumer": Role.CONSUMER.label,
    "employee": Role.EMPLOYEE.label,
    "opinion_leader": Role.LEADER.label,
}
BONUS: Mapping[str, Any] = {
    "reciprocal": gettext_lazy("Both sides reached out: times"),
    "per_channel": gettext_lazy("For each further channel: plus"),
}
EDGES: Mapping[str, Any] = {
    "weak_below": pgettext_lazy("strength", "Weak below"),
    "strong_above": pgettext_lazy("strength", "Strong above"),
}
FLAWS: Mapping[str, Any] = {
    "weight": gettext_lazy("Between 0 and 10."),
    "half_life": gettext_lazy("Between 1 and 3,650 days."),
    "reciprocal": gettext_lazy("Between 1 and 3."),
    "per_channel": gettext_lazy("Between 0 and 1."),
    "order": gettext_lazy("Weak must end below where strong begins, both between 0.01 and 0.99."),
    "nothing": gettext_lazy("At least one kind of touch must count."),
}
NUMBER = {
    "required": gettext_lazy("Write a number."),
    "invalid": gettext_lazy("Write a number, such as 1.5."),
}


class StrengthForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, data: Any, *, values: Mapping[str, float], version: int) -> None:
        shown = {name: f"{value:g}" for name, value in values.items()}
        super().__init__(data, initial={**shown, "version": version})
        for name, label in {**KINDS, **ROLES, **BONUS, **EDGES}.items():
            self.fields[name] = forms.FloatField(label=label, error_messages=NUMBER)

    @property
    def kinds(self) -> list[forms.BoundField]:
        return [self[name] for name in KINDS]

    @property
    def roles(self) -> list[forms.BoundField]:
        return [self[name] for name in ROLES]

    @property
    def bonus(self) -> list[forms.BoundField]:
        return [self[name] for name in BONUS]

    @property
    def edges(self) -> list[forms.BoundField]:
        return [self[name] for name in EDGES]

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            self.refuse(queries.strength_flaws(queries.strength_of(self.cleaned_data)))
        return self.cleaned_data

    def refuse(self, flaws: Mapping[str, str]) -> None:
        for name, flaw in flaws.items():
            self.add_error(name, FLAWS[flaw])


@may(Permission.WORKSPACE_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def strength(request: StaffRequest) -> HttpResponse:
    """Sent with `act=save` it is saved, otherwise only looked at."""
    known = queries.strength_settings()
    page: dict[str, Any] = {"known": known, "usual": known.rules == StrengthValues()}
    if request.method != "POST":
        asked = StrengthValues() if request.GET.get("from") == "usual" else known.rules
        page["form"] = StrengthForm(None, values=asked.values(), version=known.version)
        page["filled"] = request.GET.get("from") == "usual"
        return render(request, "settings/strength.html", page)
    form = page["form"] = StrengthForm(request.POST, values=known.rules.values(), version=known.version)
    if not form.is_valid():
        return render(request, "settings/strength.html", page, status=422)
    rules = queries.strength_of(form.cleaned_data)
    if request.POST.get("act") != "save":
        page["seen"] = seen(queries.strength_preview(rules, request.now))
        return render(request, "settings/strength.html", page)
    try:
        changed = connections.set_strength_rules(
            rules=rules, version=form.cleaned_data["version"], by=request.staff, now=request.now
        )
    except StrengthRefused:
        form.add_error(
            None, _("Somebody saved meanwhile. These are their values where yours differ; look, then save again.")
        )
        page["theirs"] = theirs(rules, known.rules)
        form.data = {**request.POST.dict(), "version": known.version}
        return render(request, "settings/strength.html", page, status=409)
    messages.success(request, _("Saved. Everybody is counted anew now.") if changed else _("It is so already."))
    return redirect("strength", request.workspace.slug)


def theirs(mine: StrengthValues, other: StrengthValues) -> list[tuple[str, str]]:
    words, values = {**KINDS, **ROLES, **BONUS, **EDGES}, other.values()
    return [(str(words[name]), f"{values[name]:g}") for name, value in mine.values().items() if value != values[name]]


def seen(found: Preview) -> dict[str, Any]:
    """In words: each way of moving, how many, and some of them."""
    words = {band: BAND_WORDS[band][0] for band in BANDS}
    return {
        "of": found.of,
        "people": found.people,
        "is_sample": found.is_sample,
        "changed": found.changed,
        "bands": [(words[band], BAND_WORDS[band][1], found.now(band), found.then(band)) for band in reversed(BANDS)],
        "moves": [
            (words[before], words[after], count)
            for (before, after), count in sorted(found.moves.items(), key=lambda one: -one[1])
            if before != after
        ],
        "examples": [
            {
                "person": one.person,
                "before": words[one.before],
                "after": words[one.after],
                "from": round(100 * one.strength_before),
                "to": round(100 * one.strength_after),
            }
            for one in found.examples
        ],
    }
