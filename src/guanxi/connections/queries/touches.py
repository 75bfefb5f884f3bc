"""Touches as the lake holds them, summed by DuckDB: of one commit, or of everything there is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from guanxi.connections.rules.strength import (
    DAYS_KEPT,
    MEANINGS,
    OURS,
    ROLES,
    THEIRS,
    VIEWS,
    VISIT_CHANNEL,
    Rules,
    needed,
)
from guanxi.events.queries import Lake
from guanxi.governance.models import Staff

# One row a touch. A day on a site or in an app is one visit, at its beginning, whichever of its events came first.
TOUCHES = """
SELECT CASE WHEN m.whose = '' THEN h.person ELSE CAST(json_extract_string(h.props, '$.' || m.whose) AS BIGINT) END
           AS person,
       CASE WHEN m.advised THEN a.staff END AS staff,
       CASE WHEN m.kind = '' THEN json_extract_string(h.props, '$.kind') ELSE m.kind END AS kind,
       coalesce(nullif(h.channel, ''), m.channel) AS channel,
       epoch(h.occurred_at) AS moment
FROM {events} h JOIN meanings m ON m.name = h.name
LEFT JOIN advisors a ON m.advised AND a.public_id = json_extract_string(h.props, '$.advisor')
"""
VISITS = """
SELECT DISTINCT person, CAST(floor(epoch(occurred_at) / 86400) AS BIGINT) AS day FROM {events}
WHERE source LIKE 'src\\_%' ESCAPE '\\'
"""
DAYS = """
UNION ALL SELECT person, NULL, 'visit', '{channel}', day * 86400.0 FROM ({visits})
"""
SIGNS = """
SELECT person, min(occurred_at) AS "at", arg_min(name, occurred_at) AS name FROM {events}
WHERE source LIKE 'src\\_%' ESCAPE '\\' AND name NOT IN ({views})
GROUP BY person
"""
# The brand is a side of every touch, an advisor only of theirs.
_SIDES = (
    "SELECT person, NULL::BIGINT AS staff, kind, channel, moment FROM touches "
    "UNION ALL SELECT person, staff, kind, channel, moment FROM touches WHERE staff IS NOT NULL"
)
_SUMS = """
WITH touches AS ({touches}), sides AS ({sides}),
kept AS (
    SELECT s.person, s.staff, s.channel, s.moment, w.weight, w.inward, w.outward,
           max(s.moment) OVER (PARTITION BY s.person, s.staff) AS last
    FROM sides s JOIN weights w ON w.kind = s.kind
)
SELECT person, staff, max(last) AS "at", {sums},
       CAST(sum(inward) AS INTEGER) AS inward, CAST(sum(outward) AS INTEGER) AS outward,
       coalesce(string_agg(DISTINCT nullif(channel, ''), ',' ORDER BY nullif(channel, '')), '') AS channels
FROM kept GROUP BY person, staff
"""


def lend(tables: Lake, rules: Rules) -> None:
    """What the statements join besides the events."""
    tables.register(
        "meanings",
        pa.table(
            {
                "name": [one.name for one in MEANINGS],
                "kind": [one.kind for one in MEANINGS],
                "channel": [one.channel for one in MEANINGS],
                "advised": [one.advised for one in MEANINGS],
                "whose": [one.whose for one in MEANINGS],
            }
        ),
    )
    staff = list(Staff.objects.values_list("public_id", "pk"))
    tables.register(
        "advisors",
        pa.table(
            {
                "public_id": pa.array([key for key, _ in staff], pa.string()),
                "staff": pa.array([pk for _, pk in staff], pa.int64()),
            }
        ),
    )
    tables.register(
        "weights",
        pa.table(
            {
                "kind": list(rules.weights),
                "weight": pa.array(map(float, rules.weights.values()), pa.float64()),
                "inward": pa.array([int(kind in THEIRS) for kind in rules.weights], pa.int32()),
                "outward": pa.array([int(kind in OURS) for kind in rules.weights], pa.int32()),
            }
        ),
    )


def sums_sql(rules: Rules, touches: str) -> str:
    """Sums of touches (a statement) by person and other side."""
    sums = ", ".join(
        f"sum(weight * pow(2, -(last - moment) / {rules.half_lives[role] * 86_400.0!r})) AS {role}" for role in ROLES
    )
    return _SUMS.format(touches=touches, sides=_SIDES, sums=sums)


def touches_of_sql(events: str, standing: str) -> str:
    """Every touch with the brand of whoever is in a table: person, kind, channel, moment."""
    visits = VISITS.format(events=events)
    touches = TOUCHES.format(events=events) + DAYS.format(visits=visits, channel=VISIT_CHANNEL)
    return f"SELECT person, kind, channel, moment FROM ({touches}) WHERE person IN (SELECT person FROM {standing})"  # noqa: S608


def brand_sql(rules: Rules, touches: str) -> str:
    """The bonds with the brand from a table of touches."""
    return sums_sql(rules, f"SELECT person, NULL::BIGINT AS staff, kind, channel, moment FROM {touches}")  # noqa: S608


def signs_sql(events: str) -> str:
    views = ", ".join(f"'{name}'" for name in VIEWS)
    return SIGNS.format(events=events, views=views)


def everything_sql(rules: Rules, events: str, today: int) -> str:
    """The bonds of everybody from all that happened, and the days of their visits that are to be remembered."""
    visits = VISITS.format(events=events)
    touches = TOUCHES.format(events=events) + DAYS.format(visits=visits, channel=VISIT_CHANNEL)
    return f"""
