"""The kinds of import there are, which rows follow a person in a merge, and who else is an advisor's own. Rooms above
sign up when they start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from guanxi.governance.models import Staff
from guanxi.people.models import Field, Tag
from guanxi.people.port import ImportKind

_kinds: dict[str, ImportKind] = {}


class UnknownKind(LookupError):
    """No room imports such a thing."""


def register_import_kind(kind: ImportKind) -> None:
    _kinds[kind.key] = kind


def import_kinds() -> list[ImportKind]:
    return sorted(_kinds.values(), key=lambda kind: kind.position)


def import_kind(key: str) -> ImportKind:
    try:
        return _kinds[key]
    except KeyError:
        raise UnknownKind(key) from None


@dataclass(frozen=True)
class Moves:
    """Rows that go with a person who becomes another. `one`: columns of which a person has each combination once; a row
    that the other has already stays behind, out of sight, until they part. `sealed`: columns under the person's key."""

    model: type[models.Model]
    column: str = "person"
    one: tuple[str, ...] = ()
    sealed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stays:
    """Rows that stay with whom they were written for, and `why` nothing is lost by that."""

    model: type[models.Model]
    column: str
    why: str


_following: dict[tuple[type[models.Model], str], Moves | Stays] = {}


def in_a_merge(*said: Moves | Stays) -> None:
    for one in said:
        _following[one.model, one.column] = one


def followers() -> Sequence[Moves]:
    return [one for one in _following.values() if isinstance(one, Moves)]


def said_of_merges() -> set[tuple[type[models.Model], str]]:
    return set(_following)


Own = Callable[[Staff], "models.QuerySet[Any]"]
_own: list[Own] = []


@dataclass(frozen=True)
class FieldUse:
    """Something that needs a field to go on. `what`: audience, export, broadcast, content, import, bulk; `name` is
    empty where only some may see it."""

    what: str
    public_id: str
    name: str = ""


FieldUses = Callable[[Field], Sequence[FieldUse]]
_uses: list[FieldUses] = []

TagAudiences = Callable[[Tag], Sequence[str]]
_asking: list[TagAudiences] = []


def needs_fields(uses: FieldUses) -> None:
    """`uses(field)` gives what of a room would be broken without it."""
    if uses not in _uses:
        _uses.append(uses)


def uses_of(field: Field) -> list[FieldUse]:
    return [one for uses in _uses for one in uses(field)]


def asks_for_tags(audiences: TagAudiences) -> None:
    """`audiences(tag)` gives the names of those that would be broken without it."""
    if audiences not in _asking:
        _asking.append(audiences)


def audiences_asking(tag: Tag) -> list[str]:
    return [name for audiences in _asking for name in audiences(tag)]


def also_own(people: Own) -> None:
    """`people(staff)` gives keys of people who are a member of staff's own besides those whose owner they are."""
    if people not in _own:
        _own.append(people)


def also_owned(staff: Staff) -> list[models.QuerySet[Any]]:
    return [people(staff) for people in _own]
