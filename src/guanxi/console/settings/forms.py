from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Literal, cast

from babel.dates import format_timedelta
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel

from guanxi.channels.operations import BadAccount
from guanxi.channels.port import made_fields, secret_fields
from guanxi.console.choices import one_line
from guanxi.console.templatetags.figures import locale
from guanxi.governance.models import Role, Staff, Unit
from guanxi.governance.queries import IDLE_HOURS, SESSION_DAYS
from guanxi.kit import addresses


class UnitChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # Django's class takes no [Unit] when it runs
    """A unit of this workspace, chosen by its public id; ordered by `path`, so that stores follow their region."""

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=None, to_field_name="public_id", required=False, **options)

    def for_workspace(self) -> None:
        self.queryset = Unit.objects.order_by("path")


class Place(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.ADVISOR)
    unit = UnitChoice(label=_("Unit"), empty_label=_("The whole workspace"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].for_workspace()  # type: ignore[attr-defined]


class NewStaff(Place):
    name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("E-mail"))

    field_order = ("name", "email", "role", "unit")


class Leaving(forms.Form):
    """To whom the people go: a public id of staff, nobody, or later."""

    to = forms.ChoiceField(label=_("Who takes over their people?"))

    def __init__(self, *args: Any, takers: Iterable[Staff], may_wait: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        colleagues = [(one.public_id, one.name) for one in takers]
        nobody = ("nobody", _("Nobody: they stay in their unit, without an owner"))
        later = [("later", _("Decide later"))] if may_wait else []
        field = cast(forms.ChoiceField, self.fields["to"])
        field.choices = [("", _("Choose")), *colleagues, nobody, *later]


class SecurityForm(forms.Form):
    needed = forms.BooleanField(label=_("Staff need a second step"), required=False)


class SessionsForm(forms.Form):
    idle_hours = forms.TypedChoiceField(label=_("Sign out who did nothing for"), coerce=int)
    days = forms.TypedChoiceField(label=_("Sign out everyone after"), coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["idle_hours"].choices = [(n, spell(timedelta(hours=n))) for n in IDLE_HOURS]  # type: ignore[attr-defined]
        self.fields["days"].choices = [(n, spell(timedelta(days=n))) for n in SESSION_DAYS]  # type: ignore[attr-defined]


def spell(span: timedelta) -> str:
    granularity: Literal["day", "hour"] = "day" if span.days > 1 else "hour"
    return format_timedelta(span, granularity=granularity, threshold=1_000, locale=locale())


class UnitName(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120, validators=[one_line])


class NewUnit(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    parent = UnitChoice(label=_("Part of"), empty_label=_("The whole workspace"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].for_workspace()  # type: ignore[attr-defined]


# The words for choices that plug-ins give; one that is not here is shown as it is.
CHOICES: Mapping[str, Any] = {
    "none": _("None (only for a server on this machine)"),
    "starttls": _("STARTTLS (usual, port 587)"),
    "tls": _("TLS from the start (port 465)"),
}


class AccountForm(forms.Form):
    """The settings of one kind of account; the fields come from the plug-in."""

    secrets: frozenset[str] = frozenset()
    sections: Mapping[str, str] = {}  # field → the heading that it stands under, in English

    account_name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Only staff see it."))

    def __init__(self, data: QueryDict | None = None, *, keeps_secrets: bool = False, **kwargs: Any) -> None:
        super().__init__(self._whole(data) if data is not None else None, **kwargs)
        for name in self.secrets if keeps_secrets else ():
            self.fields[name].help_text = _("It is kept and never shown. Leave this empty to keep it.")
            self.fields[name].required = False

    @classmethod
    def _whole(cls, data: QueryDict) -> QueryDict:
        """What was not asked for takes the value that the plug-in gives it."""
        whole = data.copy()
        for name, field in cls.base_fields.items():
            if field.initial not in (None, ""):
                whole.setdefault(name, str(field.initial))
        return whole

    @property
    def named(self) -> str:
        return str(self.cleaned_data["account_name"])

    @property
    def account_settings(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "account_name"}

    def by_section(self) -> list[tuple[str, list[forms.BoundField]]]:
        found: dict[str, list[forms.BoundField]] = {}
        for field in self:
            found.setdefault(self.sections.get(field.name, ""), []).append(field)
        return [(gettext(title) if title else "", fields) for title, fields in found.items()]

    def refuse(self, refusal: BadAccount) -> None:
        """What only the plug-in sees, beside its field."""
        for name, problem in refusal.problems.items():
            words = gettext("This does not work here. Look for a typing mistake, a line break or a wrong address.")
            told = gettext(problem) if problem in refusal.told else words
            self.add_error(name if name in self.fields else None, told)


def account_form(config: type[BaseModel]) -> type[AccountForm]:
    """A form with one field for each setting."""
    schema = config.model_json_schema()
    secrets = secret_fields(config)
    needed = set(schema.get("required", ()))
    asked = {name: spec for name, spec in schema["properties"].items() if name not in made_fields(config)}
    fields: dict[str, Any] = {
        name: _field(spec, secret=name in secrets, required=name in needed or spec.get("default") not in (None, ""))
        for name, spec in asked.items()
    }
    sections = {name: str(spec["section"]) for name, spec in asked.items() if "section" in spec}
    return type("PluginAccountForm", (AccountForm,), fields | {"secrets": secrets & asked.keys(), "sections": sections})


def _field(spec: Mapping[str, Any], *, secret: bool, required: bool) -> forms.Field:
    common: dict[str, Any] = {
        "label": gettext(str(spec["title"])),
        "help_text": gettext(str(spec["description"])) if "description" in spec else "",
        "initial": spec.get("default"),
        "required": required,
    }
    if secret:
        hidden = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"})
        return forms.CharField(**common | {"widget": hidden, "strip": False, "initial": None})
    if "enum" in spec:
        choices = [(value, CHOICES.get(value, value)) for value in spec["enum"]]
        return forms.ChoiceField(**common | {"choices": choices})
    match spec.get("type"):
        case "integer":
            bounds = {"min_value": spec.get("minimum"), "max_value": spec.get("maximum")}
            return forms.IntegerField(**common | bounds)
        case "boolean":
            return forms.BooleanField(**common | {"required": False})
        case _ if "lines" in spec:
            lines = forms.Textarea(attrs={"rows": spec["lines"]})
            return forms.CharField(**common | {"max_length": spec.get("maxLength", 300), "widget": lines})
        case _:
            return forms.CharField(**common | {"max_length": spec.get("maxLength", 300)})


class CapForm(forms.Form):
    most = forms.IntegerField(label=_("At most this many marketing messages a person"), min_value=0, max_value=1000)
    days = forms.IntegerField(label=_("In this many days"), min_value=1, max_value=366)
    employee = forms.IntegerField(
        label=_("Employees"), min_value=0, max_value=1000, required=False, help_text=_("Empty: as everybody.")
    )
    leader = forms.IntegerField(
        label=_("Opinion leaders"), min_value=0, max_value=1000, required=False, help_text=_("Empty: as everybody.")
    )


class SuppressionForm(forms.Form):
    email = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
        help_text=_("Write the whole address. The list keeps no address in clear."),
    )

    def clean_email(self) -> str:
        try:
            return addresses.email(self.cleaned_data["email"])
        except addresses.BadAddress:
            raise forms.ValidationError(gettext("This is not an e-mail address.")) from None
