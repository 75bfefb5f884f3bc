"""What staff type about a person. An address that is kept is shown masked and never stands in a field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from guanxi.connections.operations import FOLLOWERS
from guanxi.console.choices import countries, one_line
from guanxi.console.content.forms import MORE_LANGUAGES
from guanxi.console.people import another_id
from guanxi.console.settings.forms import UnitChoice
from guanxi.console.templatetags.figures import language_name, locale
from guanxi.governance import queries as governance
from guanxi.governance.models import Staff, Unit, Workspace
from guanxi.governance.queries import DataScope, data_scope
from guanxi.kit import addresses, cells
from guanxi.people import queries
from guanxi.people.models import Field, IdentityKind, Person, Role, Trait, TraitKind
from guanxi.people.operations import IdentityChange, PersonEdit
from guanxi.people.queries import NOTE_LIMIT, KnownIdentity, canonical

FIELDS_AT_MOST = 200
NUL = "\x00"
LIMITS = {IdentityKind.EMAIL: 254, IdentityKind.PHONE: 60, IdentityKind.CUSTOMER_NUMBER: 120}
ANOTHER = {
    IdentityKind.EMAIL: _("Another e-mail"),
    IdentityKind.PHONE: _("Another phone"),
}
BAD_ADDRESS = {
    IdentityKind.EMAIL: _("This is not an e-mail address."),
    IdentityKind.PHONE: _("This is not a phone number. Write it with its country code, such as +86 or +82."),
    IdentityKind.CUSTOMER_NUMBER: _("This number is too long."),
}
BAD_TRAIT = {
    TraitKind.NUMBER: _("This is not a number."),
    TraitKind.DATE: _("This is not a date. Write it as 2026-11-21."),
    TraitKind.YES_NO: _("Choose yes or no."),
    TraitKind.CHOICE: _("Choose one of the choices."),
}


REFUSED_NOTES = {
    "empty": _("Write something first."),
    "nul": _("A character that cannot be kept was taken out of the text. Look at it, and save it again."),
    "too_long": _("A note holds 4,000 characters at most. Shorten it, or write two."),
    "erased": _("This person was erased; nothing more is kept about them."),
}


class NoteForm(forms.Form):
    """What the operation refuses stands beside the field."""

    text = forms.CharField(
        label=_("New note"),
        strip=False,
        error_messages={"required": REFUSED_NOTES["empty"]},
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": NOTE_LIMIT}),
    )

    def __init__(self, data: Any = None) -> None:
        """Text that was pasted with a NUL, which no database keeps, comes back without it."""
        self.had_nul = bool(data) and NUL in data.get("text", "")
        super().__init__({"text": data["text"].replace(NUL, "")} if self.had_nul else data)

    def clean(self) -> dict[str, Any]:
        if self.had_nul:
            self.refuse("nul")
        return super().clean() or self.cleaned_data

    def refuse(self, reason: str) -> None:
        self.add_error("text", REFUSED_NOTES[reason])


class OwnerChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # Django's class takes no [Staff] when it runs
    """A member of staff, chosen by the public id."""


class PersonForm(forms.Form):
    """A new person, or with `person` one to edit."""

    name = forms.CharField(label=_("Name"), max_length=120, required=False, validators=[one_line])
    language = forms.ChoiceField(label=_("Language"), required=False)
    country = forms.ChoiceField(label=_("Country"), required=False)
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any, *, staff: Staff, workspace: Workspace, person: Person | None = None) -> None:
        super().__init__(data)
        self.staff, self.workspace, self.person = staff, workspace, person
        self.known: dict[str, KnownIdentity] = {}
        self._add_identities()
        self._fill_choices()
        self._add_place()
        role = queries.role_of(person).role if person else Role.CONSUMER
        kept = list(Field.objects.exclude(key=FOLLOWERS).order_by("label", "pk")[:FIELDS_AT_MOST])
        of_role, others = queries.shown_fields(role, kept)
        self.traits = [*of_role, *others]
        self._add_traits()

    def _add_identities(self) -> None:
        known = queries.card(self.person).identities if self.person else []
        self.known = {one.public_id: one for one in known if one.kind in IdentityKind.values}
        self.others = {one.public_id: one for one in known if one.kind not in IdentityKind.values}
        kinds = queries.kinds()
        for kind in IdentityKind:
            mine = [one for one in known if one.kind == kind]
            for one in mine:
                field = _text(one.label, LIMITS[kind])
                field.help_text = gettext("Now %(shown)s. Leave this empty to keep it.") % {"shown": one.shown}
                self.fields[f"new_{one.public_id}"] = field
                words = gettext("Remove %(shown)s") % {"shown": one.shown}
                self.fields[f"drop_{one.public_id}"] = forms.BooleanField(label=words, required=False)
            if not (mine and kinds[kind].single):
                self.fields[f"add_{kind}"] = _text(ANOTHER[kind] if mine else kind.label, LIMITS[kind])
        for one in self.others.values():
            words = gettext("Remove %(kind)s %(shown)s") % {"kind": one.label, "shown": one.shown}
            self.fields[f"drop_{one.public_id}"] = forms.BooleanField(label=words, required=False)
        self.fields |= another_id.fields()

    def _fill_choices(self) -> None:
        mine = (self.person.language, self.person.country) if self.person else ("", "")
        for name, known, value in (("language", languages(), mine[0]), ("country", countries(locale()), mine[1])):
            extra = [] if not value or value in dict(known) else [(value, value)]
            self.fields[name].choices = [("", gettext("Not known")), *extra, *known]  # type: ignore[attr-defined]
            self.fields[name].initial = value
        if self.person:
            self.fields["name"].initial = self.person.name
            self.fields["version"].initial = queries.version(self.person)

    def _add_place(self) -> None:
        """Owner and unit; advisors keep their own people and give none away."""
        if data_scope(self.staff.role) == DataScope.OWN:
            return
        below = governance.unit_and_below(self.staff.unit) if self._in_unit and self.staff.unit else None
        owner, unit = (self.person.owner, self.person.unit) if self.person else (None, self.staff.unit)
        now = [owner.pk] if owner else []
        owners: QuerySet[Staff] = Staff.objects.filter(is_active=True)
        units: QuerySet[Unit] = Unit.objects.order_by("path")
        if below is not None:
            owners, units = owners.filter(unit_id__in=below), units.filter(pk__in=below)
        self.fields["owner"] = OwnerChoice(
            label=_("Owner"),
            queryset=Staff.objects.filter(Q(pk__in=owners) | Q(pk__in=now)).order_by("name", "pk"),
            to_field_name="public_id",
            required=False,
            empty_label=gettext("No owner"),
            initial=owner,
        )
        field = UnitChoice(label=_("Unit"), empty_label=gettext("No unit"), initial=unit if self._starts_here else None)
        field.queryset = units
        if below is not None:
            field.required, field.empty_label = True, None
        self.fields["unit"] = field

    @property
    def _in_unit(self) -> bool:
        return data_scope(self.staff.role) == DataScope.UNIT

    @property
    def _starts_here(self) -> bool:
        return self.person is not None or self._in_unit

    def _add_traits(self) -> None:
        known = dict(Trait.objects.filter(person=self.person).values_list("field_id", "value")) if self.person else {}
        for one in self.traits:
            self.fields[f"trait_{one.key}"] = trait_field(one, known.get(one.pk, ""))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for name, (kind, value) in self._typed().items():
            try:
                _check(kind, value, self.dial_country)
            except addresses.BadAddress:
                self.add_error(name, BAD_ADDRESS[kind])
        another_id.check(self, self.dial_country)
        for one in self.traits:
            text = given.get(f"trait_{one.key}", "")
            try:
                canonical(text, one.kind, self.offered(one)) if text else ""
            except cells.BadCell:
                self.add_error(f"trait_{one.key}", BAD_TRAIT[TraitKind(one.kind)])
        given["name"] = " ".join(given.get("name", "").split())
        if not (self.person or given["name"] or self._typed() or self.new_ids or self.errors):
            self.add_error(None, gettext("Write a name, an address or a number: by what should they be found?"))
        return given

    def _typed(self) -> dict[str, tuple[IdentityKind, str]]:
        """Field → kind and value, for addresses and numbers in which something stands."""
        kinds = {f"add_{kind}": kind for kind in IdentityKind}
        kinds |= {f"new_{key}": IdentityKind(one.kind) for key, one in self.known.items()}
        return {name: (kind, value) for name, kind in kinds.items() if (value := self.cleaned_data.get(name, ""))}

    @property
    def dial_country(self) -> str:
        return str(self.cleaned_data.get("country") or self.workspace.country)

    @property
    def new_identities(self) -> dict[str, str]:
        return {str(kind): value for kind, value in self._typed().values()}

    @property
    def new_ids(self) -> dict[str, tuple[str, str, str]]:
        return another_id.typed(self.cleaned_data)

    @property
    def new_traits(self) -> dict[str, str]:
        """Those that were in the form: one that came to the role meanwhile is left as it is."""
        names = {one.key: f"trait_{one.key}" for one in self.traits}
        return {key: self.cleaned_data[name] for key, name in names.items() if name in self.data}

    def offered(self, of: Field) -> list[str]:
        return [value for value, _label in getattr(self.fields[f"trait_{of.key}"], "choices", ())]

    @property
    def owner(self) -> Staff | None:
        if "owner" in self.fields:
            return self.cleaned_data["owner"]  # type: ignore[no-any-return]
        return self.person.owner if self.person else self.staff

    @property
    def unit(self) -> Unit | None:
        if "unit" in self.fields:
            return self.cleaned_data["unit"]  # type: ignore[no-any-return]
        return self.person.unit if self.person else self.staff.unit

    @property
    def edit(self) -> PersonEdit:
        given = self.cleaned_data
        return PersonEdit(
            name=given["name"],
            country=given["country"],
            language=given["language"],
            owner=self.owner,
            unit=self.unit,
            identities=dict(self._changes()),
            traits=self.new_traits,
        )

    def _changes(self) -> Iterator[tuple[str, IdentityChange]]:
        for name, (kind, value) in self._typed().items():
            old = self.known.get(name.removeprefix("new_"))
            yield name, IdentityChange(kind, value, old.id if old else None)
        for name, (key, value, within) in self.new_ids.items():
            yield name, IdentityChange(key, value, within=within)
        for key, one in (self.known | self.others).items():
            if self.cleaned_data.get(f"drop_{key}") and not self.cleaned_data.get(f"new_{key}"):
                yield f"drop_{key}", IdentityChange(one.kind, old=one.id)

    def refuse_taken(self, place: str) -> None:
        name = place if place in self.fields else f"add_{place}"
        self.add_error(name, gettext("Someone else has this already."))

    def refuse_second(self, place: str, kind: str, shown: str) -> None:
        name = place if place in self.fields else f"add_{place}"
        about = {"kind": queries.kind_labels()[kind], "shown": shown}
        if shown:
            said = gettext("A person has only one %(kind)s, and %(shown)s is there. Remove it first.") % about
        else:
            said = gettext("A person has only one %(kind)s, and two were typed.") % about
        self.add_error(name, said)

    @property
    def reach(self) -> list[forms.BoundField]:
        return [one for one in self if one.name.startswith(("new_", "drop_", "add_"))]

    @property
    def another(self) -> list[forms.BoundField]:
        return [self[name] for name in another_id.NAMES]

    @property
    def more(self) -> list[forms.BoundField]:
        return [one for one in self if one.name in ("language", "country", "owner", "unit")]

    @property
    def own_fields(self) -> list[forms.BoundField]:
        return [one for one in self if one.name.startswith("trait_")]


def _text(label: Any, limit: int) -> forms.CharField:
    off = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, max_length=limit, required=False, widget=off, validators=[one_line])


def trait_field(one: Field, value: str) -> forms.Field:
    """A choice of before that is offered no more can stay."""
    match one.kind:
        case TraitKind.CHOICE:
            there = [*one.choices, *([value] if value and value not in one.choices else [])]
            choices = [("", gettext("Not known")), *((each, each) for each in there)]
            return forms.ChoiceField(label=one.label, choices=choices, required=False, initial=value)
        case TraitKind.YES_NO:
            choices = [("", gettext("Not known")), ("yes", gettext("Yes")), ("no", gettext("No"))]
            return forms.ChoiceField(label=one.label, choices=choices, required=False, initial=value)
        case TraitKind.DATE:
            widget = forms.TextInput(attrs={"type": "date"})
        case TraitKind.NUMBER:
            widget = forms.TextInput(attrs={"inputmode": "decimal"})
        case _:
            widget = forms.TextInput()
    return forms.CharField(
        label=one.label, max_length=200, required=False, initial=value, widget=widget, validators=[one_line]
    )


def _check(kind: IdentityKind, value: str, country: str) -> None:
    match kind:
        case IdentityKind.EMAIL:
            addresses.email(value)
        case IdentityKind.PHONE:
            addresses.phone(value, country)
        case IdentityKind.CUSTOMER_NUMBER if not 0 < len(cells.plain(value)) <= LIMITS[kind]:
            raise addresses.BadAddress(value)


def languages() -> list[tuple[str, str]]:
    codes = dict.fromkeys([*(code for code, _name in settings.LANGUAGES), *MORE_LANGUAGES])
    return [(code, language_name(code)) for code in codes]
