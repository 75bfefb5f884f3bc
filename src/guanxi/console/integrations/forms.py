from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

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
