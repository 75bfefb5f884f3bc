"""What is announced of orders: the same facts when they come in and when they outlive an import that was undone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from guanxi.commerce.events import OrderPaid, OrderRefunded, ProductBought
from guanxi.commerce.models import Order, OrderLine, Refund
from guanxi.commerce.queries import KnownProduct
from guanxi.events.operations import Happened


def paid(order: Order, lines: int) -> Happened:
    fact = OrderPaid(
        person=order.person_id,
        order_id=order.pk,
        amount_minor=order.total_minor,
        currency=order.currency,
        store=order.store,
        lines=lines,
        number=order.number,
        import_id=order.import_id,
    )
    return Happened(fact, order.placed_at)


def bought(order: Order, product: KnownProduct, amount_minor: int, quantity: int) -> Happened:
    fact = ProductBought(
        person=order.person_id,
        order_id=order.pk,
        product_id=product.pk,
        amount_minor=amount_minor,
        currency=order.currency,
        product=product.name or product.number,
        department=product.department,
        category=product.category,
        brand=product.brand,
        quantity=quantity,
        import_id=order.import_id,
    )
    return Happened(fact, order.placed_at)


def refunded(order: Order, refund: Refund) -> Happened:
    fact = OrderRefunded(
        person=order.person_id,
        order_id=order.pk,
        amount_minor=refund.amount_minor,
        currency=order.currency,
        number=refund.number,
        import_id=refund.import_id,
    )
    return Happened(fact, refund.at)


def of_orders(orders: Iterable[Order]) -> Iterator[Happened]:
    """All purchases of orders that are already in the tables."""
    by_id = {order.pk: order for order in orders}
    counts = dict.fromkeys(by_id, 0)
    for line in OrderLine.objects.filter(order__in=by_id).select_related("product"):
        counts[line.order_id] += 1
        if line.product is not None:
            product = KnownProduct(*(getattr(line.product, name) for name in KnownProduct._fields))
            yield bought(by_id[line.order_id], product, line.amount_minor, line.quantity)
    for pk, order in by_id.items():
        yield paid(order, counts[pk])
