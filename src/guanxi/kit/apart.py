"""Work at one row of many: what goes wrong there is logged, and the others go on. A lost database is everybody's."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import Error, connection

log = logging.getLogger(__name__)

WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=8))


@dataclass
class Work:
    """`problem` is the kind of error, for whoever looks at the row; empty while nothing went wrong."""

    problem: str = ""


@contextmanager
def apart(what: str, row: object) -> Iterator[Work]:
    """Whatever is written inside must be a transaction of its own."""
    work = Work()
    try:
        yield work
    except Exception as error:
        if is_lost(error):
            raise
        work.problem = type(error).__name__[:80]
        log.exception("%s %s failed", what, row)


def is_lost(error: Exception) -> bool:
    """Whether it is the connection that failed, and not what was asked of it."""
    return isinstance(error, Error) and not connection.is_usable()


def next_try(*, attempts: int, now: datetime) -> datetime | None:
    """When to try again after so many attempts; None when it has been enough."""
    return now + WAITS[attempts - 1] if attempts <= len(WAITS) else None
