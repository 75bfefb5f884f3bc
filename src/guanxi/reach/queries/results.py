"""What came of a broadcast, with the sales of those who were to get it against those who were held out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import ibis
import pyarrow as pa
from django.db import connection

from guanxi.channels import queries as channels
from guanxi.events.queries import Lake, lake
from guanxi.governance.models import Workspace
from guanxi.kit import scope
from guanxi.reach.models import Broadcast
from guanxi.reach.rules import Arm, Effect, effect, watched_until

REACHED, HELD_OUT = 1, 0


@dataclass(frozen=True, slots=True)
class Other:
    """Orders in a currency that is not the workspace's: counted, not summed."""

    currency: str
    orders: int


@dataclass(frozen=True, slots=True)
class Sales:
    """Paid minus refunded between `since` and `until` in the reporting currency. `effect` is None while there are not
    enough people (`LEAST_PEOPLE` in each arm and `LEAST_BUYERS` in both together)."""

    since: datetime
    until: datetime
    currency: str
    reached: Arm
    held_out: Arm
    effect: Effect | None
    others: tuple[Other, ...] = ()


@dataclass(frozen=True, slots=True)
class Results:
    """`tally.opened` is an estimate: mail services fetch pictures for their users, and readers hide them."""

    tally: channels.Tally
    skipped: dict[str, int] = field(default_factory=dict)
    bounced: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    sales: Sales | None = None


def results(broadcast: Broadcast, *, now: datetime) -> Results:
    """`sales` is None before the start and without a hold-out."""
    return Results(
        tally=channels.tally(broadcast.origin),
        skipped=channels.reasons(broadcast.origin, "skipped"),
        bounced=channels.reasons(broadcast.origin, "bounced"),
        failed=channels.reasons(broadcast.origin, "failed"),
        sales=_sales(broadcast, broadcast.started_at, now) if broadcast.started_at else None,
    )


# Everyone who was chosen to get it, whether or not it arrived: a hold-out was chosen before anything could bounce, so
# leaving bounced people out of one arm only would make it look better than it is. Who was stopped was never chosen.
_ARMS = """
    SELECT person_id, (state <> 'held_out')::int FROM channels_message
    WHERE workspace_id = %s AND origin = %s
      AND (state IN ('held_out', 'accepted', 'bounced', 'failed', 'unknown')
           OR (state = 'skipped' AND due_at IS NOT NULL))
"""


def _sales(broadcast: Broadcast, since: datetime, now: datetime) -> Sales | None:
    arms = _arms(broadcast)
    if HELD_OUT not in set(arms["arm"].to_pylist()):
        return None
    until = watched_until(since, now)
    currency = Workspace.objects.only("currency").get(pk=scope.current()).currency
    with lake() as tables:
        orders = _orders(tables, arms, since, until)
        spent = tables.run(_spent(orders.filter(orders.currency == currency))).to_pylist()
        others = tables.run(_others(orders.filter(orders.currency != currency))).to_pylist()
    reached, held_out = (_arm(arm, arms, spent) for arm in (REACHED, HELD_OUT))
    return Sales(
        since=since,
        until=until,
        currency=currency,
        reached=reached,
        held_out=held_out,
        effect=effect(reached, held_out),
        others=tuple(Other(row["currency"], row["orders"]) for row in others),
    )


def _arms(broadcast: Broadcast) -> pa.Table:
    with connection.cursor() as cursor:
        cursor.execute(_ARMS, [scope.current(), broadcast.origin])
        rows = cursor.fetchall()
    people, arms = zip(*rows, strict=True) if rows else ((), ())
    return pa.table({"person": pa.array(people, pa.int64()), "arm": pa.array(arms, pa.int8())})


def _orders(tables: Lake, arms: pa.Table, since: datetime, until: datetime) -> Any:
    events = tables.events
    kept = events.filter(
        events.name.isin(["order.paid", "order.refunded"]),
        events.month >= since.strftime("%Y-%m"),
        events.month <= until.strftime("%Y-%m"),
        events.occurred_at >= since,
        events.occurred_at < until,
    )
    return kept.inner_join(tables.register("arms", arms), "person")


def _spent(orders: Any) -> Any:
    """One row a person who paid or got money back."""
    paid = orders.name == "order.paid"
    return orders.group_by("arm", "person").agg(
        minor=ibis.ifelse(paid, orders.amount_minor, -orders.amount_minor).sum(), bought=paid.any()
    )


def _others(orders: Any) -> Any:
    paid = orders.filter(orders.name == "order.paid")
    return paid.group_by("currency").agg(orders=paid.count()).order_by("currency")


def _arm(arm: int, arms: pa.Table, spent: list[dict[str, Any]]) -> Arm:
    amounts = [(int(row["minor"]), row["bought"]) for row in spent if row["arm"] == arm]
    return Arm(
        people=arms["arm"].to_pylist().count(arm),
        buyers=sum(bought for _, bought in amounts),
        total_minor=sum(minor for minor, _ in amounts),
        squares=sum(minor * minor for minor, _ in amounts),
    )
