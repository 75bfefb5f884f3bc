"""One event as it was sent, read into what it says; or the reason why it cannot be taken."""

import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from guanxi.acquisition.rules.limits import (
    AHEAD,
    EVENT_BYTES,
    EVENT_PROPERTIES,
    ID_LENGTH,
    NAME_LENGTH,
    OLDEST,
)
from guanxi.acquisition.rules.money import Amount, amount_in, amount_named
from guanxi.acquisition.rules.names import ALIAS, IDENTIFY, VISITS, track_key, word
from guanxi.acquisition.rules.personal import NAMES, hinted, without_personal

BATCH = "batch"
TYPES = frozenset({"track", "identify", "group", "page", "screen", "alias"})
USER, VISITOR, EMAIL, PHONE = "customer_number", "cookie", "email", "phone"
# What programs write when they mean nobody: thousands of strangers would become one person.
NOBODY = frozenset(
    {"null", "undefined", "none", "nil", "nan", "0", "-1", "anonymous", "guest", "unknown", "user", "test", "false"}
    | {"true", "n/a", "na", "[object object]"}
)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffd]")
# Strangers may send half a megabyte of escapes, so whole ones are stepped over many at a time.
_ESCAPES = re.compile(
    rb"""
    ((?:\\ (?: [^u] | u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2} | u(?!0000|[dD][89a-fA-F]) ) [^\\]*+)++)
    | \\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})  # NUL, or half a pair
    """,
    re.DOTALL | re.VERBOSE,
)


Ids = tuple[tuple[str, str], ...]
"""(kind, value) of each."""


class Unusable(Exception):
    """`reason` is a code of the debugger, `detail` a name in the event, never a value."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


class Wire(msgspec.Struct):
    type: Any = None
    event: Any = None
    name: Any = None
    category: Any = None
    userId: Any = None
    anonymousId: Any = None
    previousId: Any = None
    groupId: Any = None
    messageId: Any = None
    timestamp: Any = None
    originalTimestamp: Any = None
    sentAt: Any = None
    properties: Any = None
    traits: Any = None


class _Envelope(msgspec.Struct):
    batch: list[msgspec.Raw] = []
    sentAt: msgspec.Raw = msgspec.Raw(b"null")


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How properties of one shape are kept: their words in order, and whether they can be written as they came."""

    words: tuple[str, ...]
    kinds: tuple[tuple[str, str, str], ...]
    """(word, name, kind) of each."""
    as_sent: bool
    personal: bool
    """Some name is personal, or some value is nothing: each is looked at."""
    amount: str
    """The word of what has an amount of money, when a currency stands beside it."""
    days: tuple[str, ...]
    """The words of texts that are days. Not every text of this name need be one."""


class Event(msgspec.Struct, gc=False):
    """`key` is empty for what only says who somebody is. `props` is JSON for the lake; `removed` are personal names,
    `remark` is what else could not be used."""

    key: str
    name: str
    ids: Ids
    at: datetime
    props: bytes
    plan: Plan
    message: str
    traits: Mapping[str, Any]
    removed: tuple[str, ...]
    amount: Amount | None
    remark: str


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Wire).decode
_open = msgspec.json.Decoder(_Envelope).decode
NO_MESSAGE = bytes(8)
NOTHING: Mapping[str, Any] = {}
Key = TypeVar("Key")
Value = TypeVar("Value")


class _Memo(dict[Key, Value]):
    """What comes again and again, worked out once; emptied when too much came."""

    def keep(self, key: Key, value: Value) -> Value:
        if len(self) >= 50_000:
            self.clear()
        self[key] = value
        return value


DATE = "date"
_plans: _Memo[tuple[Any, ...], Plan] = _Memo()
_names: _Memo[str, str] = _Memo()


def unpacked(body: bytes, call: str) -> tuple[bytes, list[msgspec.Raw], datetime | None]:
    """The JSON of a request without NUL, its events, still unread, and when it says that it was sent."""
    if b"\\u0000" in body:
        body = mended(body)
    if call != BATCH:
        return body, [msgspec.Raw(body)], None
    found = _open(body)
    return body, found.batch, _sent(found.sentAt)


def mended(body: bytes) -> bytes:
    """Half a character, as scripts cut texts, and NUL become U+FFFD: neither may cost what else came with it."""
    return _ESCAPES.sub(lambda found: found[1] or b"\\ufffd", body)


def _sent(raw: msgspec.Raw) -> datetime | None:
    """What cannot be read puts no clock right, and costs no event, as each says its own time."""
    try:
        said = msgspec.json.decode(raw)
        return instant(said) if said is not None else None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, Unusable):
        return None


