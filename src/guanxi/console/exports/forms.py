"""What a file shall hold, and why it is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _

from guanxi.audiences.queries import exports
from guanxi.audiences.queries.exports import Shape
from guanxi.console.exports import words
from guanxi.console.people.reasons import ReasonForm

WHY = ("analysis", "ads", "processor", "asked", "other")


class ExportForm(ReasonForm):
    """One of its two shapes, by `as_`: a table with columns, or hashed ids."""

    def __init__(self, data: Any, *, as_: str, ticked: Sequence[str], clear: bool, language: str) -> None:
        super().__init__(data, WHY)
        self.as_, self.language = as_, language
        if as_ == "hashed":
            self._hashed()
        else:
            self._table(ticked, clear)
        self.order_fields([name for name in self.fields if name not in ("why", "reason")])

    def _hashed(self) -> None:
        devices = words.devices()
        known = [
            (key, label) for key, label in words.PRESETS.items() if devices or not exports.PRESETS[key].for_devices
        ]
        self.fields["preset"] = forms.ChoiceField(label=_("For"), choices=known)
        self.fields["ids"] = forms.MultipleChoiceField(
            label=_("Ids"),
            choices=[("email", _("E-mail")), ("phone", _("Phone"))],
            initial=["email", "phone"],
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text=_("For platforms that take both in one file."),
        )
        if devices:
            self.fields["device"] = forms.ChoiceField(
                label=_("Device ids"),
                choices=[("", _("Choose")), *devices],
                required=False,
                help_text=_("Which kind of id holds them, for files of device ids."),
            )

    def _table(self, ticked: Sequence[str], clear: bool) -> None:
        known = exports.columns()
        back = [(one.key, one.header) for one in known.values() if one.returns]
        told = [(one.key, one.header) for one in known.values() if not one.returns]
        self.fields["columns"] = forms.MultipleChoiceField(
            label=_("Columns"),
            choices=[(_("An import reads these again"), back), (_("For reading only"), told)],
            initial=[key for key in ticked if key in known],
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": words.REFUSALS["no_columns"]},
        )
        self.fields["head"] = forms.ChoiceField(
            label=_("Language of the header"), choices=settings.LANGUAGES, initial=self.language
        )
        if clear:
            self.fields["clear"] = forms.BooleanField(
                label=_("Addresses and ids in clear"),
                required=False,
                help_text=_("Otherwise they are masked, and the file cannot be imported again."),
            )
        self.fields["agreed"] = forms.BooleanField(
            label=_("Only people who agreed to marketing"),
            required=False,
            help_text=_("A no at one of their addresses, or a place on the suppression list, counts as no."),
        )
        if self.as_ == "csv":
            self.fields["bom"] = forms.BooleanField(
                label=_("For Excel"),
                required=False,
                initial=True,
                help_text=_(
                    "A mark at the start, so that Excel reads every letter right. Some programs stumble on it."
                ),
            )

    @property
    def shape(self) -> Shape:
        """Also of what is not complete yet, to count it."""
        given = self.cleaned_data
        return Shape(
            as_=self.as_,
            columns=tuple(given.get("columns", ())),
            language=given.get("head", self.language),
            bom=bool(given.get("bom")),
            clear=bool(given.get("clear")),
            agreed=bool(given.get("agreed")),
            preset=given.get("preset", ""),
            ids=tuple(given.get("ids", ())),
            device=given.get("device", ""),
        )
