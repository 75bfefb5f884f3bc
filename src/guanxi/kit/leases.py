"""Rows that one worker holds for a while.

A lease says how long a row is somebody's. Its holder is the number of the database session that took it: once that
session is gone its process was killed or cut off, and nobody has to wait for the lease to end. A number that another
session has got meanwhile only means that the lease is waited for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.models import Func, IntegerField, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from guanxi.kit import scope

SESSIONS = "SELECT pid FROM pg_stat_activity"


class ThisSession(Func):
    """The holder to write beside `lease_until`."""

    function = "pg_backend_pid"
    arity = 0
    output_field = IntegerField()


def free() -> Q:
    """Rows with `lease_until` and `holder` that nobody holds, by the database's clock."""
    gone = Q(holder__isnull=False) & ~Q(holder__in=RawSQL(SESSIONS, []))  # noqa: S611
    return Q(lease_until=None) | Q(lease_until__lt=Now()) | gone


@contextmanager
def only_one(name: str) -> Iterator[bool]:
    """Whether this is the one session that does `name` in the workspace now; a session that ends lets go by itself."""
    key = f"guanxi.{name}.{scope.current()}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key])
        alone = bool(cursor.fetchone()[0])
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])
