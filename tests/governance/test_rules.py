"""How long one waits after wrong passwords."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some

from guanxi.governance.rules import ACCOUNT_LIMIT, ADDRESS_LIMIT, wait

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
SECONDS = some.integers(min_value=0, max_value=7200)


def ago(*minutes: float) -> list[datetime]:
    return [NOW - timedelta(minutes=one) for one in minutes]


def minutes(failures: list[datetime]) -> float:
    return wait(failures, ACCOUNT_LIMIT, NOW) / timedelta(minutes=1)


def test_four_wrong_passwords_cost_no_time_and_each_one_more_doubles_the_wait() -> None:
    assert [minutes(ago(*[0] * count)) for count in (0, 4, 5, 6, 7, 8, 9, 10)] == [0, 0, 1, 2, 4, 8, 15, 15]


def test_the_wait_runs_from_the_last_failure_and_old_failures_do_not_count() -> None:
    assert minutes(ago(0.75, 1, 1, 1, 1)) == 0.25
    assert minutes(ago(2, 2, 2, 2, 2)) == 0
    assert minutes(ago(0, 0, 0, 0, 15)) == 0


def test_an_address_may_fail_fifty_times_an_hour() -> None:
    assert wait(ago(*[0] * 49), ADDRESS_LIMIT, NOW) == timedelta(0)
    assert wait(ago(*[0] * 50), ADDRESS_LIMIT, NOW) == timedelta(minutes=1)
    assert wait(ago(*[0] * 90), ADDRESS_LIMIT, NOW) == timedelta(hours=1)


@given(some.lists(SECONDS, max_size=80))
def test_nobody_waits_longer_than_the_window(seconds: list[int]) -> None:
    failures = [NOW - timedelta(seconds=one) for one in seconds]
    for limit in (ACCOUNT_LIMIT, ADDRESS_LIMIT):
        assert timedelta(0) <= wait(failures, limit, NOW) <= limit.window
