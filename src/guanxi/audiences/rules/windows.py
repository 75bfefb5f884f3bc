"""Calendar days of a place as instants."""

from calendar import isleap
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from guanxi.audiences.rules.errors import RuleError
from guanxi.audiences.rules.spans import (
    Before,
    Between,
    DaysAgo,
    Ever,
    Falls,
    InMonth,
    LastDays,
    MonthsAhead,
    NextDays,
    Since,
    Window,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    if name not in _names():
        raise RuleError("", "unknown_zone", f"There is no time zone {name!r}.", {"zone": name})
    return ZoneInfo(name)


def local_midnight(day: date, zone: str) -> datetime:
    """The instant at which `day` begins in `zone`; where the clocks skip midnight, the instant of the skip."""
    place = zone_of(zone)
    wall = datetime(day.year, day.month, day.day)
    earlier, later = sorted(wall.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1))
    if earlier.astimezone(place).replace(tzinfo=None) == wall:
        return earlier
    return _change(earlier, later, place)


def _change(low: datetime, high: datetime, place: ZoneInfo) -> datetime:
    """The second in (low, high] at which the offset becomes that of `high`."""
    new = high.astimezone(place).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        low, high = (low, middle) if middle.astimezone(place).utcoffset() == new else (middle, high)
    return high


def window_bounds(window: Window, now: datetime, zone: str) -> tuple[datetime | None, datetime | None]:
    """The half-open stretch [start, end) in UTC; None where the window has no edge."""
    match window:
        case Ever():
            return None, None
        case LastDays(days=days):
            today = now.astimezone(zone_of(zone)).date()
            first, after = today - timedelta(days=days - 1), today + timedelta(days=1)
            return local_midnight(first, zone), local_midnight(after, zone)
        case DaysAgo(least=least, most=most):
            today = now.astimezone(zone_of(zone)).date()
            first_day = None if most is None else local_midnight(today - timedelta(days=most), zone)
            return first_day, local_midnight(today - timedelta(days=least - 1), zone)
        case Since(date=first):
            return local_midnight(first, zone), None
        case Before(date=after):
            return None, local_midnight(after, zone)
        case Between(first=first, last=last):
            return local_midnight(first, zone), local_midnight(last + timedelta(days=1), zone)


def days_of_year(falls: Falls, now: datetime, zone: str) -> list[tuple[str, str]]:
    """Stretches of the year, each with its first and last day as `MM-DD`."""
    today = now.astimezone(zone_of(zone)).date()
    match falls:
        case InMonth(month=month, day=None):
            return [_month(month)]
        case InMonth(month=month, day=day):
            return [(f"{month:02}-{day:02}", f"{month:02}-{day:02}")]
        case MonthsAhead(months=months):
            return [_month((today.month - 1 + months) % 12 + 1)]
        case NextDays(days=days):
            last = today + timedelta(days=days - 1)
            if last.year == today.year:
                return [(f"{today:%m-%d}", _end(last))]
            return [(f"{today:%m-%d}", "12-31"), ("01-01", _end(last))]


def _month(month: int) -> tuple[str, str]:
    return f"{month:02}-01", f"{month:02}-31"


def _end(last: date) -> str:
    """With 29 February on the day before, where the year has none."""
    said = f"{last:%m-%d}"
    return "02-29" if said == "02-28" and not isleap(last.year) else said


@lru_cache(maxsize=64)
def _changes(zone: str, last_year: int) -> tuple[tuple[datetime, timedelta], ...]:
    """(instant, offset from then on) since 1970, oldest first."""
    place = zone_of(zone)
    at, offset = EPOCH, EPOCH.astimezone(place).utcoffset() or timedelta()
    found = [(at, offset)]
    while at.year <= last_year:
        after = at + timedelta(days=1)
        new = after.astimezone(place).utcoffset() or timedelta()
        if new != offset:
            found.append((_change(at, after, place), new))
        at, offset = after, new
    return tuple(found)


def offsets(
    start: datetime | None, end: datetime | None, now: datetime, zone: str
) -> tuple[tuple[datetime, timedelta], ...]:
    """(instant, offset from UTC from then on) for every stretch of [start, end) with one offset, oldest first.

    An open start means 1970, an open end the year after `now`: before and after, the nearest offset is taken.
    """
    changes = _changes(zone, (end or now).year + 1)
    first = max((index for index, (since, _) in enumerate(changes) if start and since <= start), default=0)
    return tuple(change for change in changes[first:] if end is None or change[0] < end)
