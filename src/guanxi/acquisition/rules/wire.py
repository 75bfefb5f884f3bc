"""One event as it was sent, read into what it says; or the reason why it cannot be taken."""

import hashlib
import math
import re
from collections.abc import Iterator, Mapping
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
from guanxi.acquisition.rules.names import IDENTIFY, VISITS, track_key, word
from guanxi.acquisition.rules.personal import HINT, NAMES, without_personal

BATCH = "batch"
TYPES = frozenset({"track", "identify", "group", "page", "screen", "alias"})
USER, VISITOR, EMAIL, PHONE = "customer_number", "cookie", "email", "phone"
# What programs write when they mean nobody: thousands of strangers would become one person.
NOBODY = frozenset(
    {"null", "undefined", "none", "nil", "nan", "0", "-1", "anonymous", "guest", "unknown", "user", "test", "false"}
    | {"true", "n/a", "na", "[object object]"}
)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffd]")
# Escapes one after the other: a whole pair, half a pair or NUL (the group), any other.
_ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u(?:[dD][89a-fA-F][0-9a-fA-F]{2}|0000))|.)",
    re.DOTALL,
)


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
    sentAt: Any = None


@dataclass(frozen=True, slots=True)
class Plan:
    """How properties of one shape are kept: their words in order, and whether they can be written as they came."""

    words: tuple[str, ...]
    kinds: tuple[tuple[str, str, str], ...]
    """(word, name, kind) of each."""
    as_sent: bool
    personal: bool
    """Some name is personal, or some value is nothing: each is looked at."""


class Event(msgspec.Struct, gc=False):
    """`key` is empty for what only says who somebody is. `props` is JSON for the lake; `removed` are personal names.

    `batch` and `place` say where it came in, `call` whose it is; `hash` is of its message id, 0 without one.
    """

    key: str
    name: str
    ids: tuple[tuple[str, str], ...]
    at: datetime
    props: bytes
    plan: Plan
    message: str
    traits: Mapping[str, Any]
    removed: tuple[str, ...]
    batch: int = 0
    place: int = 0
    call: int = 0
    hash: int = 0


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Wire).decode
_open = msgspec.json.Decoder(_Envelope).decode
NOTHING: Mapping[str, Any] = {}
PLAIN = (str, type(None))
Key = TypeVar("Key")
Value = TypeVar("Value")


class _Memo(dict[Key, Value]):
    """What comes again and again, worked out once; emptied when too much came."""

    def keep(self, key: Key, value: Value) -> Value:
        if len(self) >= 50_000:
            self.clear()
        self[key] = value
        return value


_plans: _Memo[tuple[Any, ...], Plan] = _Memo()
_names: _Memo[str, str] = _Memo()
_known_ids: _Memo[tuple[Any, Any], tuple[tuple[str, str], ...]] = _Memo()


def events_in(body: bytes, call: str) -> tuple[list[msgspec.Raw], Any]:
    """The events of a request, still unread, and when it says that it was sent."""
    if b"\\u0000" in body:
        body = _mended(body)
    if call != BATCH:
        return [msgspec.Raw(body)], None
    try:
        opened = _open(body)
    except msgspec.DecodeError:
        opened = _open(_mended(body))
    return opened.batch, opened.sentAt


def _mended(body: bytes) -> bytes:
    """Half a character, as scripts cut texts, and NUL become U+FFFD: neither may cost what else came with it."""
    return _ESCAPES.sub(lambda found: b"\\ufffd" if found[1] else found[0], body)


def read(raw: msgspec.Raw, *, call: str, sent_at: Any, received_at: datetime) -> Event:
    """Raises Unusable. Times are on the wall."""
    if memoryview(raw).nbytes > EVENT_BYTES:
        raise Unusable("too_large")
    try:
        wire = _decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Unusable("not_an_object") from None
    kind = wire.type if call == BATCH else call
    if kind == "track":
        said, key, name = wire.properties, _track_key(wire.event), wire.event
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
    plan, props, removed = kept(said)
    message = wire.messageId
    if message is None:
        message = ""
    elif not isinstance(message, str) or len(message) > NAME_LENGTH:
        raise Unusable("bad_message_id")
    return Event(key, name, ids, at, props, plan, message, said if kind == IDENTIFY else NOTHING, removed)


