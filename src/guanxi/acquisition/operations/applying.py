"""From what was sent to people and the lake: some batches a turn, each turn one transaction.

Killed anywhere, either all of a turn is there or nothing of it: who it was, the events on their way to the lake, the
message ids that make a repetition known, and the mark on the batches themselves.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from guanxi.acquisition.models import Batch, Source
from guanxi.acquisition.operations.cataloguing import Found, closed_names, note_events
from guanxi.acquisition.operations.seen import forget_seen, known_among, note_seen
from guanxi.acquisition.queries import opened
from guanxi.acquisition.rules import KEPT_FOR, Event, Unusable, events_in, message_hash, read, trait_text
from guanxi.acquisition.rules.names import word
from guanxi.events import operations as events
from guanxi.events.queries import EVENTS
from guanxi.kit import clock, keys, leases, scope
from guanxi.people import operations as people
from guanxi.people.models import Field

BATCHES_A_TURN = 200
BYTES_A_TURN = 16 * 1024 * 1024
MARK = f"""
UPDATE {Batch._meta.db_table}
SET applied_at = %s, taken = %s, repeated = %s, refused = %s, refusals = %s::jsonb, people = %s::bigint[] WHERE id = %s
"""  # noqa: S608
ROWS_A_TABLE = 50_000
ALONE_AFTER, ASIDE_AFTER = 3, 6
FORGOTTEN_AT_ONCE = 1_000


def lane(*, now: datetime) -> int:
    """One turn of the worker; how many batches were applied. One worker at a time in a workspace."""
    with leases.only_one("intake") as alone:
        if not alone:
            return 0
        return apply_waiting(now=now)


def apply_waiting(*, now: datetime) -> int:
    batches = _claimed()
    if batches:
        with transaction.atomic():
            _Turn(batches, now).apply()
    return len(batches)


@transaction.atomic
def _claimed() -> list[Batch]:
    """The oldest that wait. What failed a few times is tried alone, and then set aside, so that it holds up nobody."""
    waiting = Batch.objects.filter(applied_at=None).order_by("pk").values_list("pk", "size", "attempts")
    chosen: list[int] = []
    size = 0
    for pk, bytes_, attempts in waiting[:BATCHES_A_TURN]:
        if attempts >= ASIDE_AFTER:
            Batch.objects.filter(pk=pk).update(applied_at=Now(), refused=1, refusals=[[0, "failed", ""]])
            continue
        if chosen and (attempts >= ALONE_AFTER or size + bytes_ > BYTES_A_TURN):
            break
        chosen.append(pk)
        size += bytes_
        if attempts >= ALONE_AFTER:
            break
    Batch.objects.filter(pk__in=chosen).update(attempts=F("attempts") + 1)
    return list(Batch.objects.filter(pk__in=chosen).order_by("pk"))


@dataclass
class _Turn:
    batches: list[Batch]
    now: datetime
    taken: list[Event] = field(default_factory=list)
    refusals: list[list[tuple[int, str, str]]] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)

    def apply(self) -> None:
        shift = scope.clock_shift()
        self._read()
        self._drop_repeated()
        self._drop_closed()
        answers = self._link()
        self._drop_refused(answers)
        self._saw(answers)
        self._keep(answers, shift)
        self._catalogue(shift)
        note_seen([one.hash for one in self.taken if one.hash], now=clock.wall())
        self._mark(answers)

    def _refuse(self, one: Event, reason: str, detail: str = "") -> None:
        self.refusals[one.batch].append((one.place, reason, detail))

    def _read(self) -> None:
        taken = self.taken
        for number, batch in enumerate(self.batches):
            self.refusals.append([])
            self.repeated.append(0)
            body, call, received_at, source = opened(batch), batch.call, batch.received_at, batch.source_id
            try:
                raws, sent_at = events_in(body, call) if body else ([], None)
            except (msgspec.DecodeError, RecursionError):
                self.refusals[number].append((0, "not_an_object", ""))
                continue
            for place, raw in enumerate(raws):
                try:
                    event = read(raw, call=call, sent_at=sent_at, received_at=received_at)
                except Unusable as unusable:
                    self.refusals[number].append((place, unusable.reason, unusable.detail))
                    continue
                event.batch, event.place = number, place
                if event.message:
                    event.hash = message_hash(source, event.message)
                taken.append(event)

    def _drop_repeated(self) -> None:
        seen = known_among([one.hash for one in self.taken if one.hash])
        staying = []
        for one in self.taken:
            if one.hash and one.hash in seen:
                self.repeated[one.batch] += 1
                continue
            if one.hash:
                seen.add(one.hash)
            staying.append(one)
        self.taken = staying

    def _drop_closed(self) -> None:
        closed = closed_names({one.key or one.name for one in self.taken})
        if closed:
            self.taken = [one for one in self.taken if not self._is_closed(one, closed)]

    def _is_closed(self, one: Event, closed: dict[str, str]) -> bool:
        reason = closed.get(one.key or one.name)
        if reason:
            self._refuse(one, reason)
        return bool(reason)

    def _link(self) -> list[people.Answer]:
        """Each set of ids is asked for once, and again only where something was said of the person."""
        fields = set(Field.objects.values_list("key", flat=True))
        calls: list[people.Call] = []
        asked: dict[tuple[tuple[str, str], ...], int] = {}
        for event in self.taken:
            if not event.traits and event.ids in asked:
                event.call = asked[event.ids]
                continue
            event.call = len(calls)
            asked.setdefault(event.ids, event.call)
            traits, name = _said(event.traits, fields) if event.traits else ({}, "")
            calls.append(people.Call(ids=event.ids, at=event.at, traits=traits, name=name, event=event.message[:60]))
        return people.link_many(calls, source="intake", now=self.now) if calls else []

    def _drop_refused(self, answers: Sequence[people.Answer]) -> None:
        if any(answer.person is None for answer in answers):
            for one in self.taken:
                if answers[one.call].person is None:
                    self._refuse(one, answers[one.call].reason)
            self.taken = [one for one in self.taken if answers[one.call].person is not None]

    def _saw(self, answers: Sequence[people.Answer]) -> None:
        last: dict[int, datetime] = {}
        for one in self.taken:
            if who := answers[one.call].person:
                last[who] = max(one.at, last.get(who, one.at))
        people.saw(last)

    def _keep(self, answers: Sequence[people.Answer], shift: timedelta) -> None:
        rows = [one for one in self.taken if one.key]
        names = dict(Source.objects.values_list("pk", "public_id"))
        for start in range(0, len(rows), ROWS_A_TABLE):
            table = _table(rows[start : start + ROWS_A_TABLE], answers, self.batches, names, shift)
            events.keep(table, received_at=self.now, until=self.now + KEPT_FOR)

    def _catalogue(self, shift: timedelta) -> None:
        found: dict[str, Found] = {}
        for event in self.taken:
            key = event.key or event.name
            at = self.batches[event.batch].received_at
            known = found.get(key)
            if known is None:
                known = found[key] = Found(event.name, at, at)
            known.count += 1
            known.last = max(known.last, at)
            known.shapes.add(event.plan.kinds)
        for known in found.values():
            known.first, known.last = known.first + shift, known.last + shift
        note_events(found)

    def _mark(self, answers: Sequence[people.Answer]) -> None:
        whom: list[set[int]] = [set() for _ in self.batches]
        counts = [0] * len(self.batches)
        for one in self.taken:
            counts[one.batch] += 1
            whom[one.batch].add(answers[one.call].person or 0)
        marks = [
            (
                clock.wall(),
                counts[number],
                self.repeated[number],
                len(self.refusals[number]),
                json.dumps(sorted(self.refusals[number])),
                "{" + ",".join(map(str, sorted(whom[number]))) + "}",
                batch.pk,
            )
            for number, batch in enumerate(self.batches)
        ]
        with connection.cursor() as cursor:
            cursor.executemany(MARK, marks)


def _said(traits: Any, fields: set[str]) -> tuple[dict[str, str], str]:
    """What declared fields hold, and a name; what is not declared is only in the catalogue."""
    by_word = {word(key): trait_text(value) for key, value in traits.items()}
    kept = {key: text for key, text in by_word.items() if text is not None and key in fields}
    given = [by_word.get(key) or "" for key in ("first_name", "last_name")]
    return kept, (by_word.get("name") or " ".join(filter(None, given)))[:120]


def _table(
    rows: Sequence[Event],
    answers: Sequence[people.Answer],
    batches: Sequence[Batch],
    names: dict[int, str],
    shift: timedelta,
) -> pa.Table:
    """The columns of the lake. No name, number or address of a person is among them."""
    times = [one.at + shift for one in rows] if shift else [one.at for one in rows]
    arrived = [batch.received_at + shift for batch in batches]
    sources = [names[batch.source_id] for batch in batches]
    moments = pa.array(times, EVENTS.field("occurred_at").type)
    values: dict[str, Any] = {
        "month": pc.strftime(moments, format="%Y-%m"),
        "event_id": keys.event_ids(len(rows)),
        "person": [answers[one.call].person for one in rows],
        "name": [one.key for one in rows],
        "occurred_at": moments,
        "received_at": [arrived[one.batch] for one in rows],
        "source": [sources[one.batch] for one in rows],
        "props": [one.props for one in rows],
    }
    return pa.table(
        {
            name: _column(values[name], EVENTS.field(name).type)
            if name in values
            else pa.nulls(len(rows), EVENTS.field(name).type)
            for name in EVENTS.names
        }
    )


def _column(values: Any, kind: Any) -> Any:
    return values if isinstance(values, pa.Array) else pa.array(values, kind)


def forget(*, now: datetime) -> int:
    """What is older than 30 days, some at a time."""
    old = Batch.objects.filter(received_at__lt=clock.wall() - KEPT_FOR, applied_at__isnull=False)
    ids = list(old.order_by("received_at").values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
    dropped = Batch.objects.filter(pk__in=ids).delete()[0] if ids else 0
    return dropped + forget_seen(now=clock.wall()) + events.drop_kept(now=now)
