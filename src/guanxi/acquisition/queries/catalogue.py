"""Which events sites send, with what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from guanxi.acquisition.models import EventName, EventProperty
from guanxi.acquisition.rules.money import CURRENCY, NAMED
from guanxi.acquisition.rules.names import TRACK, VISITS
from guanxi.audiences.queries import Event, Kind, Property

# An audience offers the first that arrived: a list of all would be no list any more.
OFFERED = 300
MONEY = (CURRENCY, *NAMED)
"""The words of which an amount is made."""
KINDS: dict[str, Kind] = {"text": "text", "number": "number", "flag": "flag", "date": "date"}


def audience_events() -> dict[str, Event]:
    names = [row for row in EventName.objects.order_by("pk")[:OFFERED] if is_event(row.key)]
    properties: dict[int, dict[str, Property]] = {row.pk: {} for row in names}
    rows = EventProperty.objects.filter(event__in=[row.pk for row in names], kind__in=KINDS).order_by("key")
    for event, key, name, kind in rows.values_list("event_id", "key", "name", "kind"):
        properties[event][key] = Property(KINDS[kind], name)
    return {row.key: _event(row, properties[row.pk]) for row in names}


def _event(row: EventName, theirs: dict[str, Property]) -> Event:
    return Event(theirs, amount=CURRENCY in theirs and not theirs.keys().isdisjoint(NAMED), label=row.name)


def is_event(key: str) -> bool:
    """Whether it is in the lake, and not only a word on who somebody is."""
    return key.startswith(TRACK) or key in VISITS.values()


def called(keys: Iterable[str]) -> dict[str, str]:
    """What sites call these events; of those that nobody knows any more nothing."""
    return dict(EventName.objects.filter(key__in=set(keys)).values_list("key", "name"))


def event_names(q: str = "", state: str = "") -> QuerySet[EventName]:
    """Those whose name or key holds `q`; `state`: "blocked", or "once" for names that came a single time."""
    rows = EventName.objects.order_by("-last_seen_at", "-pk")
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(key__icontains=q))
    match state:
        case "blocked":
            return rows.exclude(blocked_at=None)
        case "once":
            return rows.filter(count=1)
        case _:
            return rows


@dataclass(frozen=True, slots=True)
class Counted:
    names: int
    blocked: int


def counted() -> Counted:
    found = EventName.objects.aggregate(names=Count("pk"), blocked=Count("blocked_at"))
    return Counted(found["names"], found["blocked"])


def properties(event: EventName) -> list[EventProperty]:
    return list(EventProperty.objects.filter(event=event).order_by("key"))
