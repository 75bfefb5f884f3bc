"""Why somebody looks, exports or erases: a short list, and words of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from guanxi.console.settings.audit_words import WHY

LOOK = ("contact", "identify", "correct", "asked", "other")
EXPORT = ("asked", "law", "other")
ERASE = ("asked", "ended", "law", "other")


class ReasonForm(forms.Form):
    why = forms.ChoiceField(label=_("Reason"))
    reason = forms.CharField(
        label=_("In your words"),
        max_length=300,
        required=False,
        help_text=_("It stays in the audit log. Name nobody here."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: Any, choices: Sequence[str], **options: Any) -> None:
        super().__init__(data, **options)
        known = [("", gettext("Choose a reason")), *((code, WHY[code]) for code in choices)]
        self.fields["why"].choices = known  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("why") == "other" and not given.get("reason", "").strip():
            self.add_error("reason", gettext("Write the reason in a few words."))
        return given


class ErasureForm(ReasonForm):
    """`typed` must repeat what stands on the page, so that nobody is erased by a slip."""

    typed = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, data: Any, choices: Sequence[str], wanted: str, **options: Any) -> None:
        super().__init__(data, choices, **options)
        self.wanted = wanted
        self.fields["typed"].label = gettext("Type “%(name)s” to confirm") % {"name": wanted}

    def clean_typed(self) -> str:
        typed = " ".join(self.cleaned_data["typed"].split())
        if typed != " ".join(self.wanted.split()):
            raise forms.ValidationError(gettext("This is not what stands above. Nothing was erased."))
        return typed
