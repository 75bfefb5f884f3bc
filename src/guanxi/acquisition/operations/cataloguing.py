"""Which events and properties there are, learnt from what arrives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from guanxi.acquisition.models import EventName, EventProperty, PropertyKind
from guanxi.acquisition.rules.limits import EVENT_NAMES, EVENT_PROPERTIES
from guanxi.acquisition.rules.names import TRACK
from guanxi.audiences import queries as audiences
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit import bulk

EVENT = "event:"  # what rules of audiences put before its key


@dataclass
class Found:
    """One event of this turn. `shapes` are the kinds of the plans that were met, each once."""

    name: str
    first: datetime
    last: datetime
    count: int = 0
    shapes: set[tuple[tuple[str, str, str], ...]] = field(default_factory=set)


def closed_names(keys: Iterable[str]) -> dict[str, str]:
    """Why events of these keys are not taken: blocked, or one more than the catalogue holds. Who comes first has the
    room; what is no name that a site gives (identify, page …) always has some."""
    wanted = list(dict.fromkeys(keys))
    known = dict(EventName.objects.filter(key__in=wanted).values_list("key", "blocked_at"))
    closed = {key: "blocked" for key, at in known.items() if at is not None}
    new = [key for key in wanted if key not in known and key.startswith(TRACK)]
    if new:
        room = max(EVENT_NAMES - EventName.objects.count(), 0)
        closed |= dict.fromkeys(new[room:], "too_many_names")
    return closed


def note_events(found: dict[str, Found]) -> None:
    known = {row.key: row for row in EventName.objects.filter(key__in=found).select_for_update().order_by("pk")}
    again = [
        (row.pk, row.count + found[key].count, max(row.last_seen_at, found[key].last)) for key, row in known.items()
    ]
    if again:
        bulk.update(EventName, ["count", "last_seen_at"], again)
    new = EventName.objects.bulk_create(
        EventName(key=key, name=one.name, first_seen_at=one.first, last_seen_at=one.last, count=one.count)
        for key, one in sorted(found.items())
        if key not in known
    )
    _note_properties(found, known | {row.key: row for row in new})


def _note_properties(found: dict[str, Found], known: dict[str, EventName]) -> None:
    held: dict[int, dict[str, EventProperty]] = {}
    for known_row in EventProperty.objects.filter(event__in=[event.pk for event in known.values()]):
        held.setdefault(known_row.event_id, {})[known_row.key] = known_row
    new: list[EventProperty] = []
    for key, one in sorted(found.items()):
        event = known[key]
        theirs = held.setdefault(event.pk, {})
        for word, name, kind in sorted({each for shape in one.shapes for each in shape}):
            row = theirs.get(word)
            if row is None and len(theirs) < EVENT_PROPERTIES:
                theirs[word] = EventProperty(event=event, key=word, name=name[:200], kind=kind, first_seen_at=one.first)
                new.append(theirs[word])
            elif row is not None and row.kind != (both := together(row.kind, kind)):
                row.kind = both
                if row.pk:
                    EventProperty.objects.filter(pk=row.pk).update(kind=both)
    EventProperty.objects.bulk_create(new)


def together(one: str, other: str) -> str:
    """The kind of values of two kinds: days among texts are texts."""
    if one == other or one == PropertyKind.PERSONAL:
        return one
    if {one, other} == {PropertyKind.TEXT, PropertyKind.DATE}:
        return PropertyKind.TEXT
    return PropertyKind.MIXED


class EventAsked(Exception):
    """An audience asks about it."""


@transaction.atomic
def forget_events(*, rows: QuerySet[EventName], by: Staff | None, now: datetime) -> tuple[int, int]:
    """They leave the catalogue, which makes room for others: (left, kept because an audience asks about them). What the
    lake holds of them stays; one that is sent again is learnt anew. A blocked one stays, or it would come in again."""
    asked = [key.removeprefix(EVENT) for key in audiences.events_asked()]
    held = rows.filter(blocked_at=None)
    kept = held.filter(key__in=asked).count()
    gone = held.exclude(key__in=asked)
    keys = sorted(gone.values_list("key", flat=True))
    EventProperty.objects.filter(event__in=gone).delete()
    gone.delete()
    if keys:
        detail = {"forgotten": len(keys), "names": keys[:20]}
        governance.record(act="event.forgotten", by=by, subject="", detail=detail, now=now)
    return len(keys), kept


@transaction.atomic
def forget_event(*, event: EventName, by: Staff | None, now: datetime) -> None:
    """Raises EventAsked."""
    if forget_events(rows=EventName.objects.filter(pk=event.pk), by=by, now=now)[1]:
        raise EventAsked


@transaction.atomic
def block_event(*, event: EventName, blocked: bool, by: Staff | None, now: datetime) -> None:
    """Blocked, it is refused as it arrives; what came before stays."""
    EventName.objects.filter(pk=event.pk).update(blocked_at=now if blocked else None)
    act = "event.blocked" if blocked else "event.unblocked"
    governance.record(act=act, by=by, subject=event.public_id, now=now)
