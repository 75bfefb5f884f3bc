"""Who brought whom: a tree, never a ring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody says that they brought a person. The earliest claim is the bringer's; of one moment, the lower key's."""

    bringer: int
    at: datetime

    def comes_before(self, other: Claim) -> bool:
        return (self.at, self.bringer) < (other.at, other.bringer)


def makes_a_cycle(bringer: int, brought: int, bringers: Mapping[int, int]) -> bool:
    """`bringers`: who was brought → by whom. Would somebody have brought, over others, themselves?"""
    above, seen = bringer, set[int]()
    while above != brought:
        if above in seen or above not in bringers:
            return False
        seen.add(above)
        above = bringers[above]
    return True
