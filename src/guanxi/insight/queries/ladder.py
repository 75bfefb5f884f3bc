"""How people move on the ladder, from the proofs themselves: exact, with every merge and every undo in it.

Somebody comes onto a level when a proof of it begins and no other holds, and loses it when the last one ends. The first
answer of a large workspace takes a while, so what took long is kept for ten minutes.
"""

from __future__ import annotations

import time as clock
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db import connection
from django.db.models import Count, QuerySet

from guanxi.governance.models import Staff, Workspace
from guanxi.kit import scope
from guanxi.people import queries as people
from guanxi.people.models import Level, LevelProof, Membership, Person

LEVELS = tuple(Level.values)
WINDOWS = (30, 60, 90)
KEPT_SECONDS, SLOW_SECONDS = 600, 0.25
PROOF, PERSON = LevelProof._meta.db_table, Person._meta.db_table
_RANK = "array_position(%(ladder)s::varchar[], {of}.level)"

# Everything below asks of `who`: the people whom the page may count.
_REACHED = f"""
SELECT proof.id, proof.person_id, proof.level, proof.since AS at FROM {PROOF} proof JOIN who ON who.id = proof.person_id
WHERE proof.workspace_id = %(workspace)s AND proof.since >= %(since)s AND proof.since < %(until)s
  AND NOT EXISTS (SELECT FROM {PROOF} other WHERE other.person_id = proof.person_id AND other.level = proof.level
      AND (other.since, other.id) < (proof.since, proof.id)
      AND (other.ended_at IS NULL OR other.ended_at >= proof.since))
"""  # noqa: S608
_LOST = f"""
SELECT proof.id, proof.person_id, proof.level, proof.ended_at AS at, proof.since FROM {PROOF} proof
JOIN who ON who.id = proof.person_id
WHERE proof.workspace_id = %(workspace)s AND proof.ended_at >= %(since)s AND proof.ended_at < %(until)s
  AND proof.ended_at > proof.since
  AND NOT EXISTS (SELECT FROM {PROOF} other WHERE other.person_id = proof.person_id AND other.level = proof.level
      AND other.id <> proof.id AND other.since <= proof.ended_at
      AND (other.ended_at IS NULL OR (other.ended_at, other.id) > (proof.ended_at, proof.id)))
"""  # noqa: S608
_FLOWS = """
SELECT 'reached', level, (at AT TIME ZONE %(zone)s)::date, count(*) FROM reached GROUP BY 2, 3
UNION ALL
SELECT 'lost', level, (at AT TIME ZONE %(zone)s)::date, count(*) FROM lost GROUP BY 2, 3
"""
# Whoever stood on the higher level already is none who could still get there.
_CONVERSION = f"""
SELECT came.level, aim.level, came.at <= %(now)s - make_interval(days => span.days) AS whole, span.days, count(*),
       count(*) FILTER (WHERE got.since < came.at + make_interval(days => span.days))
FROM (SELECT person_id, level, min(at) AS at FROM reached GROUP BY 1, 2
      UNION ALL SELECT id, 'visitor', created_at FROM who WHERE created_at >= %(since)s AND created_at < %(until)s) came
JOIN unnest(%(ladder)s::varchar[]) AS aim(level)
  ON array_position(%(ladder)s::varchar[], aim.level) > array_position(%(ladder)s::varchar[], came.level)
LEFT JOIN LATERAL (SELECT min(proof.since) AS since FROM {PROOF} proof
                   WHERE proof.person_id = came.person_id AND proof.level = aim.level) got ON true
CROSS JOIN unnest(%(windows)s::int[]) AS span(days)
WHERE got.since IS NULL OR got.since >= came.at
GROUP BY 1, 2, 3, 4
"""  # noqa: S608
# How long they had been on the level that they left in this time, upwards or by losing it.
_TIME = f"""
SELECT level, count(*), percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY extract(epoch FROM stayed))
FROM (
    SELECT below.level, reached.at - below.since AS stayed FROM reached
    CROSS JOIN LATERAL (
        SELECT proof.level, min(proof.since) AS since FROM {PROOF} proof
        WHERE proof.person_id = reached.person_id AND proof.since < reached.at
          AND (proof.ended_at IS NULL OR proof.ended_at >= reached.at)
        GROUP BY proof.level ORDER BY {_RANK.format(of="proof")} DESC LIMIT 1
    ) below
    WHERE {_RANK.format(of="below")} < {_RANK.format(of="reached")}
    UNION ALL SELECT level, at - since FROM lost
) left_it GROUP BY level
"""  # noqa: S608


@dataclass(frozen=True)
class LadderWanted:
    """Whole days of the workspace's zone, both counted; None asks for nothing."""

    first: date
    last: date
    unit: int | None = None
    source: str = ""


