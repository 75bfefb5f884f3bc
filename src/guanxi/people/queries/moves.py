"""Who reached or lost a level in a time, from the proofs themselves, as the page of the ladder counts them: somebody
comes onto a level when a proof of it begins and no other holds, and loses it when the last one ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from guanxi.governance.models import Workspace
from guanxi.kit import scope
from guanxi.people.models import LevelProof
from guanxi.people.queries.filters import Wanted
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


def moves_of_list(wanted: Wanted) -> list[Side]:
    return [
        *_moved("since", _REACHED, wanted.reached, wanted.reached_from, wanted.reached_to),
        *_moved("ended_at", _LOST, wanted.lost, wanted.lost_from, wanted.lost_to),
    ]


def _moved(column: str, rest: str, level: str, first: date | None, last: date | None) -> Iterator[Side]:
    if not (level or first or last):
        return
    fits, given = ["level = ANY(%s)"], list[Any]([[level] if level else list(PROVEN)])
    for compared, at in zip((">=", "<"), _moments(first, last), strict=True):
        if at is not None:
            fits.append(f"{column} {compared} %s")
            given.append(at)
    yield Side(PROOF, " AND ".join([*fits, rest]), tuple(given))


def _moments(first: date | None, last: date | None) -> tuple[datetime | None, datetime | None]:
    """The beginning of the first day and the end of the last."""
    if not (first or last):
        return None, None
    zone = ZoneInfo(Workspace.objects.values_list("timezone", flat=True).get(pk=scope.current()))
    until = last + timedelta(days=1) if last and last < date.max else None
    return (
        datetime.combine(first, time(), zone) if first else None,
        datetime.combine(until, time(), zone) if until else None,
    )
