"""How large an audience was, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guanxi.audiences import queries
from guanxi.audiences.models import Audience, AudienceDay

DAYS = 90
WIDE, HIGH = 100, 32


@dataclass(frozen=True)
class Sizes:
    """`points` of a line in a box of 100 by 32 that begins at zero people; days on which nobody looked have none."""

    days: Sequence[AudienceDay]
    points: str
    least: int
    most: int


def sizes(audience: Audience, *, now: datetime) -> Sizes | None:
    """None while there are less than two days."""
    days = queries.sizes(audience, days=DAYS, now=now)
    if len(days) < 2:
        return None
    first, last = days[0].day.toordinal(), days[-1].day.toordinal()
    most = max(one.size for one in days)
    points = (
        f"{WIDE * (one.day.toordinal() - first) / (last - first):.2f},{HIGH - 1 - 30 * one.size / (most or 1):.2f}"
        for one in days
    )
    return Sizes(days, " ".join(points), min(one.size for one in days), most)
