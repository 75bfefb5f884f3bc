"""Connections that know the tables of a lake and wait for the next question: to open one and to show it the tables
takes longer than many an answer."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import ibis
import pyarrow as pa

from guanxi.events import engine
from guanxi.events.lake import TABLES, place

WAITING = 16
_lock = threading.Lock()


@dataclass(eq=False)
class Reader:
    """`of`: the lake that it knows, and no other; `shown`: the files of each of its tables; `lent`: tables of callers,
    which it gives up at the end."""

    backend: Any
    of: str
    shown: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lent: set[str] = field(default_factory=set)

    def show(self, name: str, paths: list[str]) -> None:
        files = tuple(paths)
        if self.shown.get(name) != files:
            self.shown.pop(name, None)
            engine.show(self.backend.con, name, paths, TABLES[name])
            self.shown[name] = files

    def lend(self, name: str, table: pa.Table) -> Any:
        self.backend.con.register(name, table)
        self.lent.add(name)
        return self.backend.table(name)


@contextmanager
def reader(workspace_id: int) -> Iterator[Reader]:
    """For one thread. After an error it is given up: what was asked may still run."""
    one = _taken(place(workspace_id, ""))
    try:
        yield one
        for name in one.lent:
            one.backend.con.unregister(name)
        one.lent.clear()
    except BaseException:
        one.backend.disconnect()
        raise
    with _lock:
        waiting = _waiting(os.getpid())
        waiting.append(one)
        old = waiting.pop(0) if len(waiting) > WAITING else None
    if old is not None:
        old.backend.disconnect()


def _taken(of: str) -> Reader:
    with _lock:
        waiting = _waiting(os.getpid())
        for one in reversed(waiting):
            if one.of == of:
                waiting.remove(one)
                return one
    return Reader(ibis.duckdb.from_connection(engine.connected()), of)


@cache
def _waiting(process: int) -> list[Reader]:
    """Those who wait longest first. A process that was forked off has none of its parent's."""
    return []
