"""A touch that no channel tells of: a meeting, a complaint that was settled, something passed on."""

from __future__ import annotations

from datetime import datetime

from guanxi.connections.events import TouchRecorded
from guanxi.connections.rules.strength import BY_HAND
from guanxi.events import operations as events
from guanxi.governance.models import Staff
from guanxi.people import operations as people
from guanxi.people.models import Person

OURS_ALONE = frozenset({"complaint_resolved"})


class TouchRefused(ValueError):
    """`reason`: kind, future, gone (merged or erased)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def record_touch(
    *, person: Person, kind: str, at: datetime, now: datetime, advisor: Staff | None = None, source: str = "staff"
) -> None:
    """Announces it; strength follows with the worker. Raises TouchRefused."""
    if kind not in BY_HAND:
        raise TouchRefused("kind")
    if at > now:
        raise TouchRefused("future")
    if not Person.objects.filter(pk=person.pk, merged_into=None, erased_at=None).exists():
        raise TouchRefused("gone")
    fact = TouchRecorded(person.pk, kind, advisor.public_id if advisor else "")
    events.announce(fact, at=at, received_at=now, source=source)
    if kind not in OURS_ALONE:
        people.saw({person.pk: at})
