"""What waits for the lake."""

from __future__ import annotations

from guanxi.events.models import Touched


def touched(mirror: str = "people") -> set[int]:
    """Every key that is noted, alone or with its neighbours."""
    notes = Touched.objects.filter(mirror=mirror).values_list("key", "last")
    return {key for first, last in notes for key in range(first, (last or first) + 1)}