@dataclass(frozen=True)
class Flow:
    level: str
    now: int
    reached: int
    lost: int
    reached_by_day: Sequence[int]
    lost_by_day: Sequence[int]


@dataclass(frozen=True)
class Conversion:
    """Of `of` who came onto `level` at least so many days ago, `done` came onto `aim` within them; `early` came too
    lately to tell."""

    level: str
    aim: str
    days: int
    of: int
    done: int
    early: int


@dataclass(frozen=True)
class TimeOn:
    """Days on a level, of those who left it in this time: quartiles."""

    level: str
    people: int
    lower: float
    median: float
    upper: float


@dataclass(frozen=True)
class Ladder:
    days: Sequence[date]
    flows: Sequence[Flow]
    conversions: Sequence[Conversion]
    times: Sequence[TimeOn]
    members: int
    came: int
    """People who were new in this time."""
    made_at: datetime
    took: float = field(default=0.0, compare=False)


def ladder(staff: Staff, wanted: LadderWanted, *, now: datetime) -> Ladder:
    """Of the people whom `staff` may see."""
    who = people.visible(staff)
    if wanted.unit is not None:
        who = who.filter(unit=wanted.unit)
    if wanted.source:
        who = who.filter(source=wanted.source)
    sql, given = who.order_by().values("id", "created_at").query.sql_with_params()
    key = "ladder:" + sha256(repr((scope.current(), sql, given, wanted)).encode()).hexdigest()
    kept: Ladder | None = cache.get(key)
    if kept is not None:
        return kept
    began = clock.monotonic()
    made = _ladder(who, sql, given, wanted, now)
    if clock.monotonic() - began > SLOW_SECONDS:
        cache.set(key, made, KEPT_SECONDS)
    return made


def _ladder(who: QuerySet[Person], sql: str, given: Any, wanted: LadderWanted, now: datetime) -> Ladder:
    zone = ZoneInfo(Workspace.objects.values_list("timezone", flat=True).get(pk=scope.current()))
    since = datetime.combine(wanted.first, time(), zone)
    until = datetime.combine(wanted.last + timedelta(days=1), time(), zone)
    asked: dict[str, Any] = {
        "workspace": scope.current(),
        "since": since,
        "until": until,
        "now": now,
        "zone": zone.key,
        "ladder": list(LEVELS),
        "windows": list(WINDOWS),
    }
    standing = dict(who.order_by().values_list("level").annotate(people=Count("pk")))
    members = Membership.objects.filter(ended_at=None, person__in=who).values("person").distinct().count()
    came = who.filter(created_at__gte=since, created_at__lt=until).count()
    with connection.cursor() as cursor:
        inner = cast(Any, connection.ops).compose_sql(sql, given).replace("%", "%%")
        parts = (
            f"WITH who AS MATERIALIZED ({inner}), reached AS MATERIALIZED ({_REACHED}), lost AS MATERIALIZED ({_LOST}) "
        )
        cursor.execute(parts + _FLOWS, asked)
        moved = cursor.fetchall()
        cursor.execute(parts + _CONVERSION, asked)
        converted = cursor.fetchall()
        cursor.execute(parts + _TIME, asked)
        stayed = {level: (count, quartiles) for level, count, quartiles in cursor.fetchall()}
    days = [wanted.first + timedelta(days=n) for n in range((wanted.last - wanted.first).days + 1)]
    return Ladder(
        days,
        _flows(days, standing, moved, came),
        _conversions(converted),
        [_time(level, *stayed[level]) for level in LEVELS if level in stayed],
        members,
        came,
        now,
    )


def _flows(days: Sequence[date], standing: dict[str, int], moved: Sequence[Any], came: int) -> list[Flow]:
    counts: dict[tuple[str, str], dict[date, int]] = defaultdict(dict)
    for way, level, day, count in moved:
        counts[way, level][day] = count
    found = []
    for level in LEVELS:
        up, down = ([counts[way, level].get(day, 0) for day in days] for way in ("reached", "lost"))
        found.append(Flow(level, standing.get(level, 0), sum(up), sum(down), up, down))
    return found


def _conversions(rows: Sequence[Any]) -> list[Conversion]:
    found: dict[tuple[str, str, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for level, aim, whole, days, count, done in rows:
        of = found[level, aim, days]
        if whole:
            of[0] += count
            of[1] += done
        else:
            of[2] += count
    order = {level: place for place, level in enumerate(LEVELS)}
    return [
        Conversion(level, aim, days, *counts)
        for (level, aim, days), counts in sorted(
            found.items(), key=lambda one: (order[one[0][0]], order[one[0][1]], one[0][2])
        )
    ]


def _time(level: str, count: int, quartiles: Sequence[float]) -> TimeOn:
    lower, median, upper = (seconds / 86_400 for seconds in quartiles)
    return TimeOn(level, count, lower, median, upper)
