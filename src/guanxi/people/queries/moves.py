"""Who reached or lost a level in a time, from the proofs themselves, as the page of the ladder counts them: somebody
comes onto a level when a proof of it begins and no other holds, and loses it when the last one ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from guanxi.people.models import LevelProof
from guanxi.people.queries.filters import Between, Wanted, moments
from guanxi.people.queries.sides import Side
from guanxi.people.rules import LADDER

PROOF = LevelProof._meta.db_table
PROVEN = LADDER[1:]
"""Nobody has to prove that they are a visitor."""
_OTHER = f"""
SELECT FROM {PROOF} other WHERE other.person_id = {PROOF}.person_id AND other.level = {PROOF}.level
    AND other.workspace_id = {PROOF}.workspace_id
"""
_REACHED = f"""NOT EXISTS ({_OTHER} AND (other.since, other.id) < ({PROOF}.since, {PROOF}.id)
    AND (other.ended_at IS NULL OR other.ended_at >= {PROOF}.since))"""
_LOST = f"""ended_at > since AND NOT EXISTS ({_OTHER} AND other.id <> {PROOF}.id AND other.since <= {PROOF}.ended_at
    AND (other.ended_at IS NULL OR (other.ended_at, other.id) > ({PROOF}.ended_at, {PROOF}.id)))"""


def moves_of_list(wanted: Wanted, zone: ZoneInfo | None) -> list[Side]:
    return [
        *_moved("since", _REACHED, wanted.reached, moments(wanted.reached_from, wanted.reached_to, zone)),
        *_moved("ended_at", _LOST, wanted.lost, moments(wanted.lost_from, wanted.lost_to, zone)),
    ]


def _moved(column: str, rest: str, level: str, between: Between) -> Iterator[Side]:
    if not (level or any(between)):
        return
    fits, given = ["level = ANY(%s)"], list[Any]([[level] if level else list(PROVEN)])
    for compared, at in zip((">=", "<"), between, strict=True):
        if at is not None:
            fits.append(f"{column} {compared} %s")
            given.append(at)
    yield Side(PROOF, " AND ".join([*fits, rest]), tuple(given))
