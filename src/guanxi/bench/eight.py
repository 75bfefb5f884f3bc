"""Eight audiences, each as a rule and as the SQL that one would write by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from guanxi.audiences.queries import Catalogue, Event, Named, Property, Trait

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ZONE = "Asia/Shanghai"
DAYS = 180
FIRST = NOW - timedelta(days=DAYS)
UNITS = 50
TAGS = 1_000

CATALOGUE = Catalogue(
    traits={"city": Trait("text"), "points": Trait("number")},
    events={
        "page.viewed": Event({"category": Property("text"), "seconds": Property("number")}),
        "cart.filled": Event(),
        "order.paid": Event({"store": Property("text")}, amount=True),
        "coupon.redeemed": Event(),
    },
    currency="CNY",
    tags={f"tag_{key}": Named(f"Tag {key}", (key,)) for key in range(1, TAGS + 1)},
    ties={
        "friend": {f"unt_{key}": Named(f"Unit {key}", (key,), "unit") for key in range(1, UNITS + 1)},
        "follow": {},
        "group": {},
        "referral": {},
    },
)

Dialect = Literal["duckdb", "postgres"]


@dataclass(frozen=True, slots=True)
class Pair:
    """The same question twice; what the SQL has in braces is said by `sql_of` for each engine."""

    name: str
    rule: dict[str, Any]
    sql: str

    def sql_of(self, dialect: Dialect) -> str:
        sql = self.sql
        for days in (7, 30, 60, 90):
            sql = sql.replace(f"{{{days} days}}", _since(days, dialect))
        # Shanghai is eight hours ahead all year.
        by_duckdb = "(epoch_us(occurred_at) + 28800000000) // 86400000000"
        by_postgres = "(occurred_at AT TIME ZONE 'Asia/Shanghai')::date"
        return sql.replace("{day}", by_duckdb if dialect == "duckdb" else by_postgres)


def _since(days: int, dialect: Dialect) -> str:
    first = datetime(2026, 11, 20, 16, tzinfo=UTC) - timedelta(days=days)
    after = datetime(2026, 11, 20, 16, tzinfo=UTC)
    inside = f"occurred_at >= timestamptz '{first}' AND occurred_at < timestamptz '{after}'"
    return f"month BETWEEN '{first:%Y-%m}' AND '{after:%Y-%m}' AND {inside}" if dialect == "duckdb" else inside


def _did(event: str, days: int | None = None, **more: Any) -> dict[str, Any]:
    within = {"type": "last_days", "days": days} if days else {"type": "ever"}
    return {"type": "did", "event": f"event:{event}", "within": within, **more}


def _did_not(event: str, days: int | None = None) -> dict[str, Any]:
    return _did(event, days) | {"type": "did_not"}


def _all(*clauses: dict[str, Any]) -> dict[str, Any]:
    return {"type": "all", "all": list(clauses)}


def _city(*cities: str) -> dict[str, Any]:
    return {"type": "trait", "trait": "trait:city", "op": "in", "value": list(cities)}


def _tag(key: int) -> dict[str, Any]:
    return {"type": "tag", "tags": [f"tag_{key}"]}


PAIRS = (
    Pair(
        "3 views in 7 days, no order in 30, much money, a tag, a unit's friend, a city",
        _all(
            _did("page.viewed", 7, having=[{"type": "count", "at_least": 3}]),
            _did_not("order.paid", 30),
            _did("order.paid", having=[{"type": "sum", "of": "amount", "at_least": 100_000}]),
            _tag(3),
            {"type": "tie", "kind": "friend", "of": ["unt_7", "unt_8", "unt_9"]},
            _city("C1", "C7", "C11"),
        ),
        """
        SELECT person FROM people
        WHERE traits ->> 'city' IN ('C1', 'C7', 'C11')
            AND person IN (SELECT person FROM tags WHERE tag = 3)
            AND person IN (SELECT person FROM ties WHERE kind = 'friend' AND state = 'active' AND unit IN (7, 8, 9))
            AND person IN (SELECT person FROM events WHERE name = 'page.viewed' AND {7 days}
                           GROUP BY person HAVING count(*) >= 3)
            AND person IN (SELECT person FROM events WHERE name = 'order.paid' AND currency = 'CNY'
                           GROUP BY person HAVING sum(amount_minor) >= 100000)
            AND NOT EXISTS (SELECT 1 FROM events WHERE events.person = people.person AND name = 'order.paid'
                            AND {30 days})
        """,
    ),
    Pair(
        "a cart filled and an order paid within 24 hours",
        {
            "type": "then",
            "first": {"event": "event:cart.filled"},
            "next": {"event": "event:order.paid"},
            "gap": {"unit": "hours", "number": 24},
            "within": {"type": "last_days", "days": 30},
        },
        """
        SELECT person FROM people WHERE person IN (
            SELECT a.person
            FROM (SELECT person, occurred_at FROM events WHERE name = 'cart.filled' AND {30 days}) a
            JOIN (SELECT person, occurred_at FROM events WHERE name = 'order.paid' AND {30 days}) b
                ON a.person = b.person AND b.occurred_at > a.occurred_at
                AND b.occurred_at <= a.occurred_at + interval '24 hours')
        """,
    ),
    Pair(
        "the first 5 % by money",
        {"type": "top", "percent": 5, "by": "sum", "event": "event:order.paid"},
        """
        SELECT person FROM (
            SELECT person, row_number() OVER (ORDER BY spent DESC, person) - 1 AS place, count(*) OVER () AS number
            FROM (SELECT person, sum(amount_minor) AS spent FROM events
                  WHERE name = 'order.paid' AND currency = 'CNY' GROUP BY person) figures
            WHERE person IN (SELECT person FROM people)) ranked
        WHERE place * 100 < number * 5
        """,
    ),
    Pair(
        "seen on 5 days of 30",
        _did("page.viewed", 30, having=[{"type": "days", "at_least": 5}]),
        """
        SELECT person FROM people WHERE person IN (
            SELECT person FROM events WHERE name = 'page.viewed' AND {30 days}
            GROUP BY person HAVING count(DISTINCT {day}) >= 5)
        """,
    ),
    Pair(
        "a city, a level and three tags",
        _all(_city("C2", "C5"), {"type": "level", "levels": ["customer"]}, _tag(1), _tag(2), _tag(4)),
        """
        SELECT person FROM people
        WHERE traits ->> 'city' IN ('C2', 'C5') AND level = 'customer'
            AND person IN (SELECT person FROM tags WHERE tag = 1)
            AND person IN (SELECT person FROM tags WHERE tag = 2)
            AND person IN (SELECT person FROM tags WHERE tag = 4)
        """,
    ),
    Pair(
        "saw a category, a property in JSON, twice in 30 days",
        _did(
            "page.viewed",
            30,
            where=[{"type": "prop", "prop": "prop:category", "op": "is", "value": "K17"}],
            having=[{"type": "count", "at_least": 2}],
        ),
        """
        SELECT person FROM people WHERE person IN (
            SELECT person FROM events WHERE name = 'page.viewed' AND {30 days} AND props ->> 'category' = 'K17'
            GROUP BY person HAVING count(*) >= 2)
        """,
    ),
    Pair(
        "bought once, and not for 60 days",
        _all(_did("order.paid"), _did_not("order.paid", 60)),
        """
        SELECT person FROM people
        WHERE person IN (SELECT person FROM events WHERE name = 'order.paid')
            AND NOT EXISTS (SELECT 1 FROM events WHERE events.person = people.person AND name = 'order.paid'
                            AND {60 days})
        """,
    ),
    Pair(
        "recent, and of the first fifth by number and by money",
        _all(
            _did("order.paid", 30),
            {"type": "top", "percent": 20, "by": "count", "event": "event:order.paid"},
            {"type": "top", "percent": 20, "by": "sum", "event": "event:order.paid"},
        ),
        """
        WITH figures AS (
            SELECT person, max(occurred_at) AS latest, count(*) AS orders,
                sum(CASE WHEN currency = 'CNY' THEN amount_minor END) AS spent
            FROM events WHERE name = 'order.paid' AND person IN (SELECT person FROM people) GROUP BY person
        ), placed AS (
            SELECT person, latest, count(*) OVER () AS number,
                row_number() OVER (ORDER BY orders DESC, person) - 1 AS by_orders,
                row_number() OVER (ORDER BY spent DESC NULLS LAST, person) - 1 AS by_money
            FROM figures
        )
        SELECT person FROM placed
        WHERE latest >= timestamptz '2026-10-21 16:00:00+00' AND latest < timestamptz '2026-11-20 16:00:00+00'
            AND by_orders * 100 < number * 20 AND by_money * 100 < number * 20
        """,
    ),
)
