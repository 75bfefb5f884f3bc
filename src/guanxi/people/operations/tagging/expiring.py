"""Tags that were put on for a time come off when it is over."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from guanxi.events import operations as events
from guanxi.kit.apart import apart
from guanxi.people.models import PersonTag
from guanxi.people.operations.tagging.putting import held, remove_rows, tell

EXPIRED = "expired"
A_TURN = 5_000


def tag_lane(*, now: datetime) -> bool:
    """One turn in the current workspace; says whether there was anything."""
    over = PersonTag.objects.filter(expires_at__lte=now)
    if not over.exists():
        return False
    with apart("expired tags", "of the workspace"):
        return _expire(now)
    return False


@transaction.atomic
def _expire(now: datetime) -> bool:
    due = PersonTag.objects.filter(expires_at__lte=now).order_by("expires_at", "pk")[:A_TURN]
    people = {person for (person,) in due.values_list("person_id")}
    held(people)
    rows = PersonTag.objects.filter(Q(expires_at__lte=now), person__in=people)
    going = list(rows.values_list("pk", "person_id", "tag_id"))
    remove_rows([pk for pk, _person, _tag in going])
    changes: dict[int, tuple[list[int], list[int]]] = {person: ([], []) for _pk, person, _tag in going}
    for _pk, person, tag in going:
        changes[person][0].append(tag)
    events.touch("tags", [pk for pk, _person, _tag in going])
    tell(changes, {}, how=EXPIRED, now=now)
    return bool(going)
