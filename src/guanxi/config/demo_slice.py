"""The shipped year, moved so that it lies around today: its 270th day falls on the day the demo was made, or up to six
days before, because it moves by whole weeks and so keeps its weekdays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

DATA = Path(__file__).resolve().parent / "demo_data"
DAY_270 = date(2017, 9, 27)


@dataclass(frozen=True)
class Delivery:
    """A file of the slice: how its columns are read, and which column says when a row happened."""

    kind: str
    columns: dict[str, str]
    options: dict[str, str]
    at: str = ""
    also: str = ""
    """Columns that are made here, in SQL."""


def people(stores: tuple[str, ...], advisors: tuple[str, ...]) -> Delivery:
    """Everyone belongs to a store; three in ten are held by its advisor."""
    store = f"{list(stores)}[1 + customer % {len(stores)}]"
    advisor = f"CASE WHEN customer // {len(stores)} % 10 < 3 THEN {list(advisors)}[1 + customer % {len(stores)}] END"
    return Delivery(
        "people",
        {
            "customer": "customer_number",
            "name": "name",
            "email": "email",
            "phone": "phone",
            "language": "language",
            "marketing_consent": "consent",
            "advisor": "owner",
            "store": "unit",
            "age": "new:text",
            "income": "new:text",
            "home_ownership": "new:text",
            "household_size": "new:text",
            "kids": "new:text",
        },
        {"consent": "column"},
        also=f"{store} AS store, {advisor} AS advisor",
    )


PRODUCTS = Delivery(
    "products",
    {"product": "number", "name": "name", "department": "department", "category": "category", "brand": "brand"},
    {},
)
COUPONS = Delivery("coupons", {"coupon": "code", "product": "product", "campaign": "imported_campaign"}, {})
ORDERS = Delivery(
    "orders",
    {
        "order": "order",
        "customer": "customer_number",
        "placed_at": "placed_at",
        "store": "store",
        "product": "product",
        "quantity": "quantity",
        "amount_minor": "amount_minor",
    },
    {},
    at="placed_at",
)
REFUNDS = Delivery(
    "refunds",
    {"refund": "refund", "order": "order", "amount_minor": "amount_minor", "refunded_at": "refunded_at"},
    {},
    at="refunded_at",
)
REDEMPTIONS = Delivery(
    "redemptions",
    {"customer": "customer_number", "coupon": "code", "campaign": "imported_campaign", "redeemed_at": "redeemed_at"},
    {},
    at="redeemed_at",
)
# Refunds follow the orders they belong to.
HAPPENINGS = (ORDERS, REFUNDS, REDEMPTIONS)


def shift(made: date) -> timedelta:
    return timedelta(weeks=(made - DAY_270).days // 7)


def write(delivery: Delivery, path: Path, *, moved: timedelta, since: date | None, until: date | None) -> int:
    """Write the rows of [since, until) with moved dates as a file to import; gives their number."""
    source = f"read_parquet('{DATA / delivery.kind}.parquet')"
    made = f"*{', ' + delivery.also if delivery.also else ''}"
    if delivery.at:
        made = f"* REPLACE ({delivery.at} + to_days({moved.days}) AS {delivery.at})"
    bounds = [f"{delivery.at} {sign} TIMESTAMP '{day}'" for sign, day in ((">=", since), ("<", until)) if day]
    where = f"WHERE {' AND '.join(bounds)}" if delivery.at and bounds else ""
    with duckdb.connect() as engine:
        query = f"SELECT * FROM (SELECT {made} FROM {source}) {where}"  # noqa: S608
        rows = engine.execute(f"SELECT count(*) FROM ({query})").fetchall()[0][0]  # noqa: S608
        engine.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
    return int(rows)