def _track_key(name: Any) -> str:
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


def _ids(kind: str, wire: Wire, said: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    given = (wire.userId, wire.anonymousId)
    plain = kind not in (IDENTIFY, "alias") and type(given[0]) in PLAIN and type(given[1]) in PLAIN
    if plain and (known := _known_ids.get(given)) is not None:
        return known
    found = []
    if wire.userId is not None and wire.userId != "":
        found.append((USER, ident("userId", wire.userId)))
    if wire.anonymousId is not None and wire.anonymousId != "":
        found.append((VISITOR, ident("anonymousId", wire.anonymousId)))
    if kind == "alias":
        found.append((VISITOR, ident("previousId", wire.previousId)))
    if not found:
        raise Unusable("no_id")
    if kind == IDENTIFY:
        for trait in (EMAIL, PHONE):
            value = said.get(trait)
            if isinstance(value, str) and value.strip():
                found.append((trait, ident(trait, value)))
    ids = tuple(dict.fromkeys(found))
    return _known_ids.keep(given, ids) if plain else ids


def ident(place: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unusable("bad_id", place)
    text = str(value).strip()
    if not text or len(text) > ID_LENGTH or CONTROL.search(text):
        raise Unusable("bad_id", place)
    if text.lower() in NOBODY:
        raise Unusable("id_of_nobody", place)
    return text


def _time(wire: Wire, sent_at: Any, received_at: datetime) -> datetime:
    """When it happened by our clock: a device whose clock is wrong is wrong by as much when it sends."""
    said = wire.originalTimestamp if wire.originalTimestamp is not None else wire.timestamp
    if said is None:
        return received_at
    at = _instant(said)
    sent = wire.sentAt if wire.sentAt is not None else sent_at
    if sent is not None:
        at += received_at - _instant(sent)
    if at - received_at > AHEAD:
        raise Unusable("ahead")
    if received_at - at > OLDEST:
        raise Unusable("too_old")
    return at if at < received_at else received_at


def _instant(value: Any) -> datetime:
    if not isinstance(value, str) or len(value) > 40:
        raise Unusable("bad_time")
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is UTC:
            return at
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Unusable("bad_time") from None


def message_hash(source: int, message: str) -> int:
    """Never 0."""
    digest = hashlib.blake2b(f"{source}|{message}".encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1


# Properties


def kept(said: Mapping[str, Any]) -> tuple[Plan, bytes, tuple[str, ...]]:
    """The plan of these properties, their JSON, and the names of what was personal."""
    shape = (*said, *map(type, said.values()))
    plan = _plans.get(shape)
    if plan is None:
        plan = _plans.keep(shape, _plan(said))
    try:
        values = said if plan.as_sent else dict(zip(plan.words, said.values(), strict=True))
        removed: list[str] = []
        if plan.personal:
            values, removed = without_personal({key: one for key, one in values.items() if one is not None})
        text = _encode(values)
        if HINT.search(text):
            values, more = without_personal(values)
            text, removed = _encode(values), removed + more
        return plan, text, tuple(removed)
    except (UnicodeError, RecursionError):
        raise Unusable("bad_properties") from None


def _plan(said: Mapping[str, Any]) -> Plan:
    words = tuple(word(name) for name in said)
    kinds = tuple((key, name, kind_of(key, value)) for key, (name, value) in zip(words, said.items(), strict=True))
    personal = any(key in NAMES or value is None for key, value in zip(words, said.values(), strict=True))
    return Plan(words, tuple(each for each in kinds if each[2]), words == tuple(said), personal)


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
            return "date" if _is_day(value) else "text"
        case _:
            return "nested"


def _is_day(value: str) -> bool:
    if len(value) != 10 or value[4] != "-":
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
