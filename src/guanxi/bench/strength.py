"""Strength: everybody counted anew from the lake, and whether the bands tell who interacts again.

The second is measured on the Higgs activity data (a week of replies, mentions and retweets of 2012), when it lies
beside the repository (../shared/data/social).
"""

from __future__ import annotations

import gzip
import io
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv as csv

DATA = Path("..", "shared", "data", "social", "higgs-activity_time.txt.gz")
SIZES = {"small": 100_000, "full": 1_000_000}
SECONDS_A_MILLION = 60
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
HALF_LIFE_DAYS = 1.0
"""The data cover a week: half-lives of 60 days would never fade in them."""
Row = dict[str, Any]

# A tie is between two who acted to each other in either direction: a reply, a mention or a retweet (passed on).
TIES = """
CREATE TABLE ties AS SELECT least(a, b) AS x, greatest(a, b) AS y, a < b AS forth, t, k,
    CASE k WHEN 'RE' THEN 1.0 WHEN 'MT' THEN 1.2 ELSE 0.8 END AS weight FROM acts_raw WHERE a <> b
"""
# At the end of each day, every tie so far: how strong it is, and whether the two interact on the next day.
BY_BAND = f"""
WITH days AS (SELECT (SELECT min(t) FROM ties) + 86400 * d AS night FROM range(1, 6) q(d)),
past AS (
    SELECT night, x, y, sum(weight * pow(2, -(night - t) / ({HALF_LIFE_DAYS} * 86400))) AS total,
           bool_or(forth) AND bool_or(NOT forth) AS mutual, count(DISTINCT k) AS channels
    FROM ties JOIN days ON t < night GROUP BY ALL
), next AS (SELECT DISTINCT night, x, y FROM ties JOIN days ON t >= night AND t < night + 86400),
judged AS (
    SELECT 1 - exp(-total * CASE WHEN mutual THEN 1.25 ELSE 1 END * (1 + 0.15 * (channels - 1))) AS s,
           next.x IS NOT NULL AS again FROM past LEFT JOIN next USING (night, x, y)
)
SELECT CASE WHEN s < 0.35 THEN 'weak' WHEN s <= 0.65 THEN 'neutral' ELSE 'strong' END, count(*), avg(again::INT)
FROM judged GROUP BY 1 ORDER BY min(s)
"""
# After each interaction of two: is there another one in the week?
BY_COUNT = """
WITH counted AS (
    SELECT row_number() OVER w AS n, lead(t) OVER w IS NOT NULL AS again
    FROM ties WINDOW w AS (PARTITION BY x, y ORDER BY t)
)
SELECT CASE WHEN n = 1 THEN '1' WHEN n = 2 THEN '2' WHEN n <= 4 THEN '3 or 4' WHEN n <= 9 THEN '5 to 9'
            ELSE '10 and more' END, count(*), avg(again::INT)
FROM counted GROUP BY 1 ORDER BY min(n)
"""


def run(size: str) -> list[Row]:
    return [*_anew(SIZES[size]), *_again()]


def _again() -> Iterator[Row]:
    if not DATA.exists():
        return
    read = csv.ReadOptions(column_names=["a", "b", "t", "k"])
    with gzip.open(DATA) as packed:
        acts_raw = csv.read_csv(io.BytesIO(packed.read()), read, csv.ParseOptions(delimiter=" "))
    engine = duckdb.connect()
    engine.register("acts_raw", acts_raw)
    engine.execute(TIES)
    for what, sql in (("interact on the next day", BY_BAND), ("interact again, number of interactions", BY_COUNT)):
        for of, cases, again in engine.sql(sql).fetchall():
            yield _row(f"{what}: {of} ({cases:,} cases)", round(100 * again, 1), "%")


def _anew(count: int) -> Iterator[Row]:
    from guanxi.connections import operations as connections
    from guanxi.connections import queries as connected
    from guanxi.connections.models import Bond
    from guanxi.connections.queries.fitting import cases
    from guanxi.events import operations as events
    from guanxi.events.queries import EVENTS
    from guanxi.governance import operations as governance
    from guanxi.governance import queries
    from guanxi.governance.models import User
    from guanxi.kit import bulk, keys
    from guanxi.people.models import Person

    owner = User.objects.create_user("strength@example.test", "Strength")
    workspace = governance.create_workspace(
        name="Strength", slug="strength", country="CN", timezone="Asia/Shanghai", currency="CNY", owner=owner
    )
    dice = random.Random(7)
    with queries.entered(workspace):
        rows = ((keys.new("psn"), "", "", "visitor", "", "", "", NOW) for _ in range(count))
        columns = ["public_id", "name", "sort_key", "level", "country", "language", "source", "created_at"]
        bulk.insert(Person, columns, rows)
        people = list(Person.objects.values_list("pk", flat=True))
        for start in range(0, len(people), 100_000):
            some = people[start : start + 100_000]
            whom = [person for person in some for _ in range(dice.choice((1, 2, 3, 4)))]
            at = [NOW - timedelta(days=dice.uniform(0, 360)) for _ in whom]
            values = {
                "month": [f"{one:%Y-%m}" for one in at],
                "event_id": keys.event_ids(len(whom)),
                "person": whom,
                "name": dice.choices(["order.paid", "message.accepted"], k=len(whom)),
                "occurred_at": at,
                "received_at": [NOW] * len(whom),
            }
            parts = {
                field.name: pa.array(values[field.name], field.type)
                if field.name in values
                else pa.nulls(len(whom), field.type)
                for field in EVENTS
            }
            events.keep(pa.table(parts), received_at=NOW, until=NOW + timedelta(days=30))
        while events.write_lake(now=NOW):
            pass
        began = time.monotonic()
        connections.count_anew(now=NOW)
        first = time.monotonic() - began
        began = time.monotonic()
        connections.ask_anew(now=NOW)
        connections.count_anew(now=NOW)
        again = time.monotonic() - began
        bonds = Bond.objects.count()
        usual = connected.StrengthValues()
        began = time.monotonic()
        seen = connected.strength_preview(replace(usual, weights={**usual.weights, "order": 1.0}), NOW)
        previewed = time.monotonic() - began
        began = time.monotonic()
        judged_on = cases(usual, NOW)
        judged = time.monotonic() - began
    yield _row(f"what another weight moves, on {seen.of:,} of {seen.people:,} people", round(previewed, 1), "s")
    yield _row(f"cases to fit the bands on ({sum(one.count for one in judged_on):,})", round(judged, 1), "s")
    yield _row(f"strength of {count:,} people ({bonds:,} bonds) counted anew", round(first, 1), "s")
    most = SECONDS_A_MILLION * count / 1_000_000
    yield _row("the same once more, nothing changed", round(again, 1), "s", target=most, ok=max(first, again) <= most)


def _row(name: str, value: object, unit: str, *, target: object = None, ok: bool = True) -> Row:
    return {"name": name, "value": value, "unit": unit, "baseline": None, "ratio": None, "target": target, "ok": ok}