def read(raw: msgspec.Raw, *, call: str, sent_at: datetime | None, received_at: datetime) -> Event:
    """Raises Unusable. Times are on the wall."""
    if memoryview(raw).nbytes > EVENT_BYTES:
        raise Unusable("too_large")
    try:
        wire = _decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as problem:
        raise Unusable(_unreadable(raw, problem)) from None
    kind = wire.type if call == BATCH else call
    if kind == "track":
        said, key, name = wire.properties, event_key(wire.event), wire.event
    elif isinstance(kind, str) and kind in TYPES:
        said = wire.traits if kind in (IDENTIFY, "group") else wire.properties
        key, name = VISITS.get(kind, ""), kind
    else:
        raise Unusable("unknown_type")
    if said is None:
        said = {}
    elif not isinstance(said, dict):
        raise Unusable("bad_properties", "traits" if kind in (IDENTIFY, "group") else "properties")
    if len(said) > EVENT_PROPERTIES:
        raise Unusable("too_many_properties")
    at = _time(wire, sent_at, received_at)
    ids = _ids(kind, wire, said)
    if kind in ("page", "screen"):
        said = _place(wire) | said
    elif kind == "group":
        said = {"group": ident("groupId", wire.groupId)}
    plan, props, removed, values = kept(said)
    amount, remark = amount_in(values, plan.amount) if plan.amount and kind == "track" else (None, "")
    message = wire.messageId
    if message is None:
        message = "" if at is received_at else content_id(raw)
    elif not isinstance(message, str) or len(message) > NAME_LENGTH:
        raise Unusable("bad_message_id")
    traits = said if kind == IDENTIFY else NOTHING
    return Event(key, name, ids, at, props, plan, message, traits, removed, amount, remark)


def _unreadable(raw: msgspec.Raw, problem: Exception) -> str:
    if not bytes(raw).lstrip().startswith(b"{"):
        return "not_an_object"
    match problem:
        case UnicodeDecodeError():
            return "not_utf8"
        case RecursionError():
            return "too_deep"
        case _:  # it was found to be JSON before: what is left are numbers such as 1e999
            return "bad_number"


def event_key(name: Any) -> str:
    known = _names.get(name) if isinstance(name, str) else None
    if known is not None:
        return known
    if not isinstance(name, str) or not name.strip():
        raise Unusable("no_name")
    if len(name) > NAME_LENGTH or CONTROL.search(name):
        raise Unusable("bad_name")
    return _names.keep(name, track_key(name))


def _place(wire: Wire) -> dict[str, Any]:
    """The name of a page, under a word of its own: what people are called is never kept."""
    named = {"page": wire.name, "page_category": wire.category}
    return {key: value for key, value in named.items() if isinstance(value, str) and value}


def _ids(kind: str, wire: Wire, said: Mapping[str, Any]) -> Ids:
    if kind not in (IDENTIFY, ALIAS):
        return plain_ids(wire.userId, wire.anonymousId)
    if kind == ALIAS:
        before = (VISITOR, ident("previousId", wire.previousId))
        return (*[one for one in _named(wire.userId, wire.anonymousId) if one != before], before)
    found = [*plain_ids(wire.userId, wire.anonymousId)]
    for trait in (EMAIL, PHONE):
        value = said.get(trait)
        if isinstance(value, str) and value.strip():
            found.append((trait, ident(trait, value)))
    return tuple(dict.fromkeys(found))


def plain_ids(user: Any, visitor: Any) -> Ids:
    found = _named(user, visitor)
    if not found:
        raise Unusable("no_id")
    return tuple(found)


def _named(user: Any, visitor: Any) -> list[tuple[str, str]]:
    found = []
    if user is not None and user != "":
        found.append((USER, ident("userId", user)))
    if visitor is not None and visitor != "":
        found.append((VISITOR, ident("anonymousId", visitor)))
    return found


def ident(place: str, value: Any) -> str:
    if type(value) is str and value.isascii() and value.isprintable():  # as nearly all are
        text = value.strip()
        if 0 < len(text) <= ID_LENGTH and text.lower() not in NOBODY:
            return text
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unusable("bad_id", place)
    text = str(value).strip()
    if not text or len(text) > ID_LENGTH or CONTROL.search(text):
        raise Unusable("bad_id", place)
    if text.lower() in NOBODY:
        raise Unusable("id_of_nobody", place)
    return text


