"""Where the bands should begin, by what people did after we reached out.

A case is one touch of ours to one person: how close they were just before it, and whether anything of theirs followed
within 14 days. Each person gives one case, so the cases do not depend on each other. On one half of them the share who
answer is fitted as a curve that only rises with strength (isotonic regression, by pooling neighbours that fall: Ayer et
al. 1955); strong begins where it passes a half, neutral where it passes a fifth. The other half says what the bands are
worth, with Wilson's interval.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ANSWER_DAYS = 14
STRONG_ANSWERS, NEUTRAL_ANSWERS = 0.5, 0.2
CASES_NEEDED, OF_EACH_NEEDED = 500, 100
"""So many cases, and so many of them answered and so many not: with less the edges are a matter of luck."""
BEHIND_AN_EDGE = 30
"""So many cases of the fitted half must lie above an edge."""
LOWEST, HIGHEST = 0.01, 0.99
REDRAWN = 200
Z = 1.96


@dataclass(frozen=True, slots=True)
class Cases:
    """Of so many people of one strength, how many answered. `fits`: of the half on which the curve is fitted."""

    strength: float
    count: int
    answered: int
    fits: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A piece of the rising curve."""

    low: float
    high: float
    count: int
    answered: int

    @property
    def share(self) -> float:
        return self.answered / self.count


@dataclass(frozen=True, slots=True)
class Worth:
    """Of a band or a tenth: how many cases, how many answered, and between what the share lies with 95 %."""

    name: str
    count: int
    answered: int

    @property
    def share(self) -> float | None:
        return self.answered / self.count if self.count else None

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.answered, self.count)


@dataclass(frozen=True, slots=True)
class Fit:
    """`weak` and `strong` are the edges with what they may be, 90 times of 100; `before` and `after` what the bands are
    worth on the other half, now and with these edges; `tenths` the whole of that half by strength."""

    weak_below: float
    strong_above: float
    weak: tuple[float, float]
    strong: tuple[float, float]
    before: tuple[Worth, ...]
    after: tuple[Worth, ...]
    tenths: tuple[Worth, ...]
    count: int
    answered: int

    @property
    def is_sure(self) -> bool:
        """Whether the other half shows beyond chance that more than half of the strong answer."""
        return self.after[0].interval[0] > STRONG_ANSWERS


class NoFit(ValueError):
    """`reason`: few (too few cases, or too few of one sort), never (the closest do not answer so often), always, or
    unconfirmed (half of the cases say so, the other half does not)."""

    def __init__(self, reason: str, count: int, answered: int) -> None:
        super().__init__(reason)
        self.reason, self.count, self.answered = reason, count, answered


def fit(cases: Sequence[Cases], weak_below: float, strong_above: float) -> Fit:
    """`weak_below` and `strong_above` are the edges of today. Raises NoFit."""
    count, answered = sum(one.count for one in cases), sum(one.answered for one in cases)
    if count < CASES_NEEDED or answered < OF_EACH_NEEDED or count - answered < OF_EACH_NEEDED:
        raise NoFit("few", count, answered)
    fitted, kept = [one for one in cases if one.fits], [one for one in cases if not one.fits]
    curve = rising((one.strength, one.count, one.answered) for one in fitted)
    strong = edge(curve, STRONG_ANSWERS)
    if strong is None:
        raise NoFit("never", count, answered)
    if strong <= LOWEST:
        raise NoFit("always", count, answered)
    weak = min(edge(curve, NEUTRAL_ANSWERS) or LOWEST, round(strong - 0.01, 2))
    after = worth(kept, weak, strong)
    if (after[0].share or 0) <= STRONG_ANSWERS:
        raise NoFit("unconfirmed", count, answered)
    drawn = list(_redrawn(fitted))
    return Fit(
        weak,
        strong,
        _middle([min(found, strong) for found, _strong in drawn]),
        _middle([found for _weak, found in drawn]),
        worth(kept, weak_below, strong_above),
        after,
        tenths(kept),
        count,
        answered,
    )


def rising(points: Iterable[tuple[float, int, int]]) -> list[Step]:
    """The curve that only rises and lies closest to the shares: (strength, how many, how many answered)."""
    steps: list[Step] = []
    for at, count, answered in sorted(points):
        steps.append(Step(at, at, count, answered))
        while len(steps) > 1 and steps[-2].share >= steps[-1].share:
            last, before = steps.pop(), steps.pop()
            steps.append(Step(before.low, last.high, before.count + last.count, before.answered + last.answered))
    return steps


def edge(curve: Sequence[Step], share: float) -> float | None:
    """Where the curve passes a share, in hundredths; None if it does not, or with too few behind it."""
    for place, step in enumerate(curve):
        if step.share > share:
            if sum(one.count for one in curve[place:]) < BEHIND_AN_EDGE:
                return None
            below = curve[place - 1].high if place else 0.0
            return min(max(round((below + step.low) / 2, 2), LOWEST), HIGHEST) if place else LOWEST
    return None


def worth(cases: Iterable[Cases], weak_below: float, strong_above: float) -> tuple[Worth, ...]:
    found = {"strong": [0, 0], "neutral": [0, 0], "weak": [0, 0]}
    for one in cases:
        name = "strong" if one.strength > strong_above else "neutral" if one.strength >= weak_below else "weak"
        found[name][0] += one.count
        found[name][1] += one.answered
    return tuple(Worth(name, count, answered) for name, (count, answered) in found.items())


def tenths(cases: Iterable[Cases]) -> tuple[Worth, ...]:
    found = [[0, 0] for _ in range(10)]
    for one in cases:
        place = min(int(one.strength * 10), 9)
        found[place][0] += one.count
        found[place][1] += one.answered
    return tuple(
        Worth(f"{place / 10:.1f}–{(place + 1) / 10:.1f}", count, answered)
        for place, (count, answered) in enumerate(found)
    )


def wilson(answered: int, count: int) -> tuple[float, float]:
    if not count:
        return 0.0, 1.0
    share, z = answered / count, Z
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _redrawn(cases: Sequence[Cases]) -> Iterable[tuple[float, float]]:
    """Both edges, had chance fallen otherwise: answers are drawn again with the share of each hundredth."""
    dice = random.Random(7)  # noqa: S311
    hundredths: dict[float, list[int]] = {}
    for one in cases:
        known = hundredths.setdefault(round(one.strength, 2), [0, 0])
        known[0] += one.count
        known[1] += one.answered
    for _ in range(REDRAWN):
        curve = rising((at, count, _drawn(dice, count, answered)) for at, (count, answered) in hundredths.items())
        yield edge(curve, NEUTRAL_ANSWERS) or LOWEST, edge(curve, STRONG_ANSWERS) or HIGHEST


def _drawn(dice: random.Random, count: int, answered: int) -> int:
    """A draw of a binomial: by its normal where that is close, otherwise one by one."""
    share = answered / count
    spread = count * share * (1 - share)
    if spread > 25:
        return min(max(round(dice.gauss(count * share, math.sqrt(spread))), 0), count)
    return sum(dice.random() < share for _ in range(count))


def _middle(values: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(values)
    return ordered[len(ordered) // 20], ordered[-1 - len(ordered) // 20]
