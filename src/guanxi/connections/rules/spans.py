"""A tie that is there or not: a follow, a place in a group."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """It began or it ended."""

    at: datetime
    begins: bool


@dataclass(frozen=True, slots=True)
class Span:
    """The last time that it was there: since when, and until when unless it still is. `first_at`: the first thing
    that is known of it. An end whose beginning nobody told has no `since`."""

    first_at: datetime
    since: datetime | None
    until: datetime | None


def over(turns: Iterable[Turn]) -> list[tuple[datetime, datetime]]:
    """The times that it was there and is over, the oldest first."""
    found: list[tuple[datetime, datetime]] = []
    since: datetime | None = None
    for turn in sorted(set(turns), key=lambda turn: (turn.at, not turn.begins)):
        if turn.begins:
            since = since or turn.at
        elif since is not None:
            found.append((since, turn.at))
            since = None
    return found


def span(turns: Iterable[Turn]) -> Span:
    """In any order, told as often as you like. Of a moment that both begins and ends it, the end holds."""
    ordered = sorted(set(turns), key=lambda turn: (turn.at, not turn.begins))
    since: datetime | None = None
    until: datetime | None = None
    for turn in ordered:
        if turn.begins:
            if since is None or until is not None:
                since, until = turn.at, None
        elif until is None:
            until = turn.at
    return Span(ordered[0].at, since, until)
