"""The time. Doors and the worker's loops read it once and pass it on as `now=`; rules and operations are told."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from guanxi.kit import scope

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def microseconds(at: datetime) -> int:
    """Since 1970: how times travel by the thousand."""
    return (at - EPOCH) // MICROSECOND


def instant(text: str) -> datetime:
    """What a text of ours says (ISO 8601 with an offset), in UTC. Raises ValueError, also where the offset leads out of
    the calendar."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def wall() -> datetime:
    """The time on the wall, in UTC: sessions, leases, links that expire."""
    return timezone.now()


def now() -> datetime:
    """The time in the current workspace: the wall clock, except in a demo that has been played forward."""
    return timezone.now() + scope.clock_shift()
