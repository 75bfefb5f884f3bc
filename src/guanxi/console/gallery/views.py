"""Every component on one page, with made-up data, so that the look can be seen and tested in one place."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from guanxi.console.access import signed_in

PEOPLE: list[dict[str, Any]] = [
    {"name": "王晓敏", "phone": "138****2210", "channel": "WeCom", "tone": "acc", "level": _("Friend"), "points": 2340},
    {
        "name": "김서연",
        "phone": "010-****-4821",
        "channel": "Kakao",
        "tone": "ok",
        "level": _("Customer"),
        "points": 880,
    },
    {
        "name": "Emma Fischer",
        "phone": "+49 ••• 7719",
        "channel": "WhatsApp",
        "tone": "info",
        "level": _("Fan"),
        "points": 0,
    },
    {
        "name": "李建国",
        "phone": "139****0093",
        "channel": "WeCom",
        "tone": "ok",
        "level": _("Customer"),
        "points": 1120,
    },
]
TABS: list[dict[str, Any]] = [
    {"label": _("Timeline"), "url": "#timeline", "current": True, "count": None},
    {"label": _("Orders"), "url": "#orders", "current": False, "count": 17},
    {"label": _("Consent"), "url": "#consent", "current": False, "count": None},
]
STEPS: list[dict[str, Any]] = [
    {"label": _("File"), "url": "#file"},
    {"label": _("Columns"), "url": "#columns"},
    {"label": _("Check"), "url": ""},
    {"label": _("Duplicates and consent"), "url": ""},
    {"label": _("Run"), "url": ""},
]
ICONS = (
    "house users filter upload send layout-template mail building-2 settings lock clock ticket qr-code workflow coins"
)


class Sample(forms.Form):
    name = forms.CharField(label=_("Name"), help_text=_("As you say it to each other."))
    email = forms.EmailField(label=_("E-mail"), error_messages={"invalid": _("This is not an e-mail address.")})
    level = forms.ChoiceField(label=_("Level"), choices=[("fan", _("Fan")), ("friend", _("Friend"))], required=False)
    note = forms.CharField(label=_("Note"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    purpose = forms.ChoiceField(
        label=_("Purpose"), widget=forms.RadioSelect, choices=[("m", _("Marketing")), ("t", _("About an order"))]
    )
    agree = forms.BooleanField(
        label=_("These people agreed to marketing e-mail, and I keep the proof."), required=False
    )


@signed_in
def gallery(request: HttpRequest, **_route: str) -> HttpResponse:
    form = Sample({"name": "王晓敏", "email": "wang@", "purpose": "m"})
    page = {
        "form": form,
        "people": PEOPLE,
        "tabs": TABS,
        "steps": STEPS,
        "icons": ICONS.split(),
        "languages_known": [("en", "English"), ("zh-hans", "简体中文"), ("ko", "한국어")],
        "sales": [12, 18, 9, 22, 31, 28, 35, 30, 42, 39, 47, 51],
        "facts": [(_("Phone"), "138****2210"), (_("Owner"), "Lin Yao"), (_("Lifetime"), "¥8,412.00")],
    }
    return render(request, "gallery.html", page)
