"""The time. Doors and the worker's loops read it once and pass it on as `now=`; rules and operations are told."""

from datetime import datetime

from django.utils import timezone

from guanxi.kit import scope


def wall() -> datetime:
    """The time on the wall, in UTC: sessions, leases, links that expire."""
    return timezone.now()


def now() -> datetime:
    """The time in the current workspace: the wall clock, except in a demo that has been played forward."""
    return timezone.now() + scope.clock_shift()
