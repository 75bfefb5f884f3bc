"""Tags as staff write them down for many people: names with ; between."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from guanxi.console.choices import one_line
from guanxi.people import queries
from guanxi.people.models import Bulk, Tag


class TagNames(forms.CharField):
    """Cleans to a list of tags of groups."""

    def __init__(self, **given: Any) -> None:
        off = forms.TextInput(attrs={"autocomplete": "off"})
        super().__init__(required=False, max_length=1_000, widget=off, validators=[one_line], **given)

    def clean(self, value: Any) -> Any:
        names = queries.split_names(str(super().clean(value) or ""))
        found = queries.find_tags(None, names)
        if missing := [name for name in names if not found[name]]:
            raise ValidationError(_("There is no tag “%(name)s”.") % {"name": missing[0]})
        if unclear := [name for name in names if len(found[name]) > 1]:
            several = ", ".join(queries.full_name(one) for one in found[unclear[0]][:5])
            raise ValidationError(_("Which one: %(names)s?") % {"names": several})
        return [found[name][0] for name in names]


def tag_words(of: Bulk) -> str:
    """What a change of many puts on and takes off."""
    tags = Tag.objects.select_related("group").in_bulk([*of.value["add"], *of.value["remove"]])
    parts = []
    for name, words in (("add", _("Put on: %(names)s")), ("remove", _("Taken off: %(names)s"))):
        known = [queries.full_name(tags[pk]) for pk in of.value[name] if pk in tags]
        if known:
            parts.append(words % {"names": ", ".join(known)})
    return "; ".join(parts) or _("a tag that is not there any more")
