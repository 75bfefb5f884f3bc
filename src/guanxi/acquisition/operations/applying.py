"""From what was sent to people and the lake: some batches a turn, each turn one transaction.

Killed anywhere, either all of a turn is there or nothing of it: who it was, the events on their way to the lake, the
message ids that make a repetition known, and the mark on the batches themselves.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from guanxi.acquisition.models import Batch, Source
from guanxi.acquisition.operations.cataloguing import Found, closed_names, note_events
from guanxi.acquisition.operations.seen import forget_seen, note_seen, repeated
from guanxi.acquisition.operations.turning_away import forget_turned_away
from guanxi.acquisition.queries import opened
from guanxi.acquisition.rules import KEPT_FOR, REASONS_KEPT, REPEATED, Amount, Form, Heard, Refusal, Who, trait_text
from guanxi.acquisition.rules.names import ALIAS, word
from guanxi.acquisition.rules.wire import USER as CUSTOMER
from guanxi.events import operations as events
from guanxi.events.queries import EVENTS
from guanxi.kit import bulk, clock, keys, leases, scope
from guanxi.people import operations as people
from guanxi.people.models import Field, Person
from guanxi.people.queries import lookup_by_identity

BATCHES_A_TURN = 500
BYTES_A_TURN = 64 * 1024 * 1024
"""Whoever comes in each of them is asked for once a turn: fewer and larger ones look up a third fewer ids."""
BODIES = f"SELECT id, body FROM {Batch._meta.db_table} WHERE workspace_id = %s AND id = ANY(%s)"  # noqa: S608
MARK = f"""
UPDATE {Batch._meta.db_table} batch
SET applied_at = %s, taken = mark.taken, repeated = mark.repeated, refused = mark.refused,
    refusals = mark.refusals::jsonb, remarks = mark.remarks::jsonb, people = mark.people::bigint[]
FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::int[], %s::text[], %s::text[], %s::text[])
    AS mark(id, taken, repeated, refused, refusals, remarks, people)
