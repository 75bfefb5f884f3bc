"""Requests refused at the door are counted for whoever connects a site. Who sends many of them costs little."""

from __future__ import annotations

import threading
import time
from datetime import datetime

from django.db import DatabaseError, connection

from guanxi.acquisition.models import TurnedAway
from guanxi.acquisition.queries import KnownKey
from guanxi.acquisition.rules import KEPT_FOR
from guanxi.kit import bulk, scope

NOTE = """
INSERT INTO acquisition_turnedaway AS held (workspace_id, source_id, code, count, first_at, last_at)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (source_id, code) DO UPDATE SET count = held.count + excluded.count, last_at = excluded.last_at
"""
# A process writes one row for the first that it refused, and one for all that followed in so many seconds.
SECONDS = 2.0
# Workspace, source and code.
Refused = tuple[int, int, str]
_lock = threading.Lock()
_quiet_until: dict[Refused, float] = {}
_waiting: dict[Refused, tuple[int, datetime]] = {}
"""How many, and when the last; a timer runs as long as something stands here."""


def note_turned_away(*, key: KnownKey, code: str, now: datetime) -> None:
    refused, moment = (key.workspace, key.source, code), time.monotonic()
    with _lock:
        if moment < _quiet_until.get(refused, 0.0):
            if not _waiting:
                timer = threading.Timer(SECONDS, _in_time)
                timer.daemon = True
                timer.start()
            _waiting[refused] = (_waiting.get(refused, (0, now))[0] + 1, now)
            return
        _quiet_until[refused] = moment + SECONDS
    _write(refused, 1, now)


def _in_time() -> None:
    try:
        write_waiting()
    finally:
        connection.close()


def write_waiting() -> None:
    with _lock:
        found = dict(_waiting)
        _waiting.clear()
    for refused, (count, at) in found.items():
        try:
            _write(refused, count, at)
        except DatabaseError:  # the source has gone, or the database does not answer: then nothing is taken either
            connection.close()


def _write(refused: Refused, count: int, at: datetime) -> None:
    workspace, source, code = refused
    with scope.workspace(workspace):
        bulk.told(NOTE, [workspace, source, code, count, at, at])


def forget_turned_away(*, now: datetime) -> int:
    dropped: int = TurnedAway.objects.filter(last_at__lt=now - KEPT_FOR).delete()[0]
    return dropped
