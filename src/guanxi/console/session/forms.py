from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class SignIn(forms.Form):
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username webauthn"}))
    password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class Confirm(forms.Form):
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class Code(forms.Form):
    code = forms.CharField(
        label=_("Code from your app"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class SecondStep(Code):
    remember = forms.BooleanField(
        label=_("Do not ask for the second step on this device for 30 days"),
        required=False,
        help_text=_("Only on a device that is yours. You can take it back on the page of your account."),
    )


class RecoveryCode(forms.Form):
    code = forms.CharField(
        label=_("Recovery code"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )


class Join(forms.Form):
    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters. A few words that do not belong together are easy to keep in mind."),
    )

    def __init__(self, *given: Any, needs_password: bool, **more: Any) -> None:
        super().__init__(*given, **more)
        if not needs_password:
            self.fields["password"].required = False
            self.fields["password"].help_text = _(
                "At least 12 characters. Leave it empty to make a passkey on the next page instead."
            )
