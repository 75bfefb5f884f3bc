"""The columns of a list of people: which there are, and what stands in a cell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _yes
from django.utils.translation import gettext_lazy as _

from guanxi.connections import queries as connections
from guanxi.console.people import words
from guanxi.console.strength_words import BANDS
from guanxi.console.templatetags.figures import country_name, day, language_name
from guanxi.console.trait_names import trait_name, trait_value
from guanxi.governance.models import Staff
from guanxi.people import queries
from guanxi.people.models import Field, IdentityKind, Person, Role, TraitKind

TRAIT = "trait:"
TRAITS_AT_MOST = 200
SHOWN_AT_MOST = 16


@dataclass(frozen=True)
class Column:
    """`classes`: of the cell; `named`: whether its name stands before it on a phone."""

    key: str
    label: Any
    classes: str = "t2"
    named: bool = True


@dataclass(frozen=True)
class Cell:
    column: Column
    text: Any
    tone: str = ""
    """Of a level, which is shown as a chip."""

    @property
    def named(self) -> str:
        return self.column.label if self.column.named and self.text != "" else ""


FIXED = (
    Column("phone", _("Phone"), "num t2", named=False),
    Column("email", _("E-mail"), named=False),
    Column("level", _("Level"), "right", named=False),
    Column("strength", _("Strength")),
    Column("member", _("Member")),
    Column("role", _("Role")),
    Column("tags", _("Tags")),
    Column("owner", _("Owner")),
    Column("unit", _("Unit"), "t3"),
    Column("language", _("Language"), "t3"),
    Column("country", _("Country"), "t3"),
    Column("seen", _("Last seen"), "t3"),
    Column("added", _("Added"), "t3 right", named=False),
)
DEFAULT = ("phone", "email", "level", "owner", "unit", "added")


def fields() -> list[Field]:
    return list(Field.objects.order_by("label", "pk")[:TRAITS_AT_MOST])


def columns(traits: list[Field]) -> dict[str, Column]:
    """Every column that this workspace has, by its key; those of traits come last."""
    own = [
        Column(f"{TRAIT}{one.key}", trait_name(one.key, one.label), "num t2" if one.kind == TraitKind.NUMBER else "t2")
        for one in traits
    ]
    return {one.key: replace(one, label=str(one.label)) for one in (*FIXED, *own)}


Shown = Mapping[str, Mapping[int, Any]]
"""Column → person → what stands there."""


def asked_for(people: Sequence[Person], chosen: list[Column], staff: Staff, now: datetime) -> Shown:
    """What stands in columns that ask other tables; one query for those of a table, if one is shown."""
    ids, keys, found = [one.pk for one in people], {one.key for one in chosen}, defaultdict[str, dict[int, Any]](dict)
    if kinds := keys & {IdentityKind.PHONE.value, IdentityKind.EMAIL.value}:
        for (person, kind), address in queries.reaches_of(people, kinds).items():
            found[kind][person] = address
    if traits := [key.removeprefix(TRAIT) for key in keys if key.startswith(TRAIT)]:
        for (person, key), value in queries.values_of(ids, traits).items():
            found[TRAIT + key][person] = trait_value(key, words.trait_words(value))
    if "tags" in keys:
        tags = queries.tags_of(ids, staff)
        found["tags"] = {person: ", ".join(one.name for one in some) for person, some in tags.items()}
    if "strength" in keys:
        found["strength"] = {person: str(BANDS[band][0]) for person, band in connections.bands_of(ids, now).items()}
    if "member" in keys:
        members = queries.members_of(ids)
        found["member"] = {person: _yes("Yes") if person in members else _yes("No") for person in ids}
    if "role" in keys:
        roles = queries.roles_of(ids)
        found["role"] = {person: str(roles.get(person, Role.CONSUMER).label) for person in ids}
    return found


def cells(person: Person, chosen: list[Column], beside: Shown) -> list[Cell]:
    return [_cell(person, column, beside) for column in chosen]


def _cell(person: Person, column: Column, beside: Shown) -> Cell:
    match column.key:
        case "level":
            return Cell(column, str(person.get_level_display()), words.level_tone(person.level) or "plain")
        case "owner":
            return Cell(column, person.owner.name if person.owner else "")
        case "unit":
            return Cell(column, person.unit.name if person.unit else "")
        case "language":
            return Cell(column, language_name(person.language) if person.language else "")
        case "country":
            return Cell(column, country_name(person.country) if person.country else "")
        case "seen":
            return Cell(column, day(person.last_seen_at))
        case "added":
            return Cell(column, day(person.created_at))
        case other:
            return Cell(column, beside.get(other, {}).get(person.pk, ""))
