"""Fitting the bands: on data whose truth is known, on the touches of a workspace, and on a week of 2012."""

from __future__ import annotations

import gzip
import io
import math
import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow.csv as csv
import pytest

from guanxi.connections import operations as connections
from guanxi.connections import queries
from guanxi.connections.queries.fitting import cases
from guanxi.connections.rules import fitting
from guanxi.connections.rules.fitting import Cases, NoFit, Step
from guanxi.connections.rules.strength import Rules
from guanxi.governance.models import Workspace
from guanxi.people.models import Person
from tests.connections.test_strength import counted, told
from tests.factories.people import make_person

HIGGS = Path("..", "shared", "data", "social", "higgs-activity_time.txt.gz")


def drawn(count: int, middle: float, seed: int = 3) -> list[Cases]:
    """Of people spread evenly over strength; the truth is a logistic curve that passes a half at `middle`."""
    dice = random.Random(seed)
    found: Counter[tuple[float, bool, bool]] = Counter()
    for _ in range(count):
        at = round(dice.random(), 3)
        answers = dice.random() < 1 / (1 + math.exp(-12 * (at - middle)))
        found[(at, dice.random() < 0.5, answers)] += 1
    return [Cases(at, n, n if answers else 0, fits) for (at, fits, answers), n in found.items()]


def test_edges_are_found_where_the_truth_has_them_and_the_other_half_agrees() -> None:
    some = drawn(30_000, 0.6)
    fit, kept = fitting.fit(some, 0.35, 0.65), [one for one in some if not one.fits]
    weak_truth = 0.6 - math.log(4) / 12
    assert fit.strong_above == pytest.approx(0.6, abs=0.04)
    assert fit.weak_below == pytest.approx(weak_truth, abs=0.04)
    assert fit.strong[0] - 0.02 <= 0.6 <= fit.strong[1] + 0.02
    strong, neutral, weak = fit.after
    assert strong.interval[0] > 0.5 > neutral.interval[1] and weak.interval[1] < 0.2 and fit.is_sure
    assert sum(one.count for one in fit.after) == sum(one.count for one in fit.before) == sum(one.count for one in kept)


@pytest.mark.parametrize("middle", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_proposed_makes_more_than_half_of_the_strong_answer_where_nothing_was_fitted(
    middle: float, seed: int
) -> None:
    some = drawn(4_000, middle, seed)
    fit = fitting.fit(some, 0.35, 0.65)
    strong, *_others = fitting.worth([one for one in some if not one.fits], fit.weak_below, fit.strong_above)
    assert strong == fit.after[0] and (strong.share or 0) > 0.5


def test_an_edge_that_the_other_half_does_not_confirm_is_not_proposed() -> None:
    lucky = [Cases(0.9, 60, 40, True), Cases(0.9, 60, 20, False)]
    rest = [Cases(0.1, 300, 40, fits) for fits in (True, False)]
    with pytest.raises(NoFit) as refused:
        fitting.fit([*lucky, *rest], 0.35, 0.65)
    assert (refused.value.reason, refused.value.count, refused.value.answered) == ("unconfirmed", 720, 140)


def test_pooling_gives_the_closest_curve_that_rises() -> None:
    points = [(0.1, 10, 1), (0.2, 10, 4), (0.3, 10, 2), (0.4, 10, 9)]
    assert fitting.rising(points) == [Step(0.1, 0.1, 10, 1), Step(0.2, 0.3, 20, 6), Step(0.4, 0.4, 10, 9)]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (drawn(300, 0.5), "few"),
        (drawn(5_000, 1.4), "few"),
        (drawn(60_000, 1.3), "never"),
        (drawn(9_000, -0.1), "always"),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_figures(given: list[Cases], reason: str) -> None:
    with pytest.raises(NoFit) as refused:
        fitting.fit(given, 0.35, 0.65)
    assert refused.value.reason == reason
    assert refused.value.count == sum(one.count for one in given)


def test_a_case_is_one_touch_of_ours_with_what_was_before_and_came_after(workspace: Workspace, now: datetime) -> None:
    close, cold, late = make_person(now=now), make_person("Cold", now=now), make_person("Late", now=now)
    told(now, (close.pk, 90, "order"), (close.pk, 20, "order"), (cold.pk, 3, "order"), (late.pk, 40, "order"))
    for person, ago in ((close, 30), (cold, 20), (late, 5)):
        wrote(person.pk, ago, now)
    counted(now)
    found = cases(Rules(), now)
    s = 1 - math.exp(-1.5 * 2 ** (-60 / 60))
    assert sorted((one.strength, one.count, one.answered) for one in found) == [(0, 1, 0), (round(s, 3), 1, 1)]
    with pytest.raises(NoFit):
        queries.strength_fit(now)


def wrote(person: int, ago: int, now: datetime) -> None:
    """A settled complaint is a touch of ours alone, too, and can be told without a message."""
    at = now - timedelta(days=ago)
    connections.record_touch(person=Person.objects.get(pk=person), kind="complaint_resolved", at=at, now=now)


@pytest.mark.skipif(not HIGGS.exists(), reason="the Higgs activity data are not beside the repository")
def test_on_a_week_of_2012_who_was_closer_answers_more_often_on_the_half_that_was_not_fitted() -> None:
    """A tie is asked once, at one of its interactions, by lot: is there another within a day? Half-life: a day."""
    read = csv.ReadOptions(column_names=["a", "b", "t", "k"])
    with gzip.open(HIGGS) as packed:
        acts = csv.read_csv(io.BytesIO(packed.read()), read, csv.ParseOptions(delimiter=" "))
    engine = duckdb.connect()
    engine.register("acts", acts)
    rows = engine.sql(
        """
WITH ties AS (SELECT least(a, b) AS x, greatest(a, b) AS y, a < b AS forth, t,
              CASE k WHEN 'RE' THEN 1.0 WHEN 'MT' THEN 1.2 ELSE 0.8 END AS weight FROM acts WHERE a <> b),
asked AS (SELECT x, y, arg_min(t, hash(x, y, t)) AS t, arg_min(forth, hash(x, y, t)) AS forth FROM ties GROUP BY x, y
          HAVING count(*) > 1),
judged AS (
    SELECT q.x, q.y, coalesce(sum(k.weight * pow(2, (k.t - q.t) / 86400.0)) FILTER (k.t < q.t), 0) AS total,
           count(*) FILTER (k.t > q.t AND k.t <= q.t + 86400) > 0 AS answered
    FROM asked q JOIN ties k ON k.x = q.x AND k.y = q.y GROUP BY q.x, q.y)
SELECT hash(x, y, 1) % 2 = 0, round(1 - exp(-total), 3), count(*), count(*) FILTER (answered) FROM judged GROUP BY 1, 2
"""
    ).fetchall()
    some = [Cases(at, count, answered, fits) for fits, at, count, answered in rows]
    curve = fitting.rising((one.strength, one.count, one.answered) for one in some if one.fits)
    middle = fitting.edge(curve, sum(one.answered for one in some) / sum(one.count for one in some))
    assert middle is not None
    strong, _neutral, weak = fitting.worth([one for one in some if not one.fits], middle, middle)
    assert strong.interval[0] > weak.interval[1]
