"""Taking an import back: what it added goes, unless something that came later stands on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from guanxi.commerce.models import Order, OrderLine, Product, Refund
from guanxi.commerce.operations import facts
from guanxi.commerce.operations.proving import EndDanglingProofs, prove_what_is_left
from guanxi.events import operations as events
from guanxi.people import operations as people
from guanxi.people.models import Person
from guanxi.people.port import TakenBack, UndoStep


@dataclass(frozen=True)
class KeptOrders:
    """Orders that stay no longer belong to the import: its facts are all retracted, so theirs are announced anew."""

    key: str = "kept orders"

    def take_back(self, *, import_id: int, after: int, limit: int, now: datetime) -> TakenBack:
        orders = list(Order.objects.filter(import_id=import_id, pk__gt=after).order_by("pk")[:limit])
        ids = [order.pk for order in orders]
        Order.objects.filter(pk__in=ids).update(import_id=None)
        OrderLine.objects.filter(order__in=ids).update(import_id=None)
        for order in orders:
            order.import_id = None
        events.announce_many(list(facts.of_orders(orders)), received_at=now, source="import")
        prove_what_is_left([order.person_id for order in orders], now)
        return TakenBack(ids[-1] if len(ids) == limit else None)


@dataclass(frozen=True)
class UndoRefunds:
    key: str = "refunds"

    def take_back(self, *, import_id: int, after: int, limit: int, now: datetime) -> TakenBack:
        new = Refund.objects.filter(import_id=import_id, pk__gt=after).order_by("pk")
        refunds = list(new.values_list("pk", "order", "amount_minor")[:limit])
        given: dict[int, int] = {}
        for _pk, order, amount in refunds:
            given[order] = given.get(order, 0) - amount
        change_refunded(given)
        ids = [pk for pk, _order, _amount in refunds]
        Refund.objects.filter(pk__in=ids).delete()
        return TakenBack(ids[-1] if len(ids) == limit else None, removed=len(ids))


def change_refunded(changes: Mapping[int, int]) -> None:
    """Add these minor units to what was given back of each order."""
    orders = [Order(pk=pk, refunded_minor=F("refunded_minor") + change) for pk, change in changes.items()]
    Order.objects.bulk_update(orders, ["refunded_minor"], batch_size=1000)


def orders_steps() -> tuple[UndoStep, ...]:
    orders = people.RemoveRows(Order, along=(OrderLine,), inside="person", then=prove_what_is_left)
    proofs = (people.TakeBackProofs(), KeptOrders(), EndDanglingProofs())
    return (orders, *proofs, people.RestoreChanges(Person), people.RemoveRows(Product))
