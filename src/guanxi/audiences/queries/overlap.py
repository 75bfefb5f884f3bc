"""Whom audiences have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from guanxi.audiences.models import Audience
from guanxi.audiences.queries.members import members
from guanxi.audiences.queries.membership import people_rule

MOST_COMPARED = 5


@dataclass(frozen=True)
class Overlap:
    """`parts`: how many people are in exactly these audiences, by their places; nobody: not there. `common` are the
    people of all of them, in rising order."""

    sizes: list[int]
    parts: dict[frozenset[int], int]
    common: pa.Array

    def both(self, one: int, other: int) -> int:
        return sum(number for part, number in self.parts.items() if {one, other} <= part)


def overlap(audiences: Sequence[Audience], *, now: datetime) -> Overlap:
    """Of at most MOST_COMPARED. Raises RuleError when one of their rules does not work any more."""
    sets = [members(people_rule(one), now=now)["person"].to_numpy() for one in audiences]
    everybody = np.unique(np.concatenate(sets)) if sets else np.array([], np.int64)
    marks = np.zeros(len(everybody), np.uint8)
    for place, people in enumerate(sets):
        marks[np.searchsorted(everybody, people)] |= 1 << place
    counted = np.bincount(marks, minlength=1 << len(sets))
    parts = {
        frozenset(place for place in range(len(sets)) if mark >> place & 1): int(number)
        for mark, number in enumerate(counted)
        if number
    }
    common = everybody[marks == (1 << len(sets)) - 1]
    return Overlap([len(people) for people in sets], parts, pa.array(common, pa.int64()))
