"""What is told of ties: in lists, of which the refused places are named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guanxi.api.v1.shapes import Out
from guanxi.connections.operations import Refused
from guanxi.governance.queries import Permission

TELL = Permission.PEOPLE_IMPORT
MOST = 1_000


class RefusedOut(Out):
    """`at` counts from 0: the place in the list that was sent."""

    at: int
    reason: str


class Told(Out):
    recorded: int
    refused: list[RefusedOut]


def outcome(told: Sequence[Any], refused: Sequence[Refused]) -> Told:
    return Told(
        recorded=len(told) - len(refused), refused=[RefusedOut(at=one.at, reason=one.reason) for one in refused]
    )
