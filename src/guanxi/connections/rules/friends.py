"""What a friendship is, by the times of what happened to it.

Either side can leave: the person deletes or blocks the advisor, the advisor deletes the person or hands them over. It
is active while both are in. WeCom tells of an add to both at once, and of a removal to one side only: the other still
sees the tie (change_external_contact, path/92130).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

REQUESTED, HALF_ADDED, ADDED = "requested", "half_added", "added"
TAKEN, HANDED_OVER = "taken", "handed_over"
REMOVED_BY_FRIEND, REMOVED_BY_STAFF = "removed_by_friend", "removed_by_staff"
BLOCKED, UNBLOCKED = "blocked", "unblocked"

BEGINNINGS = frozenset({ADDED, TAKEN})
HELD = frozenset({"active", "blocked"})
"""States in which the advisor still has the person in their list."""

# What happens at one moment is read in this order: an end after a beginning, so that nobody is written to by a tie that
# may have ended.
_AT_ONCE = (
    REQUESTED,
    HALF_ADDED,
    TAKEN,
    ADDED,
    UNBLOCKED,
    BLOCKED,
    REMOVED_BY_FRIEND,
    REMOVED_BY_STAFF,
    HANDED_OVER,
)


@dataclass(frozen=True, slots=True)
class Happening:
    """`kind` is one of the names above; `source` the way in which it began; `other` the advisor from whom it was taken
    or to whom it was handed over."""

    at: datetime
    kind: str
    source: str = ""
    other: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """`since` is when the friendship began that stands, or stood last; `state_at` when its state began."""

    state: str
    since: datetime
    state_at: datetime
    first_at: datetime
    source: str


def _ordered(happened: Iterable[Happening]) -> list[Happening]:
    return sorted(set(happened), key=lambda one: (one.at, _AT_ONCE.index(one.kind), one.source, one.other))


def standing(happened: Iterable[Happening]) -> Standing:
    """In any order, told as often as you like: the same end. Whoever left first ended it."""
    ordered = _ordered(happened)
    state, since, state_at, source = "", ordered[0].at, ordered[0].at, ""
    blocked = False
    for one in ordered:
        before, was_blocked = state, blocked
        match one.kind:
            case "requested" | "half_added":
                if state not in ("active", "pending"):
                    state = "pending"
            case "added" | "taken":
                state, blocked = "active", False
            case "blocked" | "unblocked":
                blocked = one.kind == BLOCKED
            case "removed_by_friend":
                state = "deleted_by_them" if state in ("", "active", "pending") else state
            case "removed_by_staff":
                state = "deleted_by_us" if state in ("", "active", "pending") else state
            case "handed_over":
                state = "handed_over" if state in ("", "active", "pending") else state
        if one.kind in BEGINNINGS and (before != "active" or was_blocked):
            since = one.at if before != "active" else since
        elif state == "pending" != before:
            since = one.at
        if one.source and one.kind in (ADDED, TAKEN, HALF_ADDED, REQUESTED):
            source = one.source
        if state != before or blocked != was_blocked:
            state_at = one.at
    return Standing("blocked" if blocked else state or "pending", since, state_at, ordered[0].at, source)


@dataclass(frozen=True, slots=True)
class Over:
    """A friendship that was active once: since when, until when, and the state that ended it."""

    since: datetime
    until: datetime
    state: str


def past(happened: Iterable[Happening]) -> Sequence[Over]:
    """The times that are over, the oldest first. One that goes on after a block never ended."""
    ordered = _ordered(happened)
    found: list[Over] = []
    since: datetime | None = None
    for told in range(1, len(ordered) + 1):
        now = standing(ordered[:told])
        if now.state == "active" and since is None:
            since = now.since
            if found and found[-1].since == since:
                found.pop()
        elif now.state != "active" and since is not None:
            found.append(Over(since, now.state_at, now.state))
            since = None
    return found


@dataclass(frozen=True, slots=True)
class Holding:
    """One advisor had the person: since when, why (`added`, `handed_over`, `inherited`), from whom, until when."""

    staff: int
    since: datetime
    until: datetime | None
    why: str
    whence: int = 0
    ended_by: str = ""


def holdings(staff: int, happened: Iterable[Happening]) -> Sequence[Holding]:
    """The times in which this advisor had the person, the oldest first. Taken from a leaver it is inherited."""
    found: list[Holding] = []
    held: Holding | None = None
    for one in _ordered(happened):
        if one.kind in BEGINNINGS and held is None:
            why = (one.source if one.source == "inherited" else "handed_over") if one.kind == TAKEN else "added"
            held = Holding(staff, one.at, None, why, one.other)
        elif one.kind in (REMOVED_BY_FRIEND, REMOVED_BY_STAFF, HANDED_OVER) and held is not None:
            found.append(Holding(staff, held.since, one.at, held.why, held.whence, one.kind))
            held = None
    return [*found, held] if held else found


def dealt(things: Sequence[int], takers: Sequence[int]) -> Mapping[int, Sequence[int]]:
    """Each taker in turn; the first ones have one more when it does not come out even."""
    return {taker: things[place :: len(takers)] for place, taker in enumerate(takers)}
