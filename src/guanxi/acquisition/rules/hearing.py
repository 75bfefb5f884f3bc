"""The events of many requests, column by column.

A usual event (a `track` call with an id, a time of the past and properties of a shape that was met) is read without an
object of its own; whatever is unusual goes the way of `wire.read`. Both ways give the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Final

import msgspec

from guanxi.acquisition.rules.limits import EVENT_BYTES, EVENT_PROPERTIES, NAME_LENGTH, OLDEST
from guanxi.acquisition.rules.money import Amount, amount_in
from guanxi.acquisition.rules.personal import hinted
from guanxi.acquisition.rules.wire import (
    BATCH,
    NOTHING,
    Event,
    Ids,
    Plan,
    Unusable,
    content_id,
    event_key,
    is_day,
    message_digests,
    plain_ids,
    plan_of,
    read,
    unpacked,
)

Refusal = tuple[int, str, str]
"""Place in the request, reason, detail."""
Row = tuple[int, int, int, datetime, bytes, str, Amount | None]
"""Place, form, who, at, props, message, amount."""
REPEATED: Final = "repeated"
"""The remark on an event that changed nothing beside others that did."""
PLACE: Final = 0
PROPS: Final = 4


class Usual(msgspec.Struct, gc=False):
    """What a usual event has; whatever else it holds says nothing to us."""

    type: str = ""
    event: str = ""
    userId: str | int | None = None
    anonymousId: str | int | None = None
    messageId: str | None = None
    timestamp: datetime | None = None
    originalTimestamp: Any = None
    sentAt: Any = None
    properties: dict[str, Any] | None = None


class _Request(msgspec.Struct):
    batch: list[Usual] = []


_usual = msgspec.json.Decoder(_Request).decode
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """Events of one name with properties of one shape. `key` is empty for what only says who somebody is."""

    key: str
    name: str
    plan: Plan


@dataclass(slots=True)
class Who:
    """Ids that came together, and what was said of the person with them."""

    ids: Ids
    traits: Mapping[str, Any]


@dataclass
class Heard:
    """Row n of each column is one event; `form` and `who` are places in `forms` and `whose`.

    `digests` are of message ids, eight bytes a row, zeros without one. `ends` are the rows after each request.
    """

    place: list[int] = field(default_factory=list)
    form: list[int] = field(default_factory=list)
    who: list[int] = field(default_factory=list)
    at: list[datetime] = field(default_factory=list)
    props: list[bytes] = field(default_factory=list)
    message: list[str] = field(default_factory=list)
    amount: list[Amount | None] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    refusals: list[list[Refusal]] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    whose: list[Who] = field(default_factory=list)
    _forms: dict[Any, int] = field(default_factory=dict)
    _whose: dict[Any, int] = field(default_factory=dict)

    def take(self, body: bytes, *, call: str, source: int, received_at: datetime) -> None:
        """One request. An empty body is one that was forgotten."""
        self.refusals.append([])
        if body:
            try:
                rows = self._rows(*unpacked(body, call), call, received_at)
            except (msgspec.DecodeError, RecursionError):
                self.refusals[-1].append((0, "not_an_object", ""))
            else:
                self._keep(rows, source)
        self.ends.append(len(self.at))

    def _keep(self, rows: list[Row], source: int) -> None:
        if not rows:
            return
        place, form, who, at, props, message, amount = zip(*rows, strict=True)
        self.place += place
        self.form += form
        self.who += who
        self.at += at
        self.props += props
        self.message += message
        self.amount += amount
        self.digests += message_digests(source, message)

    def _rows(
        self, body: bytes, raws: list[msgspec.Raw], sent_at: datetime | None, call: str, received_at: datetime
    ) -> list[Row]:
        usual = self._usual(body, raws, sent_at, received_at) if call == BATCH else []
        if usual and hinted(b"\n".join([row[PROPS] for row in usual])):
            usual = [row for row in usual if not hinted(row[PROPS])]
        if len(usual) == len(raws):
            return usual
        done = {row[PLACE] for row in usual}
        for place, raw in enumerate(raws):
            if place in done:
                continue
            try:
                event = read(raw, call=call, sent_at=sent_at, received_at=received_at)
            except Unusable as unusable:
                self.refusals[-1].append((place, unusable.reason, unusable.detail))
            else:
                usual.append(self._unusual(event, place))
        return sorted(usual, key=itemgetter(PLACE))

    def _unusual(self, event: Event, place: int) -> Row:
        form = self._number(event.key, event.name, event.plan)
        who = self._number_of(event.ids, event.traits)
        return (place, form, who, event.at, event.props, event.message, event.amount)

    def _usual(
        self, body: bytes, raws: list[msgspec.Raw], sent_at: datetime | None, received_at: datetime
    ) -> list[Row]:
        """The usual ones among them, in order."""
        if len(body) > EVENT_BYTES and any(memoryview(raw).nbytes > EVENT_BYTES for raw in raws):
            return []
        try:
            late = received_at - sent_at if sent_at is not None else None
            return self._read(_usual(body).batch, raws, late, received_at)
        # Other types, structures that are too deep, half characters, times without a zone.
        except (msgspec.DecodeError, RecursionError, UnicodeError, TypeError, OverflowError):
            return []

    def _read(
        self, told: list[Usual], raws: list[msgspec.Raw], late: timedelta | None, received_at: datetime
    ) -> list[Row]:
        """Half a million turns of this loop are a few seconds of the worker: each look-up in it was counted."""
        rows: list[Row] = []
        forms, whose, numbered, oldest = self._forms, self._whose, self.forms, received_at - OLDEST
        for place, one in enumerate(told):
            said, when, message = one.properties or NOTHING, one.timestamp, one.messageId
            form = forms.get((one.event, *said, *map(type, said.values())))
            if form is None:
                form = self._form(one.event, said)
            who = whose.get((one.userId, one.anonymousId))
            if who is None:
                who = self._who(one.userId, one.anonymousId)
            at = received_at if when is None else when if late is None else when + late
            if (
                form < 0
                or who < 0
                or not oldest <= at <= received_at
                or one.type != "track"
                or one.sentAt is not None
                or one.originalTimestamp is not None
                or (message is not None and len(message) > NAME_LENGTH)
            ):
                continue
            plan = numbered[form].plan
            if plan.days and not all(is_day(said[word]) for word in plan.days):
                continue
            if message is None:
                message = "" if at is received_at else content_id(raws[place])
            named = plan.amount
            amount = amount_in(said, named)[0] if named else None
            rows.append((place, form, who, at, _encode(said), message, amount))
        return rows

    def _form(self, event: str, said: Mapping[str, Any]) -> int:
        """The number of a usual form, -1 for one that is not."""
        plan = plan_of(said)
        try:
            key = event_key(event)
        except Unusable:
            key = ""
        usual = key and plan.as_sent and not plan.personal and len(said) <= EVENT_PROPERTIES
        number = self._number(key, event, plan) if usual else -1
        self._forms[event, *said, *map(type, said.values())] = number
        return number

    def _number(self, key: str, name: str, plan: Plan) -> int:
        known = self._forms.get((key, plan))
        if known is None:
            known = self._forms[key, plan] = len(self.forms)
            self.forms.append(Form(key, name, plan))
        return known

    def _who(self, user: str | int | None, visitor: str | int | None) -> int:
        try:
            number = self._number_of(plain_ids(user, visitor), NOTHING)
        except Unusable:
            number = -1
        self._whose[user, visitor] = number
        return number

    def _number_of(self, ids: Ids, traits: Mapping[str, Any]) -> int:
        """Whoever something is said of is asked for again."""
        known = None if traits else self._whose.get(ids)
        if known is None:
            known = len(self.whose)
            self.whose.append(Who(ids, traits))
            self._whose.setdefault(ids, known)
        return known
