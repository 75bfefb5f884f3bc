"""The eight as kept audiences of a workspace: what the builder's count takes, a look after new events, and appending
while others ask.

The lake is a copy of the invented one under the application's own tables, so the invented one stays as it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
from django.conf import settings
from django.db.models import F, Sum
from django.test import override_settings
from django.urls import reverse

from guanxi.audiences import operations as audiences
from guanxi.audiences import queries
from guanxi.audiences.models import Audience, AudienceDay, AudienceMember
from guanxi.bench import brand, shop
from guanxi.bench.asking import Row, ask, opened, told
from guanxi.bench.eight import NOW, PAIRS
from guanxi.bench.people import client_of, page_of
from guanxi.bench.processes import beside
from guanxi.events import operations as events
from guanxi.events.queries import EVENTS
from guanxi.governance.models import Workspace
from guanxi.governance.queries import entered
from guanxi.kit import clock

ROUNDS = 5
COUNT_SECONDS, REFRESH_SECONDS, BESIDE_READERS = 0.3, 2.0, 0.6
NEW, READERS = 10_000, 4
ROWS_A_BATCH = 50_000
PLAIN = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
TURNS = 3
A_MOMENT, AN_HOUR = timedelta(minutes=5), timedelta(hours=1)
A_TURN = 2 * A_MOMENT

# Those after the ones that there are; with `apart`, each of another person.
MORE = """
SELECT * REPLACE (CASE WHEN $apart THEN 1 + (row_number() OVER () * 7919) % $people ELSE person END AS person)
FROM ({of_month})
"""


def rows(lake: Path, size: shop.Size) -> Iterator[Row]:
    workspace = brand.founded(lake, size.people)
    with entered(workspace), override_settings(STORAGES=settings.STORAGES | PLAIN):
        kept = [audiences.save_audience(name=one.name, rule=_rule(one.rule), by=None, now=NOW) for one in PAIRS]
        yield from (_counted(workspace, one) for one in kept)
        yield told("the first look at all eight", _looked(NOW), "s")
        members = AudienceMember.objects.count()
        written, took = zip(*(_after_new(size, NOW + turn * A_TURN) for turn in range(TURNS)), strict=True)
        yield told(f"{NEW:,} new events into the lake", median(written), "s")
        _check(kept, NOW + TURNS * A_TURN)
        name = (
            f"all eight, of {members:,} members, after {NEW:,} new events ({_moved():,} came or went in {TURNS} turns)"
        )
        yield told(name, median(took), "s", target=REFRESH_SECONDS, low=True)
        yield _beside_readers(size, Path(settings.LAKE) / str(workspace.pk))


def _after_new(size: shop.Size, at: datetime) -> tuple[float, float]:
    _put(size, NEW, at, apart=True)
    return _written(), _looked(at + A_TURN)


def _rule(where: dict[str, Any]) -> dict[str, Any]:
    return {"version": 1, "where": where}


def _counted(workspace: Workspace, audience: Audience) -> Row:
    """As the builder asks, the rendering included, once it was answered for the first time."""
    place = reverse("audience_people", args=[workspace.slug, audience.public_id])
    asked = page_of(client_of(brand.OWNER), place)
    asked()
    took = median(_seconds(asked) for _ in range(ROUNDS))
    return told(f"count and ten people: {audience.name}", took, "s", target=COUNT_SECONDS, low=True)


def _looked(now: datetime) -> float:
    """From the lane's first turn until the members of all are written."""
    Audience.objects.exclude(looked_at=None).update(looked_at=clock.wall() - 2 * AN_HOUR)
    took = _seconds(lambda: _until_idle(lambda: audiences.refresh_lane(now=now)))
    if Audience.objects.exclude(refreshed_at=now, problem="").exists():
        raise AssertionError("a look came to no end")
    return took


def _check(kept: list[Audience], now: datetime) -> None:
    for audience in kept:
        anew = queries.members(audience.rule, now=now)["person"].to_pylist()
        if sorted(queries.listed(audience.pk).to_pylist()) != anew:
            raise AssertionError(f"the members are not those who fit: {audience.name}")


def _moved() -> int:
    return int(AudienceDay.objects.aggregate(moved=Sum(F("entered") + F("left")))["moved"])


def _beside_readers(size: shop.Size, lake: Path) -> Row:
    """The lone rate is the mean of one before and one after."""
    many = size.people
    at = NOW + TURNS * A_TURN
    before = _appended(size, many, at)
    with beside(asked_in_turn, lake, processes=READERS) as answered:
        had = answered.value
        among = _appended(size, many, at + A_MOMENT)
        had = answered.value - had
    after = _appended(size, many, at + 2 * A_MOMENT)
    alone, rate = (before + after) / 2, among
    name = f"{many:,} events appended while {READERS} readers get {had:,} answers"
    return told(name, rate, "events/s", alone, rate / alone, BESIDE_READERS)


def asked_in_turn(lake: Path) -> None:
    """One of the eight, over the lake as it is now."""
    global _turn
    _turn += 1
    with opened(lake) as tables:
        ask(tables, PAIRS[_turn % len(PAIRS)].rule)


_turn = 0


def _appended(size: shop.Size, many: int, at: datetime) -> float:
    _put(size, many, at)
    return many / _written()


def _put(size: shop.Size, many: int, at: datetime, *, apart: bool = False) -> None:
    """So many events within the moment after `at`, handed over as intake does it."""
    step = A_MOMENT / timedelta(microseconds=1) / many
    since = size.events + int((at - NOW) / A_MOMENT) * size.events
    values = {
        "month": f"{at:%Y-%m}",
        "since": since,
        "until": since + many,
        "step": step,
        "first": at - timedelta(microseconds=since * step),
        "people": size.people,
        "apart": apart,
    }
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        table = engine.sql(MORE.format(of_month=shop.EVENTS_OF), params=values).to_arrow_table()
    table = table.select(EVENTS.names).cast(EVENTS)
    for start in range(0, many, ROWS_A_BATCH):
        events.keep(table.slice(start, ROWS_A_BATCH), received_at=at + A_MOMENT, until=at + AN_HOUR)


def _written() -> float:
    return _seconds(lambda: _until_idle(lambda: events.write_lake(now=clock.now())))


def _until_idle(turn: Callable[[], object]) -> None:
    while turn():
        pass


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
