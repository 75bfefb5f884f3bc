"""Orders from a file: a row a line. Each order comes in whole, once, and proves its buyer a customer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from guanxi.commerce import rules
from guanxi.commerce.models import Order, OrderLine
from guanxi.commerce.operations import facts
from guanxi.commerce.operations.buyers import (
    NO_PERSON,
    WHO_FIELDS,
    WHO_MISSING,
    find_people,
    read_who,
    unknown_person,
    who_objections,
)
from guanxi.commerce.operations.cells import Cells, read
from guanxi.commerce.operations.import_products import add_bare_products
from guanxi.commerce.operations.proving import Purchase, prove_purchases
from guanxi.commerce.operations.undoing import orders_steps
from guanxi.commerce.queries import KnownProduct, products_by_number
from guanxi.commerce.rules import Head, Line
from guanxi.events import operations as events
from guanxi.kit import bulk
from guanxi.kit.rows import next_ids
from guanxi.people import operations as people
from guanxi.people.port import (
    Choice,
    ImportContext,
    ImportField,
    ImportOption,
    Objection,
    Plan,
    Ready,
    Rejected,
    Row,
    UndoStep,
)

UNKNOWN_PRODUCT = ImportOption(
    "unknown_product",
    _("When a product is not known yet"),
    (
        Choice("create", _("Add it with its number only"), _("Importing products later fills in the rest.")),
        Choice("reject", _("Reject the order")),
    ),
    "create",
)


HEAD = ("order", "placed_at", "store", "currency", *(field.key for field in WHO_FIELDS))


@dataclass(frozen=True)
class NewOrder:
    head: Head
    person: int
    lines: tuple[Line, ...]

    @property
    def total_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)


@dataclass
class OrdersPlan(Plan):
    orders: list[NewOrder] = field(default_factory=list)
    products: dict[str, KnownProduct] = field(default_factory=dict)
    new_products: list[str] = field(default_factory=list)


class OrdersKind:
    key = "orders"
    position = 30
    label = _("Orders")
    description = _("Paid orders, a row for each line. An order that is already here is left as it is.")
    needs = _("Import people first, so that each order finds its buyer.")
    fields = (
        ImportField(
            "order",
            _("Order number"),
            required=True,
            synonyms=("order_number", "order_id", "order_no", "basket_id", "订单号", "订单编号", "주문번호"),
            example="SO-10023",
        ),
        *WHO_FIELDS,
        ImportField(
            "placed_at",
            _("Ordered at"),
            required=True,
            synonyms=("order_date", "date", "time", "transaction_timestamp", "paid_at", "下单时间", "주문일시"),
            example="2026-11-21 18:05",
            help=_("Without an offset it is read as local time of the workspace."),
        ),
        ImportField("store", _("Store"), synonyms=("store_id", "shop", "门店", "店铺", "매장")),
        ImportField("line", _("Line number"), synonyms=("line_no", "line_number", "item_id", "行号", "품목번호")),
        ImportField(
            "product", _("Product number"), synonyms=("product_id", "sku", "product_number", "商品编号", "상품번호")
        ),
        ImportField("quantity", _("Quantity"), synonyms=("qty", "数量", "수량"), example="2"),
        ImportField(
            "amount",
            _("Amount"),
            synonyms=("sales_value", "total", "price", "金额", "금액"),
            example="12.50",
            help=_("What was paid for the line, after discounts."),
        ),
        ImportField("amount_minor", _("Amount in cents"), synonyms=("amount_cents", "金额(分)"), example="1250"),
        ImportField("currency", _("Currency"), synonyms=("币种", "통화"), example="USD"),
    )
    options = (UNKNOWN_PRODUCT,)
    takes_traits = False
    keep_together: str | None = "order"
    messages = {
        "not_a_currency": _("“%(value)s” is not the code of a currency, such as USD."),
        "not_a_quantity": _("“%(value)s” is not a whole number of pieces."),
        "no_person": NO_PERSON,
        "line_repeated": _("Row %(first)s already has this line of the order. Give the lines numbers to keep both."),
        "order_differs": _("Buyer, time, store or currency differ from row %(first)s of the same order."),
        "order_incomplete": _("Left out with its order, because row %(row)s cannot come in."),
        "unknown_product": _("There is no product with the number %(value)s."),
        "who_missing": WHO_MISSING,
        "amount_missing": _("Choose a column for the amount."),
    }

    def objections(self, columns: Mapping[str, str], options: Mapping[str, str]) -> list[Objection]:
        found = who_objections(columns)
        return found if set(columns.values()) & {"amount", "amount_minor"} else [*found, Objection("amount_missing")]

    def prepare(self, rows: Sequence[Row], context: ImportContext) -> list[Ready | Rejected]:
        heads: dict[tuple[str, ...], Head] = {}
        answers = read(rows, context, lambda row_no, cells: _line(row_no, cells, context, heads))
        broken = {
            row.cells["order"]: row.row_no
            for row, answer in zip(reversed(rows), reversed(answers), strict=True)
            if isinstance(answer, Rejected) and row.cells.get("order")
        }
        lines = [answer for answer in answers if isinstance(answer, Line)]
        out = {flaw.row_no: _rejected(flaw) for flaw in rules.flaws(lines, broken)}
        return [out.get(answer.row_no, answer) for answer in answers]

    def plan(self, ready: Sequence[Line], context: ImportContext) -> OrdersPlan:
        by_number: dict[str, list[Line]] = defaultdict(list)
        for line in ready:
            by_number[line.head.number].append(line)
        there = Order.objects.extra(where=["number = ANY(%s)"], params=[list(by_number)])
        known = set(there.values_list("number", flat=True))
        buyers = find_people({who for line in ready for who in line.head.who}, context)
        plan = OrdersPlan(products=products_by_number({line.product for line in ready if line.product}))
        for number, lines in by_number.items():
            person = next((buyers[who] for who in lines[0].head.who if who in buyers), None)
            if number in known:
                plan.unchanged += len(lines)
            elif person is None:
                plan.rejected += [unknown_person(line.row_no, line.head.who) for line in lines]
            elif missing := _missing_product(lines, plan, context):
                plan.rejected += missing
            else:
                plan.created += len(lines)
                plan.orders.append(NewOrder(lines[0].head, person, tuple(lines)))
        wanted = {line.product for order in plan.orders for line in order.lines if line.product}
        plan.new_products = sorted(wanted - set(plan.products))
        return plan

    def write(self, plan: OrdersPlan, context: ImportContext) -> None:
        if not plan.orders:
            return
        products = plan.products | add_bare_products(plan.new_products, import_id=context.import_id)
        made = [
            (_order(pk, order, context), order.lines)
            for pk, order in zip(next_ids(Order, len(plan.orders)), plan.orders, strict=True)
        ]
        bulk.insert(Order, ORDER_COLUMNS, (_order_row(order) for order, _lines in made))
        bulk.insert(OrderLine, LINE_COLUMNS, (_line_row(order, line, products) for order, of in made for line in of))
        happened = [facts.paid(order, len(lines)) for order, lines in made]
        for order, lines in made:
            for line in lines:
                if line.product:
                    happened.append(facts.bought(order, products[line.product], line.amount_minor, line.quantity))
        events.announce_many(happened, received_at=context.now, source=context.source)
        purchases = (
            Purchase(order.person_id, order.pk, order.number, order.placed_at, order.import_id)
            for order, _lines in made
        )
        prove_purchases(purchases, now=context.now, import_id=context.import_id)
        last: dict[int, datetime] = {}
        for order, _lines in made:
            last[order.person_id] = max(order.placed_at, last.get(order.person_id, order.placed_at))
        people.saw(last, import_id=context.import_id)

    def undo_steps(self) -> tuple[UndoStep, ...]:
        return orders_steps()


def _line(row_no: int, cells: Cells, context: ImportContext, heads: dict[tuple[str, ...], Head]) -> Line:
    """`heads` are those read so far: the lines of an order say the same again and again."""
    same = cells.raw(HEAD)
    head = heads.get(same)
    if head is None:
        head = heads[same] = _head(cells, context)
    product = cells.text("product", 60)
    return Line(
        row_no=row_no,
        head=head,
        key=cells.text("line", 60) or product,
        product=product,
        quantity=cells.quantity(),
        amount_minor=cells.amount(head.currency),
    )


def _head(cells: Cells, context: ImportContext) -> Head:
    return Head(
        number=cells.required("order", 60),
        who=read_who(cells, context),
        placed_at=cells.instant("placed_at"),
        store=cells.text("store", 80),
        currency=cells.currency(),
    )


def _rejected(flaw: rules.Flaw) -> Rejected:
    detail = {"row": flaw.because_of} if flaw.what == "incomplete" else {"first": flaw.because_of}
    reasons = {"repeated": "line_repeated", "differs": "order_differs", "incomplete": "order_incomplete"}
    return Rejected(flaw.row_no, reasons[flaw.what], detail)


def _missing_product(lines: Sequence[Line], plan: OrdersPlan, context: ImportContext) -> list[Rejected]:
    if context.options.get("unknown_product") != "reject":
        return []
    culprit = next((line for line in lines if line.product and line.product not in plan.products), None)
    if culprit is None:
        return []
    first = Rejected(culprit.row_no, "unknown_product", {"value": culprit.product})
    rest = (line for line in lines if line is not culprit)
    return [first, *(Rejected(line.row_no, "order_incomplete", {"row": culprit.row_no}) for line in rest)]


def _order(pk: int, new: NewOrder, context: ImportContext) -> Order:
    return Order(
        pk=pk,
        number=new.head.number,
        person_id=new.person,
        placed_at=new.head.placed_at,
        store=new.head.store,
        currency=new.head.currency,
        total_minor=new.total_minor,
        import_id=context.import_id,
    )


ORDER_COLUMNS = (
    *("id", "public_id", "number", "person_id", "placed_at", "store", "currency"),
    *("total_minor", "refunded_minor", "import_id"),
)
LINE_COLUMNS = ("order_id", "line", "product_id", "quantity", "amount_minor", "import_id")


def _order_row(order: Order) -> tuple[Any, ...]:
    return tuple(getattr(order, column) for column in ORDER_COLUMNS)


def _line_row(order: Order, line: Line, products: Mapping[str, KnownProduct]) -> tuple[Any, ...]:
    product = products[line.product].pk if line.product else None
    return (order.pk, line.key, product, line.quantity, line.amount_minor, order.import_id)
