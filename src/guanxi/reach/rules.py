"""What may happen to a broadcast, and whether it sold anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from statistics import NormalDist

WATCHED = timedelta(days=14)
# Below 30 a mean of skewed amounts is not near enough to normal for a t interval (the usual rule for the central limit
# theorem). Most people buy nothing in two weeks, so what counts is how many bought: with fewer than 10 the spread is
# itself a guess (the usual n·p ≥ 10 for rare events), and the interval would look surer than it is.
LEAST_PEOPLE = 30
LEAST_BUYERS = 10
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Arm:
    """One side of the comparison, in minor units: the sum of what each person spent, and the sum of its squares."""

    people: int
    buyers: int
    total_minor: int
    squares: int

    @property
    def mean(self) -> float:
        return self.total_minor / self.people

    @property
    def variance(self) -> float:
        """Of the sample; exact in whole numbers up to the division."""
        return (self.squares * self.people - self.total_minor**2) / (self.people * (self.people - 1))


@dataclass(frozen=True, slots=True)
class Effect:
    """What a reached person spent more than a held-out one, in minor units, with its 95 % interval."""

    difference_minor: int
    low_minor: int
    high_minor: int

    @property
    def certain(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low_minor > 0 or self.high_minor < 0


def effect(reached: Arm, held_out: Arm) -> Effect | None:
    """The difference of means with Welch's interval; None while there are not enough people.

    B. L. Welch, "The generalization of Student's problem when several different population variances are involved",
    Biometrika 34 (1947) 28-35; degrees of freedom by F. E. Satterthwaite, Biometrics Bulletin 2 (1946) 110-114.
    """
    if not enough(reached, held_out):
        return None
    one, other = reached.variance / reached.people, held_out.variance / held_out.people
    difference = reached.mean - held_out.mean
    if one + other == 0:
        return Effect(round(difference), round(difference), round(difference))
    freedom = (one + other) ** 2 / (one**2 / (reached.people - 1) + other**2 / (held_out.people - 1))
    reach = student_t(0.5 + CONFIDENCE / 2, freedom) * sqrt(one + other)
    return Effect(round(difference), round(difference - reach), round(difference + reach))


def enough(reached: Arm, held_out: Arm) -> bool:
    return min(reached.people, held_out.people) >= LEAST_PEOPLE and reached.buyers + held_out.buyers >= LEAST_BUYERS


def student_t(p: float, freedom: float) -> float:
    """The quantile of Student's t by the expansion 26.7.5 of Abramowitz and Stegun, Handbook of Mathematical Functions
    (1964); from 29 degrees of freedom on, the least that occurs here, right to five digits."""
    x = NormalDist().inv_cdf(p)
    terms = (
        (x**3 + x) / 4,
        (5 * x**5 + 16 * x**3 + 3 * x) / 96,
        (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
        (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92160,
    )
    return x + sum(term / freedom**power for power, term in enumerate(terms, start=1))


def watched_until(started: datetime, now: datetime) -> datetime:
    """Sales are counted from the start until now, for two weeks at most."""
    return min(now, started + WATCHED)
