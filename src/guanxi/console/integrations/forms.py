from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from guanxi.acquisition.models import Source, SourceKind
from guanxi.acquisition.operations import SourceRefused
from guanxi.console.integrations import words
from guanxi.integrations.operations import EndpointRefused

MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


class EndpointForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Only staff see it."))
    url = forms.CharField(
        label=_("Address"),
        max_length=2000,
        widget=forms.TextInput(
            attrs={"inputmode": "url", "autocomplete": "off", "placeholder": "https://shop.example/hooks"}
        ),
        help_text=_("Where the calls go. It must be reachable from the internet by https."),
    )
    events = forms.MultipleChoiceField(
        label=_("Events"),
        choices=words.event_choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": words.REFUSALS["no_events"][1]},
    )

    def refuse(self, refusal: EndpointRefused) -> None:
        field, said = words.REFUSALS[refusal.reason]
        self.add_error(field or None, said)


class SinceForm(forms.Form):
    since = forms.DateTimeField(
        label=_("Failed deliveries of events since"),
        input_formats=MOMENTS,
        widget=forms.DateTimeInput(format=MOMENTS[0], attrs={"type": "datetime-local"}),
        error_messages={"invalid": _("Enter a day and a time, such as 2026-12-01 10:00.")},
    )


class SourceForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Only staff see it."))
    kind = forms.ChoiceField(
        label=_("What sends"),
        choices=SourceKind.choices,
        widget=forms.RadioSelect,
        help_text=_("The key of a website can be read in its pages. The key of a server stays secret there."),
    )
    origins = forms.CharField(
        label=_("Pages that may send"),
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "https://www.shop.example", "spellcheck": "false"}),
        help_text=_("For a website: its addresses, one on a line. Pages of other addresses are refused."),
    )

    def __init__(self, *args: Any, of: Source | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if of is not None:
            del self.fields["kind"]
        if of is not None and of.kind == SourceKind.SERVER:
            self.fields["origins"].widget = forms.HiddenInput()

    def clean_origins(self) -> list[str]:
        return str(self.cleaned_data["origins"]).split()

    def refuse(self, refusal: SourceRefused) -> None:
        field, said = words.SOURCE_REFUSALS[refusal.reason]
        self.add_error(field or None, said % {"given": refusal.detail} if refusal.detail else said)
