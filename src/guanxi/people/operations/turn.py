"""One at a time in a workspace decides which ids are whose and who is one with whom."""

from __future__ import annotations

from django.db import connection

from guanxi.kit import scope


def wait_for_turn() -> None:
    """Until the transaction ends. Asked for before any row of a person is held, so that nobody waits in a circle."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [_name()])


def turn_at_once() -> bool:
    """The turn, if nobody else has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [_name()])
        return bool(cursor.fetchone()[0])


def _name() -> str:
    return f"guanxi.link.{scope.current()}"