WITH bonds AS ({sums_sql(rules, touches)}),
visited AS (
    SELECT person, string_agg(CAST(day AS VARCHAR), ',' ORDER BY day) AS days FROM ({visits})
    WHERE day > {today - DAYS_KEPT} GROUP BY person
)
SELECT bonds.*, CASE WHEN bonds.staff IS NULL THEN coalesce(visited.days, '') ELSE '' END AS days
FROM bonds LEFT JOIN visited ON visited.person = bonds.person
WHERE bonds.person IN (SELECT person FROM standing)
"""  # noqa: S608


def closeness_sql(rules: Rules, bonds: str) -> str:
    """Of everybody who stands for themselves: until when strong and neutral, by the bonds of all whom they were."""
    last = ", ".join(
        f'sum({role} * pow(2, -(last - "at") / {rules.half_lives[role] * 86_400.0!r})) AS {role}' for role in ROLES
    )
    by_role = " ".join(f"WHEN '{role}' THEN {role}" for role in ROLES)
    lives = " ".join(f"WHEN '{role}' THEN {rules.half_lives[role] * 86_400.0!r}" for role in ROLES)
    return f"""
WITH of_brand AS (
    SELECT p.keeper, p.role, b.*, max(b."at") OVER (PARTITION BY p.keeper) AS last
    FROM ({bonds}) b JOIN standing p ON p.person = b.person WHERE b.staff IS NULL
), summed AS (
    SELECT keeper, any_value(role) AS role, max(last) AS "at", {last}, sum(inward) AS inward, sum(outward) AS outward,
           list_distinct(string_split(string_agg(nullif(channels, ''), ','), ',')) AS channels
    FROM of_brand GROUP BY keeper
), told AS (
    SELECT keeper, "at" AS moment, CASE role {lives} END AS life,
           (CASE role {by_role} END) * (CASE WHEN inward > 0 AND outward > 0 THEN {rules.reciprocal!r} ELSE 1 END)
           * (1 + {rules.per_channel!r} * greatest(coalesce(len(channels), 0) - 1, 0)) AS total
    FROM summed
)
SELECT keeper AS person,
       moment + life * log2(total / {needed(rules.strong_above)!r}) AS strong_until,
       moment + life * log2(total / {needed(rules.weak_below)!r}) AS neutral_until
FROM told WHERE total > 1e-9
"""  # noqa: S608


def standing_table(people: Iterable[tuple[int, int | None]], roles: dict[int, str]) -> pa.Table:
    """Everybody who is there, whom they became, and as what: the role is that of whom they are now."""
    rows = [(pk, keeper or pk) for pk, keeper in people]
    return pa.table(
        {
            "person": pa.array([pk for pk, _ in rows], pa.int64()),
            "keeper": pa.array([keeper for _, keeper in rows], pa.int64()),
            "role": pa.array([roles.get(keeper, "consumer") for _, keeper in rows], pa.string()),
        }
    )


def run(tables: Lake, sql: str) -> Any:
    return tables.backend.con.sql(sql).to_arrow_table()
