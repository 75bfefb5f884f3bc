"""One request becomes one sealed row, written to disk before it is answered."""

from __future__ import annotations

import time
from typing import Any

import psycopg
from django.db import OperationalError, connection

from guanxi.acquisition.queries import CODEC, GZIP, PLAIN, ZSTD, Full, KnownKey, place, waiting
from guanxi.kit import crypto, scope

TAKE = b"SELECT guanxi_take_batch(%s, %s, %s, %s, %s)"
SMALL = 400


# Asked again after so many seconds: in them a process takes what it can, which is far less than the room that is left.
LOOKED_FOR = 2.0
_rooms: dict[int, tuple[float, Full]] = {}


class NotTaken(Exception):
    """The key was stopped a moment ago."""


class NoRoom(Exception):
    """As much as is kept waits to be applied: `full` is source, workspace or disk."""

    def __init__(self, full: Full) -> None:
        super().__init__(full)
        self.full = full


def take(*, key: KnownKey, call: str, body: bytes, packed: bytes | None) -> None:
    """`body` is JSON; `packed` the same as it came by gzip, if it did. On disk when this returns. Raises NotTaken and
    NoRoom.

    One statement by the driver itself: the key is checked again by the function that writes the row, and no scope,
    transaction or health check costs a further round trip.
    """
    if full := _full(key):
        raise NoRoom(full)
    if packed is not None:
        kept = GZIP + packed
    elif len(body) > SMALL:
        kept = ZSTD + CODEC.compress(body, asbytes=True)
    else:
        kept = PLAIN + body
    sealed = crypto.seal_body(kept, workspace_id=key.workspace, place=place(key.source))
    row = _ask((key.source, key.hash, call, len(body), sealed))
    if row is None or row[0] is None:
        raise NotTaken


def _full(key: KnownKey) -> Full:
    at, full = _rooms.get(key.source, (0.0, ""))
    now = time.monotonic()
    if at == 0.0 or now - at > LOOKED_FOR:
        with scope.workspace(key.workspace):
            full = waiting(key.source).full
        _rooms[key.source] = (now, full)
    return full


def _ask(values: tuple[Any, ...]) -> Any:
    try:
        return _once(values)
    except (psycopg.OperationalError, psycopg.InterfaceError, OperationalError):
        # A connection that was idle may have gone with a restarted server. If the row was written all the same, its
        # events are known by their ids.
        if connection.in_atomic_block:
            raise
        connection.close()
        return _once(values)


def _once(values: tuple[Any, ...]) -> Any:
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(TAKE, values, prepare=True, binary=True).fetchone()
