"""Until when people are close to the closest of some advisors: what `rules.strength` says, for many people at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from guanxi.connections.models import Bond
from guanxi.connections.queries.strength import AS, rules
from guanxi.connections.rules.strength import DAY, Rules, needed
from guanxi.kit import bulk, scope
from guanxi.people.models import Person, PersonTag, Role, Tag

# A sum that faded a thousand times by half is nothing, and smaller than a number of PostgreSQL may be.
_SUMS = f"""
WITH theirs AS (
    SELECT coalesce(person.merged_into_id, person.id) AS person, bond.*
    FROM {Bond._meta.db_table} bond JOIN {Person._meta.db_table} person ON person.id = bond.person_id
    WHERE bond.workspace_id = %(workspace)s AND bond.staff_id = ANY(%(staff)s) AND person.erased_at IS NULL
), faded AS (
    SELECT theirs.person, theirs.staff_id, theirs.inward, theirs.outward, theirs.channels, theirs.at,
           max(theirs.at) OVER one AS latest,
           CASE tag.role {{sums}} END AS touched, CASE tag.role {{lives}} END AS life
    FROM theirs
    LEFT JOIN {PersonTag._meta.db_table} carried ON carried.person_id = theirs.person AND carried.slot = 0
    LEFT JOIN {Tag._meta.db_table} tag ON tag.id = carried.tag_id
    WINDOW one AS (PARTITION BY theirs.person, theirs.staff_id)
), pairs AS (
    SELECT person, latest, life,
           sum(touched * power(2.0::float8, greatest((at - latest) / life, -1000)))
           * CASE WHEN sum(inward) > 0 AND sum(outward) > 0 THEN %(reciprocal)s::float8 ELSE 1 END
           * (1 + %(per_channel)s::float8 * greatest((
               SELECT count(DISTINCT one) FROM unnest(string_to_array(string_agg(channels, ','), ',')) one
               WHERE one <> ''
           ) - 1, 0)) AS total
    FROM faded GROUP BY person, staff_id, latest, life
)
SELECT person, max(to_timestamp(latest + life * ln(total / %(strong)s::float8) / ln(2.0::float8))) AS strong_until,
       max(to_timestamp(latest + life * ln(total / %(neutral)s::float8) / ln(2.0::float8))) AS neutral_until
FROM pairs WHERE total > 0 GROUP BY person
HAVING max(to_timestamp(latest + life * ln(total / %(neutral)s::float8) / ln(2.0::float8))) > %(since)s
ORDER BY person
"""  # noqa: S608


def closest(staff: Sequence[int], since: datetime) -> list[tuple[int, datetime, datetime]]:
    """Person, `strong_until` and `neutral_until` with the closest of these advisors; who has been weak since then is
    left out."""
    by = rules()
    values: dict[str, Any] = {
        "workspace": scope.current(),
        "staff": list(staff),
        "since": since,
        "reciprocal": by.reciprocal,
        "per_channel": by.per_channel,
        "strong": needed(by.strong_above),
        "neutral": needed(by.weak_below),
    }
    return bulk.asked(_SUMS.format(**_by_role(by)), values) if staff else []


def _by_role(by: Rules) -> dict[str, str]:
    sums = " ".join(f"WHEN '{role.value}' THEN {AS[role]}" for role in Role)
    lives = " ".join(f"WHEN '{role.value}' THEN {by.half_lives[AS[role]] * DAY!r}" for role in Role)
    usual = AS[Role.CONSUMER]
    return {"sums": f"{sums} ELSE {usual}", "lives": f"{lives} ELSE {by.half_lives[usual] * DAY!r}"}
