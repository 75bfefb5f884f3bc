"""Requests refused at the door are counted for whoever connects a site. Who sends many of them costs little."""

from __future__ import annotations

import time
from datetime import datetime

from guanxi.acquisition.models import TurnedAway
from guanxi.acquisition.queries import KnownKey
from guanxi.acquisition.rules import KEPT_FOR
from guanxi.kit import bulk, scope

NOTE = """
INSERT INTO acquisition_turnedaway AS held (workspace_id, source_id, code, count, first_at, last_at)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (source_id, code) DO UPDATE SET count = held.count + excluded.count, last_at = excluded.last_at
"""
# A process writes one row for all that it refused in so many seconds.
SECONDS = 2.0
_counted: dict[tuple[int, str], tuple[float, int]] = {}


def note_turned_away(*, key: KnownKey, code: str, now: datetime) -> None:
    at, waiting = _counted.get((key.source, code), (0.0, 0))
    moment = time.monotonic()
    if at and moment - at < SECONDS:
        _counted[key.source, code] = (at, waiting + 1)
        return
    _counted[key.source, code] = (moment, 0)
    with scope.workspace(key.workspace):
        bulk.told(NOTE, [key.workspace, key.source, code, waiting + 1, now, now])


def forget_turned_away(*, now: datetime) -> int:
    dropped: int = TurnedAway.objects.filter(last_at__lt=now - KEPT_FOR).delete()[0]
    return dropped
