from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class Named(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("As you will look for it when you send something."),
    )
    seen = forms.DateTimeField(required=False, widget=forms.HiddenInput)
    """When the audience that the page showed was saved last."""
