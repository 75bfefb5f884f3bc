"""Tags and roles of many people: what an exclusive group replaced comes back with undo."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from guanxi.people.models import Bulk, Person, Role, Tag, TaggedBy
from guanxi.people.operations.tagging.naming import set_role
from guanxi.people.operations.tagging.putting import Put, Tagged, TagRefused, tag_people
from guanxi.people.operations.tagging.undoing import kept, untag_people


class TagsGone(Exception):
    """A tag that was to be put on or taken off is not there any more, or archived."""


class _Carried(ABC):
    @abstractmethod
    def put(self, people: Sequence[int], of: Bulk, now: datetime) -> dict[int, Tagged]: ...

    def changed(self, people: Sequence[Person], of: Bulk, now: datetime) -> dict[int, dict[str, Any] | None]:
        """Person → what to keep for undo; None where nothing had to change. Raises TagsGone."""
        try:
            done = self.put([person.pk for person in people], of, now)
        except TagRefused as refusal:
            raise TagsGone from refusal
        return {person: kept(one) if one.changed else None for person, one in done.items()}

    def restored(self, people: Sequence[tuple[Person, Mapping[str, Any]]], now: datetime) -> set[int]:
        return untag_people(before={person.pk: was for person, was in people}, how=TaggedBy.STAFF, now=now)


class Tags(_Carried):
    def __init__(self, add: Sequence[int], remove: Sequence[int]) -> None:
        known = Tag.objects.in_bulk([*add, *remove])
        self.gone = len(known) < len({*add, *remove})
        self.add, self.remove = ([known[pk] for pk in some if pk in known] for some in (add, remove))

    def put(self, people: Sequence[int], of: Bulk, now: datetime) -> dict[int, Tagged]:
        if self.gone:
            raise TagsGone
        return tag_people(people=people, add=self.add, remove=self.remove, put=Put(by=of.by), now=now)


class RoleOfMany(_Carried):
    def __init__(self, role: str) -> None:
        self.role = Role(role)

    def put(self, people: Sequence[int], of: Bulk, now: datetime) -> dict[int, Tagged]:
        return set_role(people=people, role=self.role, put=Put(by=of.by), now=now)