def _time(wire: Wire, sent_at: datetime | None, received_at: datetime) -> datetime:
    """When it happened by our clock: a device whose clock is wrong is wrong by as much when it sends."""
    said = wire.originalTimestamp if wire.originalTimestamp is not None else wire.timestamp
    if said is None:
        return received_at
    at = instant(said)
    sent = instant(wire.sentAt) if wire.sentAt is not None else sent_at
    if sent is not None:
        try:
            at += received_at - sent
        except OverflowError:
            raise Unusable("bad_time") from None
    if at - received_at > AHEAD:
        raise Unusable("ahead")
    if received_at - at > OLDEST:
        raise Unusable("too_old")
    return at if at < received_at else received_at


def instant(value: Any) -> datetime:
    if not isinstance(value, str) or len(value) > 40:
        raise Unusable("bad_time")
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is UTC:
            return at
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Unusable("bad_time") from None


def content_id(raw: msgspec.Raw) -> str:
    """For an event without an id that says when it happened: sent again, it is the same text."""
    return "content:" + hashlib.blake2b(memoryview(raw), digest_size=16).hexdigest()


def message_digests(source: int, messages: Iterable[str]) -> Iterator[bytes]:
    """Eight bytes by which each message of this source is known again; zeros for one without an id."""
    start = hashlib.blake2b(f"{source}|".encode(), digest_size=8).copy
    for message in messages:
        if message:
            hashed = start()
            hashed.update(message.encode())
            yield hashed.digest()
        else:
            yield NO_MESSAGE


# Properties


def plan_of(said: Mapping[str, Any]) -> Plan:
    shape = (*said, *[DATE if is_day(value) else type(value) for value in said.values()])
    plan = _plans.get(shape)
    return plan if plan is not None else _plans.keep(shape, _plan(said))


def kept(said: Mapping[str, Any]) -> tuple[Plan, bytes, tuple[str, ...], Mapping[str, Any]]:
    """The plan of these properties, their JSON, the names of what was personal, and what stays."""
    plan = plan_of(said)
    try:
        values = said if plan.as_sent else dict(zip(plan.words, said.values(), strict=True))
        removed: list[str] = []
        if plan.personal:
            values, removed = without_personal({key: one for key, one in values.items() if one is not None})
        text = _encode(values)
        if hinted(text):
            values, more = without_personal(values)
            text, removed = _encode(values), removed + more
        return plan, text, tuple(removed), values
    except (UnicodeError, RecursionError):
        raise Unusable("bad_properties") from None


def _plan(said: Mapping[str, Any]) -> Plan:
    words = tuple(word(name) for name in said)
    kinds = tuple((key, name, kind_of(key, value)) for key, (name, value) in zip(words, said.items(), strict=True))
    personal = any(key in NAMES or value is None for key, value in zip(words, said.values(), strict=True))
    amount = amount_named(dict(zip(words, said.values(), strict=True)))
    days = tuple(key for key, _name, kind in kinds if kind == DATE)
    return Plan(words, tuple(each for each in kinds if each[2]), words == tuple(said), personal, amount, days)


def kind_of(key: str, value: Any) -> str:
    if key in NAMES:
        return "personal"
    match value:
        case None:
            return ""
        case bool():
            return "flag"
        case int() | float():
            return "number"
        case str():
            return DATE if is_day(value) else "text"
        case _:
            return "nested"


def is_day(value: Any) -> bool:
    if not isinstance(value, str) or len(value) != 10 or value[4] != "-":
        return False
    try:
        return bool(datetime.strptime(value, "%Y-%m-%d"))
    except ValueError:
        return False


def trait_text(value: Any) -> str | None:
    """A trait in the text that a field of people takes; None for what no field can hold."""
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value)
        case float() if math.isfinite(value):
            return f"{value:f}".rstrip("0").rstrip(".")
        case str():
            return value.strip()[:200]
        case None:
            return ""
        case _:
            return None


def ids_of(raw: msgspec.Raw) -> Iterator[tuple[str, str]]:
    """What an event says of who it was, for finding those of one person again."""
    try:
        wire = _decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return
    pairs = [(USER, wire.userId), (VISITOR, wire.anonymousId), (VISITOR, wire.previousId)]
    if isinstance(wire.traits, dict):
        pairs += [(EMAIL, wire.traits.get(EMAIL)), (PHONE, wire.traits.get(PHONE))]
    for kind, value in pairs:
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            yield kind, str(value).strip()


def told(raw: msgspec.Raw) -> Any:
    """An event for the eye. Of one that was refused for a number or a byte in it, numbers are texts."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        pass
    try:
        return json.loads(bytes(raw).decode(errors="replace"), parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return {}