WHERE batch.id = mark.id
"""  # noqa: S608
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Rows = npt.NDArray[np.int64]
Seconds = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
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
    batches = list(Batch.objects.filter(pk__in=chosen).defer("body").order_by("pk"))
    bodies = dict(bulk.asked(BODIES, [scope.current(), chosen]))
    for batch in batches:
        batch.body = bodies[batch.pk]
    return batches


@dataclass
class _Turn:
    """`rows` are those of `heard` that stay; the columns of `_people` and `_instants` are of them."""

    batches: list[Batch]
    now: datetime
    heard: Heard = field(default_factory=Heard)
    rows: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    repeated: list[int] = field(default_factory=list)
    remarks: dict[int, list[Refusal]] = field(default_factory=dict)

    def apply(self) -> None:
        shift = scope.clock_shift()
        self._read()
        self._batch = np.repeat(np.arange(len(self.batches)), np.diff([0, *self.heard.ends]))
        self._form = np.array(self.heard.form, np.int64)
        names = dict(Source.objects.values_list("pk", "public_id"))
        self._senders = [names[batch.source_id] for batch in self.batches]
        self._digest = np.frombuffer(b"".join(self.heard.digests), "<u8")
        self.rows = np.arange(len(self._form))
        self._drop_repeated()
        self._drop_closed()
        whom, before = self._link()
        instants = self._instants()
        self._saw(whom, instants, before)
        self._keep(whom, instants, shift)
        self._catalogue(shift)
        note_seen(self._digest[self.rows], now=clock.wall())
        self._mark(whom)

    def _read(self) -> None:
        for batch in self.batches:
            self.heard.take(opened(batch), call=batch.call, source=batch.source_id, received_at=batch.received_at)

    def _drop(self, gone: Mask) -> Rows:
        dropped, self.rows = self.rows[gone], self.rows[~gone]
        return dropped

    def _refuse(self, gone: Mask, why: Callable[[int], tuple[str, str]]) -> None:
        for row in self._drop(gone).tolist() if gone.any() else ():
            self.heard.refusals[int(self._batch[row])].append((self.heard.place[row], *why(row)))

    def _drop_repeated(self) -> None:
        gone = repeated(self._digest)
        times = np.bincount(self._batch[gone], minlength=len(self.batches))
        self.repeated = times.tolist()
        if gone.any():
            some = times < np.bincount(self._batch, minlength=len(self.batches))
            for row in np.flatnonzero(gone & some[self._batch]).tolist():
                self._remark(row, REPEATED)
            self._drop(gone)

    def _remark(self, row: int, why: str, what: str = "") -> None:
        self.remarks.setdefault(int(self._batch[row]), []).append((self.heard.place[row], why, what))

    def _drop_closed(self) -> None:
        names = [one.key or one.name for one in self.heard.forms]
        there, first = np.unique(self._form[self.rows], return_index=True)
        closed = closed_names(names[form] for form in there[np.argsort(first)].tolist())
        if closed:
            forms = [number for number, name in enumerate(names) if name in closed]
            self._refuse(np.isin(self._form[self.rows], forms), lambda row: (closed[names[self.heard.form[row]]], ""))

    def _link(self) -> tuple[Rows, Seconds]:
        """Whose each row is, and when they were seen before. Each set of ids is asked for once, and again only where
        something was said of the person; in the order in which they came."""
        who = np.array(self.heard.who, np.int64)
        asked, first = np.unique(who[self.rows], return_index=True)
        order = np.argsort(first)
        fields = set(Field.objects.values_list("key", flat=True))
        calls = [
            self._call(self.heard.whose[number], int(row), fields)
            for number, row in zip(asked[order].tolist(), self.rows[first[order]].tolist(), strict=True)
        ]
        answers = people.link_many(calls, source="intake", now=self.now) if calls else []
        for row, answer in zip(self.rows[first[order]].tolist(), answers, strict=True):
            if answer.person and answer.left_out:
                for what, why in answer.left_out:
                    if why != "empty":
                        self._remark(row, why, what)
        person = np.zeros(len(self.heard.whose), np.int64)
        person[asked[order]] = [answer.person or 0 for answer in answers]
        before = np.zeros(len(self.heard.whose))
        before[asked[order]] = [answer.seen for answer in answers]
        if not person[asked].all():
            reasons = {number: answer.reason for number, answer in zip(asked[order].tolist(), answers, strict=True)}
            self._refuse(person[who[self.rows]] == 0, lambda row: (reasons[self.heard.who[row]], ""))
        self._note_aliases(person)
        return person[who[self.rows]], before[who[self.rows]]

    def _note_aliases(self, person: Rows) -> None:
        """An alias joins a visitor to a customer. Whoever wanted to join two customers is told that they stay two."""
        forms = [number for number, form in enumerate(self.heard.forms) if form.key == "" and form.name == ALIAS]
        rows = self.rows[np.isin(self._form[self.rows], forms)].tolist() if forms else []
        before = {row: self.heard.whose[self.heard.who[row]].ids[-1][1] for row in rows}
        held = lookup_by_identity(CUSTOMER, sorted(set(before.values()))) if before else {}
        gone = Person.objects.filter(pk__in=held.values(), merged_into__isnull=False)
        became = dict(gone.values_list("pk", "merged_into")) if held else {}
        for row, value in before.items():
            holder = held.get(value)
            if holder is not None and became.get(holder, holder) != person[self.heard.who[row]]:
                self._remark(row, "never_joined", CUSTOMER)

    def _call(self, who: Who, row: int, fields: set[str]) -> people.Call:
        traits, name = _said(who.traits, fields) if who.traits else ({}, "")
        at = self.heard.at[row].astimezone(UTC)
        sender, said = self._senders[self._batch[row]], self.heard.forms[self._form[row]].name
        event = self.heard.message[row][:60]
        return people.Call(ids=who.ids, at=at, traits=traits, name=name, event=event, sender=sender, said=said)

    def _instants(self) -> Rows:
        """Microseconds of each row."""
        moments = pa.array(self._of(self.heard.at), EVENTS.field("occurred_at").type)
        instants: Rows = moments.view(pa.int64()).to_numpy()
        return instants

    def _of(self, column: list[Any]) -> list[Any]:
        return column if len(self.rows) == len(column) else [column[row] for row in self.rows.tolist()]

    def _saw(self, whom: Rows, instants: Rows, before: Seconds) -> None:
        """Most of them were seen within the hour. A second more or less is looked at again."""
        due = instants > (before + people.SEEN_APART.total_seconds() - 1) * 1e6
        seen, place = np.unique(whom[due], return_inverse=True)
        last = np.zeros(len(seen), np.int64)
        np.maximum.at(last, place, instants[due])
        people.saw(dict(zip(seen.tolist(), map(_datetime, last.tolist()), strict=True)))

    def _keep(self, whom: Rows, instants: Rows, shift: timedelta) -> None:
        table = _table(
            forms=self.heard.forms,
            form=self._form[self.rows],
            person=whom,
            at=instants + shift // MICROSECOND,
            batch=self._batch[self.rows],
            arrived=[batch.received_at + shift for batch in self.batches],
            sources=self._senders,
            amounts=self._of(self.heard.amount),
            props=self._of(self.heard.props),
        )
        for start in range(0, table.num_rows, ROWS_A_TABLE):
            events.keep(table.slice(start, ROWS_A_TABLE), received_at=self.now, until=self.now + KEPT_FOR)

    def _catalogue(self, shift: timedelta) -> None:
        found: dict[str, Found] = {}
        arrived = [batch.received_at + shift for batch in self.batches]
        forms, batch = self._form[self.rows], self._batch[self.rows]
        met, count = np.unique(forms * len(arrived) + batch, return_counts=True)
        for both, times in zip(met.tolist(), count.tolist(), strict=True):
            number, at = divmod(both, len(arrived))
            form = self.heard.forms[number]
            known = found.setdefault(form.key or form.name, Found(form.name, arrived[at], arrived[at]))
            known.count += times
            known.last = max(known.last, arrived[at])
            known.shapes.add(form.plan.kinds)
        note_events(found)

    def _mark(self, whom: Rows) -> None:
        batch = self._batch[self.rows]
        bounds = np.searchsorted(batch, np.arange(len(self.batches) + 1)).tolist()
        marks = [
            (
                one.pk,
                end - start,
                self.repeated[number],
                len(self.heard.refusals[number]),
                _told(self.heard.refusals[number]),
                _told(self.remarks.get(number, ())),
                "{" + ",".join(map(str, np.unique(whom[start:end]).tolist())) + "}",
            )
            for number, (one, start, end) in enumerate(zip(self.batches, bounds, bounds[1:], strict=False))
        ]
        with connection.cursor() as cursor:
            cursor.execute(MARK, [clock.wall(), *map(list, zip(*marks, strict=True))])


def _told(reasons: Iterable[Refusal]) -> str:
    """The newest events are those that somebody looks at."""
    return json.dumps(sorted(reasons)[-REASONS_KEPT:])


def _datetime(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def _said(traits: Any, fields: set[str]) -> tuple[dict[str, str], str]:
    """What declared fields hold, and a name; what is not declared is only in the catalogue."""
    by_word = {word(key): trait_text(value) for key, value in traits.items()}
    kept = {key: text for key, text in by_word.items() if text is not None and key in fields}
    given = [by_word.get(key) or "" for key in ("first_name", "last_name")]
    return kept, (by_word.get("name") or " ".join(filter(None, given)))[:120]


def _table(
    *,
    forms: Sequence[Form],
    form: Rows,
    person: Rows,
    at: Rows,
    batch: Rows,
    arrived: Sequence[datetime],
    sources: Sequence[str],
    amounts: Sequence[Amount | None],
    props: Sequence[bytes],
) -> pa.Table:
    """The columns of the lake. No name, number or address of a person is among them."""
    month, of_month = np.unique(at.view("datetime64[us]").astype("datetime64[M]"), return_inverse=True)
    values: dict[str, Any] = {
        "month": _taken(month.astype(str).tolist(), of_month),
        "event_id": _texts(pa.binary(), keys.id_bytes(len(form)).tobytes(), np.full(len(form), 16)),
        "person": person,
        "name": _taken([one.key for one in forms], form),
        "occurred_at": pa.array(at).cast(EVENTS.field("occurred_at").type),
        "received_at": pa.array(arrived, EVENTS.field("received_at").type).take(pa.array(batch)),
        "source": _taken(sources, batch),
        "props": _texts(pa.string(), b"".join(props), np.fromiter(map(len, props), np.int64, len(props))),
    }
    if any(amounts):
        values["amount_minor"] = [one and one[0] for one in amounts]
        values["currency"] = [one and one[1] for one in amounts]
    table = pa.table(
        {
            name: _column(values[name], EVENTS.field(name).type)
            if name in values
            else pa.nulls(len(form), EVENTS.field(name).type)
            for name in EVENTS.names
        }
    )
    only_ids = [number for number, one in enumerate(forms) if not one.key]
    return table.filter(pa.array(~np.isin(form, only_ids))) if only_ids else table


def _texts(kind: Any, all_of_them: bytes, lengths: Rows) -> pa.Array:
    """A column without an object for each text."""
    ends = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=ends[1:])
    return pa.Array.from_buffers(kind, len(lengths), [None, pa.py_buffer(ends), pa.py_buffer(all_of_them)])


def _taken(words: Sequence[str], places: Rows) -> pa.Array:
    return pa.array(words, pa.string()).take(pa.array(places))


def _column(values: Any, kind: Any) -> Any:
    return values if isinstance(values, pa.Array) else pa.array(values, kind)


def forget(*, now: datetime) -> int:
    """What is older than 30 days, some at a time."""
    old = Batch.objects.filter(received_at__lt=clock.wall() - KEPT_FOR, applied_at__isnull=False)
    ids = list(old.order_by("received_at").values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
    dropped = Batch.objects.filter(pk__in=ids).delete()[0] if ids else 0
    dropped += forget_turned_away(now=clock.wall())
    return dropped + forget_seen(now=clock.wall()) + events.drop_kept(now=now)
