"""What arrives, for whoever connects a site: what it was and what became of it. What tells of people is masked."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from guanxi.acquisition.models import Batch, Source, TurnedAway
from guanxi.acquisition.queries.batches import opened
from guanxi.acquisition.rules import BATCH, REPEATED, Unusable, read, told, unpacked
from guanxi.acquisition.rules.masking import masked
from guanxi.kit import crypto, scope
from guanxi.people.queries import BadCursor

SHOWN = 30
AT_ONCE = 20
MARK = struct.Struct(">qi")
DETAIL = 2_000
FAILED = ("failed", "")


@dataclass(frozen=True, slots=True)
class Arrival:
    """`outcome`: waiting, taken, repeated or refused. `remark`: why it has no amount, or some_repeated where the batch
    holds repeats and it is not kept which they are.

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
    return arrivals_page(source, refused=refused)[0]


def arrivals_page(
    source: Source, *, refused: bool = False, after: str = "", size: int = SHOWN
) -> tuple[list[Arrival], str]:
    """The newest first, and the mark of what follows, "" at the end. A page looks into few requests: where many held no
    event it is shorter. Raises BadCursor."""
    rows = Batch.objects.filter(source=source, body__isnull=False)
    if refused:
        rows = rows.filter(refused__gt=0)
    edge = _edge(source, after) if after else None
    if edge:
        rows = rows.filter(pk__lte=edge[0])
    found: list[Arrival] = []
    last, looked = (0, 0), 0
    for batch in rows.order_by("-pk")[: size + 1].iterator(AT_ONCE):
        for place, one in _of(batch, refused, edge[1] if edge and edge[0] == batch.pk else None):
            if len(found) == size:
                return found, _mark(source, *last)
            found.append(one)
            last = (batch.pk, place)
        last, looked = (batch.pk, 0), looked + 1
    return found, _mark(source, *last) if looked > size else ""


def _mark(source: Source, batch: int, place: int) -> str:
    """Sealed, as it holds a number of our own rows."""
    sealed = crypto.seal_body(MARK.pack(batch, place), workspace_id=scope.current(), place=_marks(source))
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _edge(source: Source, after: str) -> tuple[int, int]:
    try:
        sealed = base64.b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True)
        opened_mark = crypto.unseal_body(sealed, workspace_id=scope.current(), place=_marks(source))
    except ValueError:
        raise BadCursor from None
    batch, place = MARK.unpack(opened_mark)
    return batch, place


def _marks(source: Source) -> str:
    return f"arrivals|{source.pk}"


def turned_away(source: Source) -> list[TurnedAway]:
    """Requests that were refused whole, the newest reason first."""
    return list(TurnedAway.objects.filter(source=source).order_by("-last_at"))


def _of(batch: Batch, refused: bool, below: int | None) -> Iterator[tuple[int, Arrival]]:
    """The events of a request with their places in it, the last first; only those before place `below`."""
    reasons = {place: (reason, detail) for place, reason, detail in batch.refusals}
    left: dict[int, tuple[tuple[str, str], ...]] = {}
    noted = {place for place, reason, _what in batch.remarks if reason == REPEATED}
    for place, reason, what in batch.remarks:
        if reason != REPEATED:
            left[place] = (*left.get(place, ()), (reason, what))
    others = False if len(noted) == batch.repeated else None if batch.taken else True
    try:
        _body, raws, sent_at = unpacked(opened(batch), batch.call)
    except (msgspec.DecodeError, RecursionError):
        if below is None:
            yield 0, _arrival(batch, None, None, reasons.get(0, ("not_an_object", "")), (), False)
        return
    if reasons.get(0) == FAILED:
        reasons = dict.fromkeys(range(len(raws)), FAILED)
    for place in reversed(range(len(raws))[:below]):
        if not refused or place in reasons:
            repeated = True if place in noted else others
            yield place, _arrival(batch, raws[place], sent_at, reasons.get(place), left.get(place, ()), repeated)


def _arrival(
    batch: Batch,
    raw: Any,
    sent_at: Any,
    why: tuple[str, str] | None,
    left_out: tuple[tuple[str, str], ...],
    repeated: bool | None,
) -> Arrival:
    """`repeated` is None when it is not known."""
    found = told(raw) if raw is not None else None
    said: Mapping[str, Any] = found if isinstance(found, dict) else {}
    kind = said.get("type") if batch.call == BATCH else batch.call
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
    outcome = "refused" if why else "waiting" if batch.applied_at is None else "repeated" if repeated else "taken"
    if outcome == "taken" and repeated is None:
        remark = "some_repeated"
    name = said.get("event") or said.get("name")
    reason, detail = why or ("", "")
    text = msgspec.json.format(msgspec.json.encode(masked(said)), indent=1).decode()[:DETAIL] if said else ""
    what = (batch.received_at, _short(kind), _short(name), ids)
    return Arrival(*what, outcome, reason, detail, removed, remark, left_out, text)


def _short(value: Any) -> str:
    return "".join(letter for letter in str(value or "") if letter.isprintable())[:80]
