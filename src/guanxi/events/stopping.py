"""Questions to the lake that can be stopped while they run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import duckdb
from django.db import connections

# Most questions are answered before anybody looks whether they are still wanted.
FIRST_LOOK_SECONDS = 1.5
EVERY_SECONDS = 0.3

Stop = Callable[[], bool]
_stop: ContextVar[Stop | None] = ContextVar("guanxi_lake_stop", default=None)


class Stopped(Exception):
    """The answer was not wanted any more."""


@contextmanager
def stoppable(stop: Stop) -> Iterator[None]:
    """Questions in this block end with Stopped soon after `stop()` says so; it is asked in a thread of its own."""
    token = _stop.set(stop)
    try:
        yield
    finally:
        _stop.reset(token)


@contextmanager
def watched(connection: Any) -> Iterator[None]:
    """A question on this connection of DuckDB. Raises Stopped."""
    stop = _stop.get()
    if stop is None:
        yield
        return
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(connection, stop, done), daemon=True)
    watcher.start()
    try:
        yield
    except duckdb.InterruptException:
        raise Stopped from None
    finally:
        done.set()
        watcher.join()


def _watch(connection: Any, stop: Stop, done: threading.Event) -> None:
    try:
        pause = FIRST_LOOK_SECONDS
        while not done.wait(pause):
            pause = EVERY_SECONDS
            if stop():
                connection.interrupt()
    finally:
        connections.close_all()
