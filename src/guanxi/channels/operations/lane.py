"""One turn of the lane that sends, in one workspace."""

from __future__ import annotations

from datetime import datetime

from guanxi.channels.operations.claiming import claim, recover
from guanxi.channels.operations.delivering import deliver

BATCH = 100


def lane(*, now: datetime, limit: int = BATCH) -> bool:
    """Take back what a dead sender left, claim what is due, send it. Says whether there was anything to do."""
    recovered = recover(now=now)
    claimed = claim(limit=limit, now=now)
    if claimed.messages:
        deliver(messages=claimed.messages, now=now)
    return bool(recovered or claimed.messages or claimed.skipped)
