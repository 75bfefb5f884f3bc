"""The workspace that the running code works for: the first lock (managers) and the second (row-level security)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.backends.signals import connection_created


class NoWorkspace(RuntimeError):
    """A workspace row was asked for outside `scope.workspace(...)`."""


@dataclass(frozen=True)
class Scope:
    workspace_id: int
    clock_shift: timedelta
    public_id: str = ""


_current: ContextVar[Scope | None] = ContextVar("guanxi_scope", default=None)


def current() -> int:
    scope = _current.get()
    if scope is None:
        raise NoWorkspace("This touches rows of a workspace; wrap it in scope.workspace(id).")
    return scope.workspace_id


def clock_shift() -> timedelta:
    scope = _current.get()
    return scope.clock_shift if scope else timedelta(0)


def public_id() -> str:
    """How log lines name the workspace; empty outside one."""
    scope = _current.get()
    return scope.public_id if scope else ""


@contextmanager
def workspace(workspace_id: int, clock_shift: timedelta = timedelta(0), public_id: str = "") -> Iterator[None]:
    """Everything inside reads and writes the rows of one workspace only.

    `clock_shift` moves `kit.clock.now()`: the demo workspace plays its year forward with it.
    """
    token = _current.set(Scope(workspace_id, clock_shift, public_id))
    _tell_database()
    try:
        yield
    finally:
        _current.reset(token)
        _tell_database()


def _tell_database() -> None:
    if connection.connection is None or connection.connection.closed:
        return
    if connection.in_atomic_block and connection.needs_rollback:
        # PostgreSQL refuses statements in a failed transaction; its rollback restores the setting that held before.
        return
    _set(connection)


def _set(target: Any) -> None:
    scope = _current.get()
    with target.cursor() as cursor:
        cursor.execute("SELECT set_config('guanxi.workspace', %s, false)", [str(scope.workspace_id) if scope else ""])


def _on_connect(sender: object, connection: Any, **kwargs: object) -> None:
    if connection.alias == "default" and _current.get() is not None:
        _set(connection)


connection_created.connect(_on_connect, dispatch_uid="guanxi.kit.scope")
