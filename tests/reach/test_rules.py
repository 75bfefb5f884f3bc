"""The figures of the result page against a calculation by hand."""

from __future__ import annotations

import statistics
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.reach.rules import LEAST_BUYERS, LEAST_PEOPLE, Arm, effect, student_t, watched_until


def arm(amounts: list[int]) -> Arm:
    return Arm(
        people=len(amounts),
        buyers=sum(amount != 0 for amount in amounts),
        total_minor=sum(amounts),
        squares=sum(amount * amount for amount in amounts),
    )


# Column t.975 of the table in NIST/SEMATECH's e-Handbook of Statistical Methods, 1.3.6.7.2
@pytest.mark.parametrize(
    ("freedom", "quantile"), [(29, 2.045), (30, 2.042), (40, 2.021), (60, 2.000), (100, 1.984), (1e9, 1.960)]
)
def test_the_quantile_of_t_is_that_of_the_tables(freedom: float, quantile: float) -> None:
    assert round(student_t(0.975, freedom), 3) == quantile


def test_the_interval_is_welchs() -> None:
    # Means 100 and 50, variances 10,000 * 40/39 and 2,500 * 40/39, so each standard error comes from one division:
    # 256.41 + 64.10 = 320.51, whose root is 17.903; degrees of freedom 320.51² / ((256.41² + 64.10²) / 39) = 57.35,
    # t = 2.0022, half the interval 35.85.
    reached, held_out = arm([0, 200] * 20), arm([0, 100] * 20)
    found = effect(reached, held_out)
    assert found is not None
    assert (found.difference_minor, found.low_minor, found.high_minor) == (50, 14, 86)
    assert found.certain


def test_an_interval_around_zero_is_not_certain() -> None:
    found = effect(arm([0, 200] * 20), arm([0, 180] * 20))
    assert found is not None
    assert found.low_minor < 0 < found.high_minor
    assert not found.certain


def test_too_few_people_or_buyers_give_no_interval() -> None:
    plenty = arm([0, 200] * 20)
    assert effect(arm([200] * (LEAST_PEOPLE - 1)), plenty) is None
    assert effect(plenty, arm([200] * (LEAST_PEOPLE - 1))) is None
    few = arm([100] * (LEAST_BUYERS - 1) + [0] * 90)
    assert effect(few, arm([0] * 40)) is None
    assert effect(few, arm([100] + [0] * 40)) is not None


@given(st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=50))
def test_the_variance_is_that_of_the_sample(amounts: list[int]) -> None:
    assert arm(amounts).variance == pytest.approx(statistics.variance(amounts), rel=1e-9, abs=1e-9)


def test_equal_arms_without_spread_differ_by_exactly_nothing() -> None:
    found = effect(arm([100] * 40), arm([100] * 40))
    assert found is not None
    assert (found.difference_minor, found.low_minor, found.high_minor) == (0, 0, 0)


def test_sales_are_watched_for_two_weeks_at_most(now: datetime) -> None:
    assert watched_until(now, now + timedelta(days=3)) == now + timedelta(days=3)
    assert watched_until(now, now + timedelta(days=30)) == now + timedelta(days=14)
