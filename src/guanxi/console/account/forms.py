from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from guanxi.console.choices import one_line


class Name(forms.Form):
    name = forms.CharField(
        label=_("Your name"),
        validators=[one_line],
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("Your colleagues see it in every workspace that you work in."),
    )


class Password(forms.Form):
    """`current` is asked of a login that has a password, unless it has just come in by a link."""

    current = forms.CharField(
        label=_("Current password"),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    password = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters. A few words that do not belong together are easy to keep in mind."),
    )

    def __init__(self, sent: QueryDict | None = None, *, asks_current: bool) -> None:
        super().__init__(sent)
        if not asks_current:
            del self.fields["current"]


class AppCode(forms.Form):
    code = forms.CharField(
        label=_("The code that the app shows now"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class PasskeyName(forms.Form):
    name = forms.CharField(
        label=_("Name of the passkey"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("For example the device that it is on."),
    )
