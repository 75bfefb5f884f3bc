"""Every engine finds the people that the words mean. `make engines` asks them with worlds and rules drawn anew."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from guanxi.audiences import queries
from guanxi.audiences.queries import compile_rule, parse_rule
from guanxi.events import operations as events
from guanxi.governance.models import Workspace
from guanxi.kit.postgres import Cluster
from guanxi.people.events import LevelReached
from tests.audiences.engines import clickhouse, postgres, spark
from tests.audiences.reference import World, who
from tests.audiences.worlds import CATALOGUE, rules, world, worlds
from tests.factories import channels as make
from tests.factories.reach import into_lake
from tests.optional import needs

SLOWLY = os.environ.get("GUANXI_ENGINES") == "1"
ALIKE = world(3, 40, "America/New_York")
BOUGHT = "event:product.bought"


def did(**more: Any) -> dict[str, Any]:
    return {"type": "did", "event": BOUGHT, **more}


def then(kind: str, unit: str, number: int) -> dict[str, Any]:
    first = {"event": BOUGHT, "where": [{"type": "prop", "prop": "prop:gift", "op": "is_not", "value": True}]}
    following = {"event": "event:message.opened"}
    return {"type": kind, "first": first, "next": following, "gap": {"unit": unit, "number": number}}


def trait(name: str, op: str, *value: Any) -> dict[str, Any]:
    return {"type": "trait", "trait": f"trait:{name}", "op": op, **({"value": value[0]} if value else {})}


def yearly(**falls: Any) -> dict[str, Any]:
    return {"type": "yearly", "trait": "trait:born", "falls": falls}


def having(**measure: Any) -> dict[str, Any]:
    return did(having=[measure])


# Each kind of clause, measure and window at least once.
EVERY: list[dict[str, Any]] = [
    {"type": "level", "levels": ["fan", "customer"]},
    trait("city", "is", "上海"),
    trait("city", "is_not", "1"),
    trait("city", "contains", "1"),
    trait("age", "gte", 1),
    trait("age", "between", [-3, 1.5]),
    trait("born", "lt", "2026-11-02"),
    trait("born", "is_not_set"),
    trait("newsletter", "is", True),
    trait("country", "in", ["KR", "D1"]),
    did(within={"type": "last_days", "days": 3}),
    did(within={"type": "days_ago", "least": 2, "most": 6}),
    did(within={"type": "before", "date": "2026-10-30"}),
    did(within={"type": "since", "date": "2026-10-30"}, where=[{"type": "amount", "op": "gt", "value": 0}]),
    did(within={"type": "between", "first": "2026-10-31", "last": "2026-11-01"}),
    did(where=[{"type": "prop", "prop": "prop:department", "op": "not_in", "value": ["D1", "50%"]}]),
    {"type": "did_not", "event": "event:coupon.redeemed"},
    having(type="count", at_most=2),
    having(type="days", at_least=3),
    having(type="sum", at_least=3, at_most=9),
    having(type="sum", of="prop:quantity", at_least=2),
    having(type="min", of="prop:quantity", op="lt", value=0),
    having(type="max", of="amount", op="is", value=5),
    having(type="last", of="prop:department", op="is", value="D1"),
    having(type="last", of="prop:gift", op="is_not", value=True),
    having(type="first_time", within={"type": "last_days", "days": 9}),
    having(type="last_time", within={"type": "days_ago", "least": 1}),
    then("then", "days", 2),
    then("then_not", "hours", 30),
    {"type": "top", "percent": 20, "by": "sum", "event": BOUGHT},
    {"type": "bottom", "percent": 35, "by": "days", "event": "event:message.opened"},
    {"type": "share", "percent": 30, "skip": 20, "seed": "spring"},
    {"type": "audience", "audience": "aud_quiet"},
    yearly(type="month", month=2),
    yearly(type="month", month=2, day=29),
    yearly(type="months_ahead", months=0),
    yearly(type="next_days", days=7),
    yearly(type="next_days", days=118),
    {"type": "role", "roles": ["leader"]},
    {"type": "member"},
    {"type": "strength", "bands": ["weak", "strong"]},
    {"type": "strength", "bands": ["strong"], "of": ["stf_a"]},
    {"type": "strength", "bands": ["weak", "neutral"], "of": ["stf_a", "unt_a"]},
    {"type": "tag", "tags": ["tag_a"]},
    {"type": "tie", "kind": "friend", "of": ["stf_a", "unt_a"]},
    {"type": "consent", "channel": "email"},
    {"type": "consent", "channel": "email", "state": "none"},
    {"type": "not", "not": {"type": "consent", "channel": "sms", "state": "withdrawn"}},
    {"type": "any", "any": [{"type": "reachable", "channel": "email"}, trait("age", "is", 1)]},
    {"type": "reachable", "channel": "email", "purpose": "transactional"},
    {"type": "not", "not": {"type": "tie", "kind": "group", "state": "ended"}},
    {"type": "any", "any": [trait("age", "is", 1), then("then", "days", 5), {"type": "not", "not": did()}]},
]


@pytest.fixture(scope="module")
def in_postgres(cluster: Cluster) -> Iterator[postgres.Postgres]:
    with psycopg.connect(cluster.url("superuser", "postgres")) as connection:
        yield postgres.Postgres(connection)
        connection.rollback()


@pytest.fixture(scope="module")
def in_clickhouse(tmp_path_factory: pytest.TempPathFactory) -> clickhouse.ClickHouse:
    return clickhouse.ClickHouse(tmp_path_factory.mktemp("clickhouse"))


@pytest.fixture(scope="module")
def in_spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[spark.Spark]:
    needs("java")
    folder = tmp_path_factory.mktemp("spark")
    with spark.cluster(folder) as master:
        engine = spark.Spark(master, folder)
        assert engine.session.sparkContext.master == master
        yield engine
        engine.session.stop()


@pytest.fixture(scope="module", params=["in_postgres", "in_clickhouse", "in_spark"])
def engine(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def held(engine: Any) -> Any:
    return engine.hold(ALIKE)


def people(where: dict[str, Any], engine: Any, tables: Any, world: World) -> tuple[list[int], list[int]]:
    rule = parse_rule({"version": 1, "where": where}, CATALOGUE)
    expression = compile_rule(rule, tables, now=world.now, zone=world.zone, catalogue=CATALOGUE)
    return engine.people(expression), who(rule, world)


@pytest.mark.parametrize("where", EVERY, ids=lambda where: str(where["type"]))
def test_an_engine_finds_exactly_the_people_that_the_words_mean(where: dict[str, Any], engine: Any, held: Any) -> None:
    found, meant = people(where, engine, held, ALIKE)
    assert found == meant


def test_the_lake_of_a_workspace_is_asked_on_the_cluster(
    in_spark: spark.Spark, workspace: Workspace, now: datetime, settings: Any
) -> None:
    settings.LAKE_ENGINE = in_spark.session.sparkContext.master
    fan, customer = make.person(now, "a@example.test"), make.person(now, "b@example.test")
    events.announce(LevelReached(customer.pk, "customer", "order"), at=now)
    into_lake([fan, customer], now)
    reached = {
        "type": "did",
        "event": "event:level.reached",
        "where": [{"type": "prop", "prop": "prop:level", "op": "is", "value": "customer"}],
    }
    rule = {"version": 1, "where": {"type": "all", "all": [reached, {"type": "level", "levels": ["visitor"]}]}}
    assert queries.members(rule, now=now)["person"].to_pylist() == [customer.pk]


def test_the_rules_divide_the_people() -> None:
    """Else an engine that finds nobody would pass."""
    sizes = [len(who(parse_rule({"version": 1, "where": where}, CATALOGUE), ALIKE)) for where in EVERY]
    assert sum(0 < size < len(ALIKE.people) for size in sizes) >= 30


@pytest.mark.skipif(not SLOWLY, reason="make engines")
@settings(
    max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
@given(rules(), worlds())
def test_an_engine_finds_the_people_of_worlds_and_rules_drawn_anew(
    engine: Any, data: dict[str, Any], world: World
) -> None:
    found, meant = people(data["where"], engine, engine.hold(world), world)
    assert found == meant
