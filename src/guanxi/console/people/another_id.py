"""An id of any kind, typed on the form of a person: which kind, the id, and who gave it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from guanxi.console.choices import one_line
from guanxi.people import queries
from guanxi.people.models import IdentityKind
from guanxi.people.queries import BadId, read_id, read_place

NAMES = ("id_kind", "id_value", "id_within")
BAD: Mapping[str, Any] = {
    "bad_plate": _("This is not a plate number."),
    "too_long": _("It is too long."),
    "empty": _("Type the id."),
    "control_character": _("This holds a character that cannot be seen. Type it again."),
    "place_missing": _("Ids of this kind need this: the same one may be somebody else elsewhere."),
    "place_unknown": _("Ids of this kind are the same everywhere. Leave this empty."),
    "unknown_kind": _("There is no such kind any more. Choose another."),
}


def fields() -> dict[str, forms.Field]:
    off = {"autocomplete": "off", "spellcheck": "false"}
    kinds, labels = queries.kinds_and_labels()
    choices = [("", gettext("None")), *((key, labels[key]) for key in kinds if key not in IdentityKind.values)]
    places = sorted({place for given in queries.places_of_ids().values() for place in given})
    known = gettext("Known here: %(places)s.") % {"places": ", ".join(places[:10])} if places else ""
    help_text = gettext("For ids that a corp, an app or a shop gives: which one.")
    return {
        "id_kind": forms.ChoiceField(label=_("Another id"), choices=choices, required=False),
        "id_value": forms.CharField(
            label=_("The id"),
            max_length=254,
            required=False,
            validators=[one_line],
            widget=forms.TextInput(attrs=off),
        ),
        "id_within": forms.CharField(
            label=_("Who gave it"),
            max_length=64,
            required=False,
            validators=[one_line],
            widget=forms.TextInput(attrs=off),
            help_text=f"{help_text} {known}".strip(),
        ),
    }


def typed(given: Mapping[str, Any]) -> dict[str, tuple[str, str, str]]:
    kind, value, within = (str(given.get(name, "")).strip() for name in NAMES)
    return {"id_value": (kind, value, within)} if kind and value else {}


def check(form: forms.Form, country: str) -> None:
    kind, value, within = (str(form.cleaned_data.get(name, "")).strip() for name in NAMES)
    if not kind:
        if value and "id_kind" not in form.errors:
            form.add_error("id_kind", gettext("Which kind of id is it?"))
        return
    for name, read in (
        ("id_value", partial(read_id, kind, value, country)),
        ("id_within", partial(read_place, queries.kinds()[kind], within)),
    ):
        try:
            read()
        except BadId as bad:
            if name not in form.errors:
                form.add_error(name, BAD[bad.reason])
