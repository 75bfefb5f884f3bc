"""Days of a place: the same days that a calendar on the wall of the shop shows."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.audiences.rules import (
    Between,
    Ever,
    Falls,
    InMonth,
    LastDays,
    MonthsAhead,
    NextDays,
    RuleError,
    Since,
    days_of_year,
    local_midnight,
    offsets,
    window_bounds,
)

ZONES = sorted(available_timezones())
DAYS = st.dates(date(1971, 1, 1), date(2040, 1, 1))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("now", "zone", "days", "bounds"),
    [
        (utc(2026, 11, 20, 9), "UTC", 1, (utc(2026, 11, 20), utc(2026, 11, 21))),
        (utc(2026, 11, 20, 17), "Asia/Shanghai", 2, (utc(2026, 11, 19, 16), utc(2026, 11, 21, 16))),
        # New York: summer time ends on 1 November 2026, that day has 25 hours.
        (utc(2026, 11, 1, 12), "America/New_York", 1, (utc(2026, 11, 1, 4), utc(2026, 11, 2, 5))),
        (utc(2026, 11, 2, 4, 59), "America/New_York", 1, (utc(2026, 11, 1, 4), utc(2026, 11, 2, 5))),
        (utc(2026, 11, 2, 5), "America/New_York", 1, (utc(2026, 11, 2, 5), utc(2026, 11, 3, 5))),
        # It begins on 8 March 2026, that day has 23.
        (utc(2026, 3, 8, 12), "America/New_York", 7, (utc(2026, 3, 2, 5), utc(2026, 3, 9, 4))),
        # Beirut skips midnight itself: 29 March 2026 begins at one o'clock.
        (utc(2026, 3, 29, 12), "Asia/Beirut", 1, (utc(2026, 3, 28, 22), utc(2026, 3, 29, 21))),
        # Lord Howe moves by half an hour.
        (utc(2026, 4, 5, 0), "Australia/Lord_Howe", 1, (utc(2026, 4, 4, 13), utc(2026, 4, 5, 13, 30))),
    ],
)
def test_last_days_are_calendar_days_that_end_with_today(
    now: datetime, zone: str, days: int, bounds: tuple[datetime, datetime]
) -> None:
    assert window_bounds(LastDays(days=days), now, zone) == bounds


def test_samoa_had_no_30_december_2011() -> None:
    assert local_midnight(date(2011, 12, 30), "Pacific/Apia") == local_midnight(date(2011, 12, 31), "Pacific/Apia")


def test_since_has_no_end_between_includes_both_days_and_ever_has_no_edge() -> None:
    now, zone = utc(2026, 11, 20), "Asia/Seoul"
    first, last = date(2026, 1, 1), date(2026, 1, 31)
    assert window_bounds(Since(date=first), now, zone) == (utc(2025, 12, 31, 15), None)
    assert window_bounds(Between(first=first, last=last), now, zone) == (utc(2025, 12, 31, 15), utc(2026, 1, 31, 15))
    assert window_bounds(Ever(), now, zone) == (None, None)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "Asia/Shanghai\0", "asia/shanghai", "+08:00"])
def test_a_zone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(RuleError) as refused:
        window_bounds(LastDays(days=1), utc(2026, 1, 1), zone)
    assert refused.value.code == "unknown_zone"


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ZONES), DAYS)
def test_a_day_begins_at_the_first_instant_that_a_wall_clock_shows_it(zone: str, day: date) -> None:
    place, begins = ZoneInfo(zone), local_midnight(day, zone)
    assert begins.astimezone(place).date() >= day
    assert (begins - timedelta(seconds=1)).astimezone(place).date() < day


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ZONES), st.datetimes(datetime(1971, 1, 1), datetime(2040, 1, 1)), st.integers(1, 400))
def test_the_offsets_of_a_window_are_those_of_every_instant_in_it(zone: str, wall: datetime, hours: int) -> None:
    at = wall.replace(tzinfo=UTC)
    start, end = at - timedelta(hours=hours), at + timedelta(hours=hours)
    for instant in (start, at, end - timedelta(microseconds=1)):
        stretch = [offset for since, offset in offsets(start, end, at, zone) if since <= instant]
        assert stretch[-1] == instant.astimezone(ZoneInfo(zone)).utcoffset()


@pytest.mark.parametrize(
    ("falls", "now", "stretches"),
    [
        (InMonth(month=2), utc(2026, 5, 1), [("02-01", "02-31")]),
        (InMonth(month=2, day=29), utc(2026, 5, 1), [("02-29", "02-29")]),
        (MonthsAhead(months=0), utc(2026, 12, 31, 15), [("12-01", "12-31")]),
        # It is January already in Shanghai.
        (MonthsAhead(months=0), utc(2026, 12, 31, 16), [("01-01", "01-31")]),
        (MonthsAhead(months=1), utc(2026, 12, 31, 15), [("01-01", "01-31")]),
        (NextDays(days=1), utc(2026, 12, 31, 15), [("12-31", "12-31")]),
        (NextDays(days=7), utc(2026, 12, 30), [("12-30", "12-31"), ("01-01", "01-05")]),
        (NextDays(days=366), utc(2026, 12, 30), [("12-30", "12-31"), ("01-01", "12-30")]),
        # 2027 has no 29 February: who was born on it has the 28th. 2028 has one.
        (NextDays(days=1), utc(2027, 2, 28), [("02-28", "02-29")]),
        (NextDays(days=2), utc(2027, 2, 28), [("02-28", "03-01")]),
        (NextDays(days=1), utc(2027, 3, 1), [("03-01", "03-01")]),
        (NextDays(days=1), utc(2028, 2, 28), [("02-28", "02-28")]),
        (NextDays(days=1), utc(2028, 2, 29), [("02-29", "02-29")]),
    ],
)
def test_a_day_comes_round_every_year_by_the_calendar_of_the_place(
    falls: Falls, now: datetime, stretches: list[tuple[str, str]]
) -> None:
    assert days_of_year(falls, now, "Asia/Shanghai") == stretches
