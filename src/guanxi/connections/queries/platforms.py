"""How many follow people elsewhere, now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from guanxi.connections.models import Reading
from guanxi.people.models import Person


def platforms_of(person: Person) -> list[Reading]:
    """The newest of each platform, the largest first."""
    return sorted(newest([person.pk]).get(person.pk, []), key=lambda one: (-one.followers, one.platform))


def newest(persons: Sequence[int]) -> dict[int, list[Reading]]:
    rows = Reading.objects.filter(person__in=persons).order_by("person", "platform", "-as_of", "-pk")
    found: dict[int, list[Reading]] = defaultdict(list)
    for row in rows.distinct("person", "platform"):
        found[row.person_id].append(row)
    return found
