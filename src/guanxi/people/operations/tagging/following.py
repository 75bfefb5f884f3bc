"""Tags go with people who become one, and come back with them (`registry.Moves`): the lake follows."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from guanxi.events import operations as events
from guanxi.people.models import PersonTag


def follow_tags(happened: Sequence[events.Happened]) -> None:
    people = {person for one in happened for person in (one.fact.person, one.fact.merged)}
    rows = PersonTag.objects.filter(Q(person__in=people) | Q(person__merged_into__in=people))
    if ids := list(rows.values_list("pk", flat=True)):
        events.touch("tags", ids)
