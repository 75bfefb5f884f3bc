"""The workspace itself: its name, where and in which money it works, and in which language it speaks first."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from babel.numbers import get_currency_name, get_territory_currencies
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from guanxi.audiences import queries as audiences
from guanxi.console.access import StaffRequest, may, sent
from guanxi.console.choices import countries, one_line
from guanxi.console.templatetags.figures import language_name, locale
from guanxi.governance import operations as governance
from guanxi.governance.models import Workspace
from guanxi.governance.queries import Permission
from guanxi.kit import amounts

FIELDS = ("name", "country", "timezone", "currency", "language")
REFUSALS: dict[str, tuple[str, Any]] = {
    "unknown_timezone": ("timezone", gettext_lazy("Choose one of the list.")),
    "unknown_currency": ("currency", gettext_lazy("Choose one of the list.")),
    "currency_stays": ("currency", gettext_lazy("There are amounts already, and they are not converted.")),
}


class WorkspaceForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, validators=[one_line])
    country = forms.ChoiceField(
        label=gettext_lazy("Country"),
        help_text=gettext_lazy("Phone numbers without a country code are read as numbers of this country."),
    )
    timezone = forms.ChoiceField(
        widget=forms.Select(attrs={"translate": "no"}),
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("Days begin and end here, in lists and in audiences."),
    )
    currency = forms.ChoiceField(
        label=gettext_lazy("Currency"),
        help_text=gettext_lazy("Sums are told in it; other currencies are counted apart."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"), help_text=gettext_lazy("For people whose own language is not known.")
    )

    def __init__(self, data: Any, *, workspace: Workspace, holds_money: bool) -> None:
        super().__init__(data, initial={name: getattr(workspace, name) for name in FIELDS})
        choices = {
            "country": countries(locale()),
            "timezone": named_zones(locale()),
            "currency": currencies(locale()),
            "language": [(code, language_name(code)) for code, _name in settings.LANGUAGES],
        }
        for name, known in choices.items():
            here = getattr(workspace, name)
            extra = [] if here in dict(known) else [(here, here)]
            self.fields[name].choices = [*extra, *known]  # type: ignore[attr-defined]
        if holds_money:
            self.fields["currency"].disabled = True
            self.fields["currency"].help_text = _(
                "It stays as it is: there are amounts already, and they are not converted."
            )


@lru_cache(maxsize=1)
def zones() -> list[str]:
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix/")))


@lru_cache(maxsize=8)
def named_zones(reader: str) -> list[tuple[str, str]]:
    """Each with its city in the reader's language, if that has a name of its own for it."""
    cities = Locale.parse(reader).time_zones
    named = [(zone, zone.replace("_", " "), cities.get(zone, {}).get("city", "")) for zone in zones()]
    return [(zone, name if not city or city in name else f"{name} · {city}") for zone, name, city in named]


@lru_cache(maxsize=1)
def tender() -> list[str]:
    """The currencies in which somebody pays today; the others of CLDR are history, metals and placeholders."""
    places = get_global("territory_currencies")
    return sorted({code for place in places for code in get_territory_currencies(place, tender=True)})


@lru_cache(maxsize=8)
def currencies(reader: str) -> list[tuple[str, str]]:
    named = [(code, f"{code} · {get_currency_name(code, locale=reader)}") for code in tender()]
    return [(code, name) for code, name in named if name != f"{code} · {code}"]


@may(Permission.WORKSPACE_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def workspace_settings(request: StaffRequest) -> HttpResponse:
    holds_money = amounts.any_kept() or audiences.any_in_money()
    form = WorkspaceForm(sent(request), workspace=request.workspace, holds_money=holds_money)
    if form.is_valid():
        try:
            governance.change_workspace(
                workspace=request.workspace, by=request.staff, holds_money=holds_money, **form.cleaned_data
            )
        except governance.StaffRefused as refusal:
            form.add_error(*REFUSALS[refusal.reason])
        else:
            messages.success(request, _("Saved."))
            return redirect("workspace", request.workspace.slug)
    return render(request, "settings/workspace.html", {"form": form}, status=422 if form.is_bound else 200)
