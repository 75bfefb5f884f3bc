"""How many follow a person elsewhere: for their page, and as a form."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy, pgettext_lazy

from guanxi.connections import queries
from guanxi.connections.models import Platform
from guanxi.connections.operations import Followers
from guanxi.console.choices import Day, one_line
from guanxi.people.models import Person

REFUSALS = {
    "platform": gettext_lazy("Choose a platform."),
    "followers": gettext_lazy("Write how many they are, in digits."),
    "handle": gettext_lazy("At most 80 characters."),
    "future": gettext_lazy("This day has not come yet."),
    "gone": gettext_lazy("They were merged or erased meanwhile."),
}


class PlatformForm(forms.Form):
    platform = forms.ChoiceField(
        label=gettext_lazy("Platform"),
        choices=Platform.choices,
        error_messages={"required": REFUSALS["platform"], "invalid_choice": REFUSALS["platform"]},
    )
    handle = forms.CharField(
        label=gettext_lazy("Name there"),
        max_length=80,
        required=False,
        validators=[one_line],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    followers = forms.IntegerField(
        label=gettext_lazy("Followers"),
        min_value=0,
        max_value=10**10,
        error_messages={"required": REFUSALS["followers"], "invalid": REFUSALS["followers"]},
    )
    as_of = Day(
        label=pgettext_lazy("column", "As of"),
        required=False,
        help_text=gettext_lazy("Empty: today."),
    )

    def told(self, person: Person, now: datetime) -> Followers:
        given = self.cleaned_data
        day = given["as_of"] or timezone.localdate(now)
        return Followers(person.pk, given["platform"], given["handle"], given["followers"], day)


def platforms(person: Person) -> dict[str, Any]:
    """For the page of a person."""
    known = queries.platforms_of(person)
    return {"known": known, "total": sum(one.followers for one in known), "form": PlatformForm()}
