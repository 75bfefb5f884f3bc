"""Until when people are close to the brand: written down by whoever counts the touches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from guanxi.events import operations as events
from guanxi.kit import bulk
from guanxi.people.models import Strength

COLUMNS = ("person_id", "strong_until", "neutral_until")
Held = tuple[int, datetime | None, datetime]
"""A person, and until when they are strong and neutral."""


@transaction.atomic
def hold_strength(held: Sequence[Held]) -> None:
    bulk.insert(
        Strength,
        COLUMNS,
        held,
        on_conflict="(person_id) DO UPDATE SET strong_until = EXCLUDED.strong_until, "
        "neutral_until = EXCLUDED.neutral_until",
    )
    events.touch("people", [person for person, *_ in held])


@transaction.atomic
def drop_strength(persons: Sequence[int]) -> None:
    """There is nothing any more from which it was counted."""
    Strength.objects.filter(person__in=persons).delete()
    events.touch("people", persons)
