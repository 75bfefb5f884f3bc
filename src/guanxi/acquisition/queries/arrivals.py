"""What arrives, for whoever connects a site: what it was and what became of it. What tells of people is masked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from guanxi.acquisition.models import Batch, Source, TurnedAway
from guanxi.acquisition.queries.batches import opened
from guanxi.acquisition.rules import BATCH, Unusable, read, unpacked
from guanxi.acquisition.rules.masking import masked

SHOWN = 30
BATCHES = 30
DETAIL = 2_000
FAILED = ("failed", "")


@dataclass(frozen=True, slots=True)
class Arrival:
    """`outcome`: waiting, taken, repeated (some of this batch were, which ones is not kept) or refused.

    `left_out`: (reason, kind of id or field) of what did not count although the event was taken.
    """

    at: datetime
    type: str
    name: str
    ids: tuple[str, ...]
    outcome: str
    reason: str
    detail: str
    removed: tuple[str, ...]
    remark: str
    left_out: tuple[tuple[str, str], ...]
    told: str


def arrivals(source: Source, *, refused: bool = False) -> list[Arrival]:
    """The newest first."""
    rows = Batch.objects.filter(source=source, body__isnull=False)
    if refused:
        rows = rows.filter(refused__gt=0)
    found: list[Arrival] = []
    for batch in rows.order_by("-pk")[:BATCHES]:
        if len(found) >= SHOWN:
            break
        found += _of(batch, refused, SHOWN - len(found))
    return found


def turned_away(source: Source) -> list[TurnedAway]:
    """Requests that were refused whole, the newest reason first."""
    return list(TurnedAway.objects.filter(source=source).order_by("-last_at"))


def _of(batch: Batch, refused: bool, limit: int) -> list[Arrival]:
    reasons = {place: (reason, detail) for place, reason, detail in batch.refusals}
    left: dict[int, tuple[tuple[str, str], ...]] = {}
    for place, reason, what in batch.remarks:
        left[place] = (*left.get(place, ()), (reason, what))
    try:
        _body, raws, sent_at = unpacked(opened(batch), batch.call)
    except (msgspec.DecodeError, RecursionError):
        return [_arrival(batch, None, None, reasons.get(0, ("not_an_object", "")))]
    if reasons.get(0) == FAILED:
        reasons = dict.fromkeys(range(len(raws)), FAILED)
    places = [place for place in range(len(raws) - 1, -1, -1) if not refused or place in reasons]
    return [_arrival(batch, raws[place], sent_at, reasons.get(place), left.get(place, ())) for place in places[:limit]]


def _arrival(
    batch: Batch, raw: Any, sent_at: Any, why: tuple[str, str] | None, left_out: tuple[tuple[str, str], ...] = ()
) -> Arrival:
    told = _told(raw)
    kind = told.get("type") if batch.call == BATCH else batch.call
    ids: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    remark = ""
    if raw is not None and why is None:
        try:
            event = read(raw, call=batch.call, sent_at=sent_at, received_at=batch.received_at)
            ids, removed = tuple(kind for kind, _value in event.ids), (event.removed if event.key else ())
            remark = event.remark
        except Unusable as unusable:
            why = (unusable.reason, unusable.detail)
    outcome = "refused" if why else "waiting" if batch.applied_at is None else "taken"
    if outcome == "taken" and batch.repeated:
        outcome = "repeated" if not batch.taken else "taken"
    name = told.get("event") or told.get("name")
    reason, detail = why or ("", "")
    text = msgspec.json.format(msgspec.json.encode(masked(told)), indent=1).decode()[:DETAIL] if told else ""
    what = (batch.received_at, _short(kind), _short(name), ids)
    return Arrival(*what, outcome, reason, detail, removed, remark, left_out, text)


def _told(raw: Any) -> Mapping[str, Any]:
    try:
        found = msgspec.json.decode(raw) if raw is not None else {}
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _short(value: Any) -> str:
    return "".join(letter for letter in str(value or "") if letter.isprintable())[:80]
