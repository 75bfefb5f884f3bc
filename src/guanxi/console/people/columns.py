"""The columns of a list of people: which there are, and what stands in a cell."""

from __future__ import annotations

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
from guanxi.governance.models import Staff
from guanxi.people import queries
from guanxi.people.models import Field, Role, TraitKind
from guanxi.people.queries import Card

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
    own = [Column(f"trait:{one.key}", one.label, "num t2" if one.kind == TraitKind.NUMBER else "t2") for one in traits]
    return {one.key: replace(one, label=str(one.label)) for one in (*FIXED, *own)}


def asked_for(people: Sequence[int], chosen: list[Column], staff: Staff, now: datetime) -> dict[str, dict[int, str]]:
    """What stands in columns that ask other tables: column → person → words; one query a column, if it is shown."""
    keys, found = {one.key for one in chosen}, dict[str, dict[int, str]]()
    if "tags" in keys:
        tags = queries.tags_of(people, staff)
        found["tags"] = {person: ", ".join(one.name for one in some) for person, some in tags.items()}
    if "strength" in keys:
        found["strength"] = {person: str(BANDS[band][0]) for person, band in connections.bands_of(people, now).items()}
    if "member" in keys:
        members = queries.members_of(people)
        found["member"] = {person: _yes("Yes") if person in members else _yes("No") for person in people}
    if "role" in keys:
        roles = queries.roles_of(people)
        found["role"] = {person: str(roles.get(person, Role.CONSUMER).label) for person in people}
    return found


def cells(card: Card, chosen: list[Column], more: Mapping[str, Mapping[int, str]]) -> list[Cell]:
    traits = {f"trait:{trait.key}": words.trait_words(trait.value) for trait in card.traits}
    traits |= {key: texts.get(card.person.pk, "") for key, texts in more.items()}
    return [_cell(card, column, traits) for column in chosen]


def _cell(card: Card, column: Column, traits: dict[str, Any]) -> Cell:
    person = card.person
    match column.key:
        case "phone":
            return Cell(column, words.short_reach(card)[0])
        case "email":
            return Cell(column, words.short_reach(card)[1])
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
        case trait:
            return Cell(column, traits.get(trait, ""))
