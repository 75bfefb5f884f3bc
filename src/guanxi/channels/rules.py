"""The governor's decision about one recipient, and the sums around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

MOST_ATTEMPTS = 5
BACK_OFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=20), timedelta(hours=1))


class Verdict(StrEnum):
    SEND = "send"
    SKIP = "skip"
    HOLD_OUT = "hold_out"


class Consent(StrEnum):
    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    NEVER_ASKED = "never_asked"


@dataclass(frozen=True, slots=True)
class Decision:
    """`reason` is one of `channels.models.SkipReason` when the verdict is to skip, else empty."""

    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RecipientFacts:
    """All that the decision depends on. `lately` counts marketing messages in the cap's window, never beyond `cap`."""

    marketing: bool
    erased: bool
    has_address: bool
    consent: Consent
    suppressed: bool
    lately: int
    cap: int
    held_out: bool


SEND = Decision(Verdict.SEND)
HOLD_OUT = Decision(Verdict.HOLD_OUT)


def decide(facts: RecipientFacts) -> Decision:
    """The first check that objects decides. Messages about an order or account are asked only whom they can reach and
    whether the address is suppressed (an address on that list gets nothing, whoever put it there)."""
    return next((objection for check in CHECKS if (objection := check(facts))), SEND)


def _reach(facts: RecipientFacts) -> Decision | None:
    if facts.erased:
        return _skip("erased")
    return None if facts.has_address else _skip("no_address")


def _consent(facts: RecipientFacts) -> Decision | None:
    if not facts.marketing or facts.consent is Consent.GIVEN:
        return None
    return _skip("withdrawn" if facts.consent is Consent.WITHDRAWN else "no_consent")


def _suppression(facts: RecipientFacts) -> Decision | None:
    return _skip("suppressed") if facts.suppressed else None


def _cap(facts: RecipientFacts) -> Decision | None:
    return _skip("cap") if facts.marketing and facts.lately >= facts.cap else None


def _hold_out(facts: RecipientFacts) -> Decision | None:
    return HOLD_OUT if facts.marketing and facts.held_out else None


def _skip(reason: str) -> Decision:
    return Decision(Verdict.SKIP, reason)


# The hold-out comes last: held-out people are like those who get the message in everything else, so they compare.
CHECKS: tuple[Callable[[RecipientFacts], Decision | None], ...] = (_reach, _consent, _suppression, _cap, _hold_out)


def window_start(at: datetime, days: int, zone: str) -> datetime:
    """Where the last `days` calendar days of the zone begin, the day of `at` being the last of them."""
    place = ZoneInfo(zone)
    first = at.astimezone(place).date() - timedelta(days=days - 1)
    return datetime.combine(first, time.min, tzinfo=place).astimezone(UTC)


# Who asked for fewer messages gets one marketing message in so many days at most, whatever the workspace's cap says.
FEWER_DAYS = 30


def next_try(*, attempts: int, after: timedelta, now: datetime) -> datetime | None:
    """When to try again after this many attempts, or None when it has been enough."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return now + max(after, BACK_OFF[min(attempts, len(BACK_OFF)) - 1])


EARLY = timedelta(seconds=0.9)  # less than the second by which the minute is longer


def allowance(*, free_at: datetime | None, per_minute: int, wall: datetime) -> tuple[int, timedelta]:
    """How many may leave now, and what each moves `free_at` on by (a leaky bucket, as ATM's GCRA is one).

    Some leave up to `EARLY` before their time, so that a lane which looks twice a second loses nothing; a minute is
    paced as 61 seconds, so that none gets more than `per_minute` in spite of it.
    """
    gap = timedelta(seconds=61) / per_minute
    ahead = max(free_at or wall, wall)
    return (0 if ahead > wall + EARLY else (wall + EARLY - ahead) // gap + 1), gap
