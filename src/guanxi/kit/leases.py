"""Rows that one worker holds for a while.

A lease says how long a row is somebody's. Its holder is the number of the database session that took it: once that
session is gone its process was killed or cut off, and nobody has to wait for the lease to end. A number that another
session has got meanwhile only means that the lease is waited for.
"""

from __future__ import annotations

from django.db.models import Func, IntegerField, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

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
