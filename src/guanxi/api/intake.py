"""Where sites, shops and apps send what happened, in the words of Segment's packages: `/v1/batch`, `/v1/track` …

A request is checked for its key, its size and its JSON, becomes one row, and is answered. What its events are worth is
found out later. Nothing else of the house stands before this door: no cookie, session or language counts here.
"""

from __future__ import annotations

import base64
import binascii
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.conf import settings as django_settings
from django.core.exceptions import DisallowedHost
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse

from guanxi.acquisition import operations as acquisition
from guanxi.acquisition import queries
from guanxi.acquisition.operations import NoRoom, NotTaken
from guanxi.acquisition.queries import BODY_BYTES, KnownKey
from guanxi.kit import clock

HERE = "/v1/"
BATCH = "batch"
CALLS = {name: name for name in (BATCH, "track", "identify", "group", "page", "screen", "alias")}
# How Segment's package for browsers shortens them.
CALLS |= {name[0]: name for name in CALLS}
SCRIPT = HERE + queries.WEB_SCRIPT
JSON = "application/json"
DONE = b'{"success":true}'
# A key is looked up anew after so many seconds; whether it still works is checked with every row.
KNOWN_FOR = 5.0
KNOWN_AT_MOST = 4_000
LET_PASS = 16 * 1024**2
"""So much of a body that is too large is read and forgotten, but for its key."""
_known: dict[str, tuple[float, KnownKey]] = {}


class Envelope(msgspec.Struct):
    """What the door reads of a body. The events inside stay as they are: `Raw` only checks that they are JSON."""

    writeKey: Any = None
    batch: list[msgspec.Raw] | None = None


_decode = msgspec.json.Decoder(Envelope).decode
_encode = msgspec.json.Encoder().encode
UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


class Refusal(Exception):
    """`given` is the key that the body named, whatever it may be: of a body that cannot be read, the one that was found
    in it."""

    def __init__(self, status: int, code: str, said: str, given: Any = None) -> None:
        super().__init__(code)
        self.status, self.code, self.said, self.given = status, code, said, given


BAD_JSON = "The body is not JSON as UTF-8. Send an object, with the header Content-Type: application/json."
NO_BATCH = "The body needs “batch”: a list of events, each an object."
TOO_LARGE = "At most 500 KB fit into one request, unpacked. Send the events in smaller batches."
BAD_GZIP = "The body says that it is gzip and cannot be unpacked."
NO_KEY = "Send the write key as the user name of Basic authentication, or as “writeKey” in the body."
BAD_KEY = "The write key is not known, or its source was stopped. Copy the key that the source's page shows."
BAD_ORIGIN = "Pages of this address may not use this write key. Add the address to the source's list of pages."
TOO_MUCH_WAITS = "More of this source waits to be applied than is kept. Nothing was taken: send it again in a minute."
NO_ROOM = "There is no room for more at the moment. Nothing was taken: send it again in a minute."
NO_LENGTH = "Say how long the body is: the header Content-Length is missing."


