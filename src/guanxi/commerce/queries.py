"""Questions about orders: for the page of a person, the timeline, and the day of who works with these people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Sum

from guanxi.commerce.models import Order, OrderLine, Product
from guanxi.governance.models import Workspace
from guanxi.kit import scope
from guanxi.kit.money import Money
from guanxi.people.models import Note, Person


@dataclass(frozen=True)
class BoughtLine:
    product: str
    department: str
    quantity: int
    amount: Money


@dataclass(frozen=True)
class Totals:
    """`spent` is net of refunds and sums the reporting currency only; `other_currencies` counts what it leaves out."""

    orders: int
    spent: Money
    last_order_at: datetime | None
    other_currencies: int


@dataclass(frozen=True)
class OrderLabel:
    public_id: str
    number: str
    store: str
    total: Money
    refunded: Money


@dataclass(frozen=True)
class Ordered:
    """Somebody and the latest order."""

    person: Person
    at: datetime
    total: Money | None = None


@dataclass(frozen=True)
class Sold:
    """`sales` sum the reporting currency, refunds off."""

    orders: int
    sales: Money


class KnownProduct(NamedTuple):
    """What a line needs to know of its product; ten thousand of them are made where ten thousand rows would be slow."""

    pk: int
    number: str
    name: str
    department: str
    category: str
    brand: str


def products_by_number(numbers: Iterable[str]) -> dict[str, KnownProduct]:
    found = Product.objects.extra(where=["number = ANY(%s)"], params=[list(numbers)])
    return {row[1]: KnownProduct(*row) for row in found.values_list(*KnownProduct._fields)}


def order_lines(order_ids: Sequence[int]) -> dict[int, list[BoughtLine]]:
    """The lines of these orders, dearest first."""
    found: dict[int, list[BoughtLine]] = {pk: [] for pk in order_ids}
    lines = OrderLine.objects.filter(order__in=order_ids).order_by("-amount_minor", "id")
    for line in lines.select_related("order", "product"):
        product, amount = line.product, Money(line.amount_minor, line.order.currency)
        name, department = (str(product), product.department) if product else ("", "")
        found[line.order_id].append(BoughtLine(name, department, line.quantity, amount))
    return found


def totals(person: Person) -> Totals:
    currency = Workspace.objects.values_list("currency", flat=True).get(pk=scope.current())
    reported = Q(currency=currency)
    sums = Order.objects.filter(person=person).aggregate(
        orders=Count("id"),
        spent=Sum(F("total_minor") - F("refunded_minor"), filter=reported),
        last=Max("placed_at"),
        others=Count("id", filter=~reported),
    )
    return Totals(sums["orders"], Money(sums["spent"] or 0, currency), sums["last"], sums["others"])


def labels(order_ids: Sequence[int]) -> dict[int, OrderLabel]:
    """What a timeline says of these orders."""
    return {
        order.pk: OrderLabel(
            order.public_id,
            order.number,
            order.store,
            Money(order.total_minor, order.currency),
            Money(order.refunded_minor, order.currency),
        )
        for order in Order.objects.filter(pk__in=order_ids)
    }


def sold_between(since: datetime, until: datetime) -> tuple[int, Money]:
    """How many orders were placed in this time, and what those in the workspace's currency came to, refunds off."""
    currency = Workspace.objects.values_list("currency", flat=True).get(pk=scope.current())
    placed = Order.objects.filter(placed_at__gte=since, placed_at__lt=until)
    spent = Sum(F("total_minor") - F("refunded_minor"), filter=Q(currency=currency))
    sums = placed.aggregate(orders=Count("id"), spent=spent)
    return sums["orders"], Money(sums["spent"] or 0, currency)


def sold_by_unit(
    people: QuerySet[Person], since: datetime, middle: datetime, until: datetime
) -> dict[int | None, tuple[Sold, Sold]]:
    """By the unit of the buyer: from `middle` on, and before it. Units in which nobody ordered are missing."""
    currency = Workspace.objects.values_list("currency", flat=True).get(pk=scope.current())
    placed = Order.objects.filter(placed_at__gte=since, placed_at__lt=until, person__in=people)
    lately, reported = Q(placed_at__gte=middle), Q(currency=currency)
    net = F("total_minor") - F("refunded_minor")
    rows = placed.order_by().values("person__unit")
    rows = rows.annotate(
        orders=Count("id", filter=lately),
        sales=Sum(net, filter=lately & reported),
        orders_before=Count("id", filter=~lately),
        sales_before=Sum(net, filter=~lately & reported),
    )
    return {
        row["person__unit"]: (
            Sold(row["orders"], Money(row["sales"] or 0, currency)),
            Sold(row["orders_before"], Money(row["sales_before"] or 0, currency)),
        )
        for row in rows
    }


def bought_lately(people: QuerySet[Person], since: datetime, most: int) -> list[Ordered]:
    """Whoever ordered since then, the latest first; a note that was written after it takes them off the list."""
    written = Note.objects.filter(person=OuterRef("person"), at__gte=OuterRef("placed_at"))
    rows = Order.objects.filter(~Exists(written), placed_at__gte=since, person__in=people)
    found: dict[int, Ordered] = {}
    for one in rows.select_related("person").order_by("-placed_at", "-pk")[: most * 10]:
        found.setdefault(one.person_id, Ordered(one.person, one.placed_at, Money(one.total_minor, one.currency)))
    return list(found.values())[:most]


def stayed_away(people: QuerySet[Person], since: datetime, until: datetime, least: int, most: int) -> list[Ordered]:
    """Whoever ordered at least `least` times, the last time in this span: the latest first. A note that was written
    after it takes them off the list."""
    latest = Order.objects.filter(person=OuterRef("pk")).order_by("-placed_at").values("placed_at")[:1]
    written = Note.objects.filter(person=OuterRef("pk"), at__gte=until)
    away = people.annotate(last=Subquery(latest)).filter(~Exists(written), last__gte=since, last__lt=until)
    found = list(away.order_by("-last", "pk")[: most * 10])
    orders = Order.objects.filter(person__in=[one.pk for one in found]).order_by().values_list("person")
    often = {person for person, count in orders.annotate(Count("id")) if count >= least}
    return [Ordered(one, one.last) for one in found if one.pk in often][:most]


def has_money() -> bool:
    """Whether amounts are kept: from then on the workspace's currency stays."""
    return Order.objects.exists()
