"""Taking an import of people back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from guanxi.events import operations as events
from guanxi.people.models import (
    Field,
    GivenDefault,
    Identity,
    LevelProof,
    Membership,
    NameWord,
    Person,
    Strength,
    Tag,
    TagGroup,
    Trait,
)
from guanxi.people.operations.journal import RemoveRows, RestoreChanges
from guanxi.people.operations.members import memberships_restored
from guanxi.people.operations.people_kind.tagging import TakeBackTags
from guanxi.people.operations.people_kind.writing import rename
from guanxi.people.port import UndoStep
from guanxi.people.registry import audiences_asking, uses_of


def _people_changed(ids: Sequence[int], now: datetime) -> None:
    rename(list(Person.objects.filter(pk__in=ids).values_list("pk", "name")))
    events.touch("people", ids)
    events.touch("reach", ids)


def _traits_changed(ids: Sequence[int], now: datetime) -> None:
    events.touch("people", set(Trait.objects.filter(pk__in=ids).values_list("person_id", flat=True)))


def _people_touched(ids: Sequence[int], now: datetime) -> None:
    events.touch("people", ids)
    events.touch("reach", ids)


def _fields_needed(ids: Sequence[int]) -> list[int]:
    return [one.pk for one in Field.objects.filter(pk__in=ids) if uses_of(one)]


def _tags_needed(ids: Sequence[int]) -> list[int]:
    return [one.pk for one in Tag.objects.filter(pk__in=ids) if audiences_asking(one)]


UNDO: tuple[UndoStep, ...] = (
    TakeBackTags(),
    RestoreChanges(Trait, then=_traits_changed),
    RestoreChanges(Person, then=_people_changed),
    RestoreChanges(Membership, then=memberships_restored),
    RemoveRows(
        Person, along=(Identity, NameWord, Trait, GivenDefault, LevelProof, Membership, Strength), then=_people_touched
    ),
    RemoveRows(Identity, inside="person"),
    RemoveRows(Membership, inside="person", then=_people_touched),
    RemoveRows(Trait, inside="person", then=_people_touched),
    RemoveRows(Field, needed=_fields_needed),
    RemoveRows(Tag, needed=_tags_needed),
    RemoveRows(TagGroup),
)
