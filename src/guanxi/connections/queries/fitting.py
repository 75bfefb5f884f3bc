"""What came after each touch of ours, from the lake: the cases on which the bands are fitted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from guanxi.connections.queries import strength
from guanxi.connections.queries import touches as lake
from guanxi.connections.queries.preview import LARGEST_SAMPLE, chosen
from guanxi.connections.rules import fitting
from guanxi.connections.rules.fitting import ANSWER_DAYS, Cases, Fit
from guanxi.connections.rules.strength import DAY, Rules
from guanxi.events import queries as events

# A case is drawn among the touches of ours alone that are long enough ago: one a person, by lot that falls the same way
# each time. Whatever of theirs followed is an answer.
_CASES = """
WITH known AS (
    SELECT p.keeper, p.role, s.channel, s.moment, w.weight, w.inward, w.outward
    FROM sampled s JOIN standing p ON p.person = s.person JOIN weights w ON w.kind = s.kind
), asked AS (
    SELECT keeper, any_value(role) AS role, arg_min(moment, hash(keeper, moment)) AS moment FROM known
    WHERE outward = 1 AND inward = 0 AND moment <= {latest} GROUP BY keeper
), past AS (
    SELECT a.keeper, sum(k.weight * pow(2, -(a.moment - k.moment) / (CASE a.role {lives} END))) AS total,
           max(k.inward) = 1 AND max(k.outward) = 1 AS mutual, count(DISTINCT nullif(k.channel, '')) AS channels
    FROM asked a JOIN known k ON k.keeper = a.keeper AND k.moment < a.moment GROUP BY a.keeper
), answered AS (
    SELECT DISTINCT a.keeper FROM asked a JOIN known k ON k.keeper = a.keeper
    WHERE k.inward = 1 AND k.moment > a.moment AND k.moment <= a.moment + {answer}
)
SELECT hash(a.keeper, 1) % 2 = 0 AS fits, count(*) AS n, count(r.keeper) AS answered,
       round(coalesce(1 - exp(-p.total * CASE WHEN p.mutual THEN {reciprocal} ELSE 1 END
                              * (1 + {per_channel} * greatest(p.channels - 1, 0))), 0), 3) AS strength
FROM asked a LEFT JOIN past p USING (keeper) LEFT JOIN answered r USING (keeper) GROUP BY 1, 4 ORDER BY 1, 4
"""


def strength_fit(at: datetime, sample: int = LARGEST_SAMPLE) -> Fit:
    """Edges that mean what they say, for the weights of today. Raises NoFit."""
    by = strength.rules()
    return fitting.fit(cases(by, at, sample), by.weak_below, by.strong_above)


def cases(by: Rules, at: datetime, sample: int = LARGEST_SAMPLE) -> list[Cases]:
    answer = ANSWER_DAYS * DAY
    sql = _CASES.format(
        latest=at.timestamp() - answer,
        answer=answer,
        lives=" ".join(f"WHEN '{role}' THEN {days * DAY!r}" for role, days in by.half_lives.items()),
        reciprocal=repr(by.reciprocal),
        per_channel=repr(by.per_channel),
    )
    with events.lake() as tables:
        chosen(tables, sample)
        lake.lend(tables, by)
        rows = lake.run(tables, sql).to_pylist()
    return [Cases(row["strength"], row["n"], row["answered"], row["fits"]) for row in rows]


def with_edges(rules: Rules, fit: Fit) -> Rules:
    return replace(rules, weak_below=fit.weak_below, strong_above=fit.strong_above)
