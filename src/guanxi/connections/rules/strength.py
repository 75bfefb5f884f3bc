"""How close two are: s = 1 - exp(-F · Σ w·2^(-age/H)) over the touches between them.

F is 1.25 when both sides reach out, and 0.15 more for each channel beyond the first; a workspace may say otherwise.
Between two touches s only fades, so the moments at which it falls below a threshold are known as soon as the last
touch is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

DAY = 86_400.0
ROLES = ("employee", "consumer", "opinion_leader")
WEIGHTS: Mapping[str, float] = {
    "reply": 1.0,
    "message_in": 1.2,
    "message_out": 0.1,
    "visit": 0.2,
    "share": 0.8,
    "referral": 2.0,
    "order": 1.5,
    "meeting": 2.0,
    "complaint_resolved": 0.5,
}
HALF_LIVES: Mapping[str, float] = {"employee": 30.0, "consumer": 60.0, "opinion_leader": 90.0}
WEAK_BELOW, STRONG_ABOVE = 0.35, 0.65
RECIPROCAL = 1.25
PER_CHANNEL = 0.15

OURS = frozenset({"message_out", "meeting", "complaint_resolved"})
"""Touches in which we reach out; in all but the first message and a settled complaint they do, too."""
THEIRS = frozenset(WEIGHTS) - {"message_out", "complaint_resolved"}
BY_HAND = ("meeting", "complaint_resolved", "share", "reply", "message_in")
"""What staff or another system may record, because no channel tells of it."""
LARGEST_WEIGHT, LARGEST_HALF_LIFE = 10.0, 3_650.0
LARGEST_RECIPROCAL, LARGEST_PER_CHANNEL = 3.0, 1.0


@dataclass(frozen=True, slots=True)
class Rules:
    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    half_lives: Mapping[str, float] = field(default_factory=lambda: dict(HALF_LIVES))
    weak_below: float = WEAK_BELOW
    strong_above: float = STRONG_ABOVE
    reciprocal: float = RECIPROCAL
    per_channel: float = PER_CHANNEL

    def values(self) -> dict[str, float]:
        """Everything that can be set, by its name; no kind of touch has the name of a role."""
        edges = {"weak_below": self.weak_below, "strong_above": self.strong_above}
        bonus = {"reciprocal": self.reciprocal, "per_channel": self.per_channel}
        return {**self.weights, **self.half_lives, **bonus, **edges}


def of_values(values: Mapping[str, float]) -> Rules:
    """What is not among them is as usual."""
    usual = Rules().values()
    known = {name: float(values.get(name, usual[name])) for name in usual}
    return Rules(
        {kind: known[kind] for kind in WEIGHTS},
        {role: known[role] for role in HALF_LIVES},
        known["weak_below"],
        known["strong_above"],
        known["reciprocal"],
        known["per_channel"],
    )


def flaws(rules: Rules) -> dict[str, str]:
    """Field → weight, half_life, reciprocal, per_channel, order, or nothing (no touch would count)."""
    found: dict[str, str] = {}
    if not any(rules.weights.values()):
        found["reply"] = "nothing"
    if not 1 <= rules.reciprocal <= LARGEST_RECIPROCAL:
        found["reciprocal"] = "reciprocal"
    if not 0 <= rules.per_channel <= LARGEST_PER_CHANNEL:
        found["per_channel"] = "per_channel"
    for name, weight in rules.weights.items():
        if not 0 <= weight <= LARGEST_WEIGHT:
            found[name] = "weight"
    for role, days in rules.half_lives.items():
        if not 1 <= days <= LARGEST_HALF_LIFE:
            found[role] = "half_life"
    if not 0.01 <= rules.weak_below < rules.strong_above <= 0.99:
        found["weak_below"] = "order"
    return found


@dataclass(frozen=True, slots=True)
class Touches:
    """All touches between two, as their decayed sum at `at` (seconds since 1970) under the half-life of each role.

    `inward` and `outward` count those in which they, and we, reached out.
    """

    at: float
    sums: tuple[float, float, float]
    inward: int = 0
    outward: int = 0
    channels: frozenset[str] = frozenset()


def touch(rules: Rules, kind: str, at: datetime, channel: str = "") -> Touches:
    weight = rules.weights[kind]
    return Touches(
        at.timestamp(),
        (weight, weight, weight),
        int(kind in THEIRS),
        int(kind in OURS),
        frozenset({channel} - {""}),
    )


def together(rules: Rules, some: Iterable[Touches]) -> Touches | None:
    """Their sum. In whatever order and portions they are added, the same comes out."""
    given = list(some)
    if not given:
        return None
    at = max(one.at for one in given)
    lives = [rules.half_lives[role] * DAY for role in ROLES]
    first, second, third = (
        math.fsum(one.sums[place] * 2.0 ** (-(at - one.at) / life) for one in given) for place, life in enumerate(lives)
    )
    return Touches(
        at,
        (first, second, third),
        sum(one.inward for one in given),
        sum(one.outward for one in given),
        frozenset().union(*(one.channels for one in given)),
    )


def factor(rules: Rules, touches: Touches) -> float:
    return (rules.reciprocal if touches.inward and touches.outward else 1.0) * (
        1 + rules.per_channel * max(len(touches.channels) - 1, 0)
    )


def strength(rules: Rules, touches: Touches, role: str, at: datetime) -> float:
    age = (at.timestamp() - touches.at) / (rules.half_lives[role] * DAY)
    return 1 - math.exp(-factor(rules, touches) * touches.sums[ROLES.index(role)] * 2.0**-age)


def needed(threshold: float) -> float:
    """What F · Σ must be for a strength."""
    return -math.log(1 - threshold)


def until(rules: Rules, touches: Touches, role: str, threshold: float) -> datetime | None:
    """When they fall below, or fell: long before the last touch if they never were there. None: without weight."""
    total = factor(rules, touches) * touches.sums[ROLES.index(role)]
    if total <= 0:
        return None
    days = rules.half_lives[role] * math.log2(total / needed(threshold))
    return datetime.fromtimestamp(touches.at, UTC) + timedelta(days=days)


def faded(rules: Rules, role: str, strong_until: float, at: float) -> float:
    """The strength at a moment, from when it passes the edge of strong; both in seconds."""
    fading = 2.0 ** (-(at - strong_until) / (rules.half_lives[role] * DAY))
    return 1 - math.exp(-needed(rules.strong_above) * fading)


def band(strong_until: datetime | None, neutral_until: datetime | None, at: datetime) -> str:
    if strong_until is not None and at < strong_until:
        return "strong"
    return "neutral" if neutral_until is not None and at < neutral_until else "weak"


# Where touches come from


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a fact is as a touch. `channel`: where it happened when the fact does not say; `advised`: its `advisor` is
    the other side, too; `whose`: the property that holds the person, when it is not the one of the fact."""

    name: str
    kind: str
    channel: str
    advised: bool = False
    whose: str = ""


MEANINGS = (
    Meaning("message.accepted", "message_out", ""),
    Meaning("order.paid", "order", "shop"),
    Meaning("friend.added", "message_in", "", advised=True),
    Meaning("person.referred", "referral", "", whose="bringer"),
    Meaning("touch.recorded", "", "", advised=True),
)
VISIT_CHANNEL = "web"
DAYS_KEPT = 90
"""A day with any number of events on a site or in an app is one visit; so long it is remembered that it was counted."""
VIEWS = ("visit.page", "visit.screen", "visit.group")
"""What somebody only looks at. Any other event of theirs makes an interactor."""
