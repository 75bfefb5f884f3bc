"""What a person shows when several became one: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

FILLED = ("name", "country", "language")
"""Columns that are filled from the others while they are empty."""
PLACE = ("owner_id", "unit_id")
COLUMNS = (*FILLED, *PLACE, "last_seen_at", "created_at", "fewer_messages")


def shown(own: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The columns of a person from their own and from those who became them, in the order in which they came.

    Whose somebody is stays as it is; only who belongs to nobody follows the first of the others. Known since the
    earliest, seen at the latest, and fewer messages as soon as one of them asked for that.
    """
    found: dict[str, Any] = {name: next((one[name] for one in own if one[name]), own[0][name]) for name in FILLED}
    placed = next((one for one in own if any(one[name] is not None for name in PLACE)), own[0])
    found |= {name: placed[name] for name in PLACE}
    found["last_seen_at"] = max((one["last_seen_at"] for one in own if one["last_seen_at"]), default=None)
    found["created_at"] = min(one["created_at"] for one in own)
    found["fewer_messages"] = any(one["fewer_messages"] for one in own)
    return found


def newest(own: Sequence[Mapping[str, Any] | None]) -> Mapping[str, Any] | None:
    """The value of a trait that was said last; of equally old ones the first. A value without a time is the oldest.

    Times are texts of UTC instants (ISO 8601).
    """
    best: Mapping[str, Any] | None = None
    for one in own:
        if one is not None and (best is None or (one["set_at"] or "") > (best["set_at"] or "")):
            best = one
    return best