def early(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Outermost of all: events do not pass through what pages need."""

    def middleware(request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if not path.startswith(HERE):
            return answer(request)
        if path.startswith("/v1/projects/") and path.endswith("/settings") and path.count("/") == 4:
            return settings(request, path.split("/")[3])
        if path == SCRIPT:
            return script(request)
        return door(request, path[len(HERE) :])

    return middleware


def door(request: HttpRequest, call: str) -> HttpResponse:
    origin = request.META.get("HTTP_ORIGIN", "")
    name = CALLS.get(call)
    try:
        if name is None:
            raise Refusal(404, "not_found", "There are batch, track, identify, group, page, screen and alias.")
        if request.method == "OPTIONS":
            return _preflight(origin)
        if request.method != "POST":
            raise Refusal(405, "not_allowed", "Send events by POST.")
        _take(request, name, origin)
    except Refusal as refusal:
        _note(request, refusal)
        return _refused(refusal, origin)
    except DatabaseError:
        connection.close()
        said = "The database does not answer. Nothing was taken: send it again in a moment."
        return _refused(Refusal(503, "try_again", said), origin)
    return _open_to(origin, HttpResponse(DONE, content_type=JSON))


door.access = "a write key"  # type: ignore[attr-defined]


def _take(request: HttpRequest, name: str, origin: str) -> None:
    body, packed = _body(request)
    try:
        envelope = _decode(body)
    except UNREADABLE:
        body, packed = queries.mended(body), None
        envelope = _envelope(body, name)
    if name == BATCH and envelope.batch is None:
        raise Refusal(400, "no_batch", NO_BATCH, envelope.writeKey)
    key = _key(request, envelope)
    if origin and (key.origins is None or origin not in key.origins):
        raise Refusal(403, "bad_origin", BAD_ORIGIN, envelope.writeKey)
    try:
        acquisition.take(key=key, call=name, body=body, packed=packed)
    except NotTaken:
        _known.clear()
        raise Refusal(401, "bad_key", BAD_KEY, envelope.writeKey) from None
    except NoRoom as no_room:
        raise _come_again(no_room) from None


def _envelope(body: bytes, name: str) -> Envelope:
    try:
        return _decode(body)
    except msgspec.ValidationError:
        bad = ("no_batch", NO_BATCH) if name == BATCH else ("bad_json", BAD_JSON)
        raise Refusal(400, *bad, queries.key_in([body])) from None
    except UNREADABLE:
        raise Refusal(400, "bad_json", BAD_JSON, queries.key_in([body])) from None


def _note(request: HttpRequest, refusal: Refusal) -> None:
    """For the source's page. What comes with a key that never was belongs to no workspace: nobody is told of it."""
    if refusal.status not in (400, 401, 403, 411, 413):
        return
    given = _user_name(request.META.get("HTTP_AUTHORIZATION", "")) or refusal.given
    try:
        find = queries.source_of_spent_key if refusal.code == "bad_key" else known
        key = find(given) if given and isinstance(given, str) else None
        if key is not None:
            acquisition.note_turned_away(key=key, code=refusal.code, now=clock.wall())
    except DatabaseError:
        connection.close()


def _come_again(no_room: NoRoom) -> Refusal:
    if no_room.full == "source":
        return Refusal(429, "too_much_waits", TOO_MUCH_WAITS)
    return Refusal(503, "no_room", NO_ROOM)


def _body(request: HttpRequest) -> tuple[bytes, bytes | None]:
    """The JSON, and what came if that was gzip."""
    given = request.META.get("CONTENT_LENGTH") or ""
    if not given.isdecimal():
        raise Refusal(411, "no_length", NO_LENGTH)
    if int(given) > BODY_BYTES:
        raise Refusal(413, "too_large", TOO_LARGE, queries.key_in(_passing(request, int(given))))
    came = request.read()
    if request.META.get("HTTP_CONTENT_ENCODING", "").lower() != "gzip":
        return came, None
    unpacking = zlib.decompressobj(31)
    try:
        body = unpacking.decompress(came, BODY_BYTES + 1)
    except zlib.error:  # often it is JSON, and only its header lies
        raise Refusal(400, "bad_gzip", BAD_GZIP, queries.key_in([came])) from None
    if len(body) > BODY_BYTES:
        raise Refusal(413, "too_large", TOO_LARGE, queries.key_in([body]))
    if not unpacking.eof or unpacking.unused_data:
        raise Refusal(400, "bad_gzip", BAD_GZIP, queries.key_in([body]))
    return body, came


def _passing(request: HttpRequest, size: int) -> Iterator[bytes]:
    """Who is cut off in the middle of sending hears a broken connection instead of the reason, and sends it again."""
    while 0 < size <= LET_PASS and (part := request.read(65_536)):
        yield part


def _key(request: HttpRequest, envelope: Envelope) -> KnownKey:
    given = _user_name(request.META.get("HTTP_AUTHORIZATION", "")) or envelope.writeKey
    if not given or not isinstance(given, str):
        raise Refusal(401, "no_key", NO_KEY)
    found = known(given)
    if found is None:
        raise Refusal(401, "bad_key", BAD_KEY, given)
    return found


def _user_name(header: str) -> str:
    scheme, _space, rest = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def known(given: str) -> KnownKey | None:
    now = time.monotonic()
    at, found = _known.get(given, (0.0, None))
    if found is not None and now - at < KNOWN_FOR:
        return found
    found = queries.source_of_key(given)
    if found is not None:
        if len(_known) >= KNOWN_AT_MOST:
            _known.clear()
        _known[given] = (now, found)
    return found


def settings(request: HttpRequest, key: str) -> HttpResponse:
    """What Segment's package for browsers asks before it sends: where to, and that nothing else is to be loaded."""
    origin = request.META.get("HTTP_ORIGIN", "")
    if request.method not in ("GET", "HEAD"):
        return _refused(Refusal(405, "not_allowed", "Ask by GET."), origin)
    if known(key) is None:
        return _refused(Refusal(404, "bad_key", BAD_KEY), origin)
    scheme, host = ("https" if request.is_secure() else "http"), _host(request)
    said = {
        "integrations": {"Segment.io": {"apiKey": key, "apiHost": f"{host}/v1", "protocol": scheme}},
        "plan": {"track": {"__default": {"enabled": True}}, "identify": {"__default": {"enabled": True}}},
        "metrics": {"sampleRate": 0},
    }
    return _open_to(origin, HttpResponse(_encode(said), content_type=JSON))


def _host(request: HttpRequest) -> str:
    """Where it was asked, if that is a place of ours: else a stranger's name would be told as where to send."""
    try:
        return request.get_host()
    except DisallowedHost:
        return urlsplit(django_settings.BASE_URL).netloc


settings.access = "a write key"  # type: ignore[attr-defined]


def script(request: HttpRequest) -> HttpResponse:
    """What a site's pages load. Its name changes with it, so it may be kept for long."""
    said = HttpResponse(queries.web_script(), content_type="text/javascript; charset=utf-8")
    said.headers["Cache-Control"] = "public, max-age=86400"
    said.headers["X-Content-Type-Options"] = "nosniff"
    said.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return _open_to(request.META.get("HTTP_ORIGIN", ""), said)


script.access = "anyone"  # type: ignore[attr-defined]


def _preflight(origin: str) -> HttpResponse:
    """A browser asks before it sends JSON; which key it will use, it does not say yet."""
    said = HttpResponse(status=204)
    said.headers["Access-Control-Allow-Methods"] = "POST"
    said.headers["Access-Control-Allow-Headers"] = "authorization, content-type, content-encoding"
    said.headers["Access-Control-Max-Age"] = "86400"
    return _open_to(origin, said)


def _refused(refusal: Refusal, origin: str) -> HttpResponse:
    body = _encode({"success": False, "code": refusal.code, "message": refusal.said})
    said = HttpResponse(body, status=refusal.status, content_type=JSON)
    if refusal.status == 405:
        said.headers["Allow"] = "POST, OPTIONS"
    if refusal.status == 401 and not origin:  # a browser would ask its user for a password
        said.headers["WWW-Authenticate"] = 'Basic realm="guanxi"'
    if refusal.status in (429, 503):
        said.headers["Retry-After"] = "5" if refusal.code == "try_again" else "60"
    return _open_to(origin, said)


def _open_to(origin: str, said: HttpResponse) -> HttpResponse:
    """Every page may read the answer, which says nothing of anybody; cookies play no part."""
    said.headers["Content-Length"] = str(len(said.content))
    if origin:
        said.headers["Access-Control-Allow-Origin"] = origin
        said.headers["Vary"] = "Origin"
    return said
