"""Whose a person is, and where they belong: a change of it is a fact, whoever made it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from guanxi.events import operations as events
from guanxi.kit import bulk
from guanxi.people.events import PersonAssigned
from guanxi.people.models import Person


def tell_assigned(people: Sequence[int], *, now: datetime, import_id: int | None = None) -> None:
    """In the transaction that changed their owner or unit, once it is written: the fact says what holds from now on."""
    if not people:
        return
    changed = Person.objects.extra(**bulk.any_number("people_person.id", people))
    there = changed.order_by("pk").values_list("pk", "owner__public_id", "unit__public_id")
    facts = (PersonAssigned(pk, owner or "", unit or "", import_id) for pk, owner, unit in there)
    events.announce_many([events.Happened(fact, now) for fact in facts], received_at=now)
