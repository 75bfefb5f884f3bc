"""Refunds from a file. What comes back is never more than what was paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from guanxi.commerce.models import Order, Refund
from guanxi.commerce.operations import facts
from guanxi.commerce.operations.cells import Cells, Unfit, read
from guanxi.commerce.operations.proving import end_refunded
from guanxi.commerce.operations.undoing import UndoRefunds, change_refunded
from guanxi.events import operations as events
from guanxi.kit.money import Money
from guanxi.people.port import (
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


@dataclass(frozen=True, slots=True)
class RefundRow:
    """The amount is still text: only the order says in which currency it is."""

    row_no: int
    number: str
    order: str
    cells: Cells
    at: datetime

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        return (("refund", self.number),)


@dataclass
class RefundsPlan(Plan):
    refunds: list[Refund] = field(default_factory=list)


class RefundsKind:
    key = "refunds"
    position = 40
    label = _("Refunds")
    description = _("Money that was given back, a row for each refund.")
    needs = _("Import orders first.")
    fields = (
        ImportField(
            "refund",
            _("Refund number"),
            required=True,
            synonyms=("refund_number", "refund_id", "退款单号", "환불번호"),
            example="RF-778",
        ),
        ImportField(
            "order",
            _("Order number"),
            required=True,
            synonyms=("order_number", "order_id", "order_no", "basket_id", "订单号", "订单编号", "주문번호"),
            example="SO-10023",
        ),
        ImportField(
            "refunded_at",
            _("Refunded at"),
            required=True,
            synonyms=("refund_date", "date", "time", "退款时间", "환불일시"),
            example="2026-11-25",
        ),
        ImportField("amount", _("Amount"), synonyms=("refund_amount", "退款金额", "환불금액"), example="12.50"),
        ImportField("amount_minor", _("Amount in cents"), synonyms=("amount_cents", "金额(分)"), example="1250"),
    )
    options: tuple[ImportOption, ...] = ()
    takes_traits = False
    keep_together: str | None = "order"
    messages = {
        "unknown_order": _("There is no order with the number %(value)s. Import the orders first."),
        "nothing_refunded": _("A refund of nothing is not a refund."),
        "more_than_left": _("Only %(left)s of the order %(order)s can still be refunded."),
        "amount_missing": _("Choose a column for the amount."),
    }

    def objections(self, columns: Mapping[str, str], options: Mapping[str, str]) -> list[Objection]:
        return [] if set(columns.values()) & {"amount", "amount_minor"} else [Objection("amount_missing")]

    def prepare(self, rows: Sequence[Row], context: ImportContext) -> list[Ready | Rejected]:
        return read(rows, context, _refund)

    def plan(self, ready: Sequence[RefundRow], context: ImportContext) -> RefundsPlan:
        numbers = {row.number for row in ready}
        known = set(Refund.objects.filter(number__in=numbers).values_list("number", flat=True))
        orders = {order.number: order for order in Order.objects.filter(number__in={row.order for row in ready})}
        plan, given = RefundsPlan(), dict[str, int]()
        for row in sorted(ready, key=lambda row: (row.at, row.row_no)):
            if row.number in known:
                plan.unchanged += 1
                continue
            answer = _fitting(row, orders.get(row.order), given.get(row.order, 0), context)
            if isinstance(answer, Rejected):
                plan.rejected.append(answer)
                continue
            given[row.order] = given.get(row.order, 0) + answer.amount_minor
            plan.created += 1
            plan.refunds.append(answer)
        return plan

    def write(self, plan: RefundsPlan, context: ImportContext) -> None:
        if not plan.refunds:
            return
        Refund.objects.bulk_create(plan.refunds, batch_size=1000)
        given: dict[int, int] = {}
        for refund in plan.refunds:
            given[refund.order_id] = given.get(refund.order_id, 0) + refund.amount_minor
        change_refunded(given)
        happened = [facts.refunded(refund.order, refund) for refund in plan.refunds]
        events.announce_many(happened, received_at=context.now, source=context.source)
        end_refunded(given, now=context.now, import_id=context.import_id)

    def undo_steps(self) -> tuple[UndoStep, ...]:
        return (UndoRefunds(),)


def _refund(row_no: int, cells: Cells) -> RefundRow:
    number, order = cells.required("refund", 60), cells.required("order", 60)
    return RefundRow(row_no, number, order, cells, cells.instant("refunded_at"))


def _fitting(row: RefundRow, order: Order | None, given: int, context: ImportContext) -> Refund | Rejected:
    if order is None:
        return Rejected(row.row_no, "unknown_order", {"value": row.order})
    try:
        amount = row.cells.amount(order.currency)
    except Unfit as bad:
        return Rejected(row.row_no, bad.reason, bad.detail)
    left = order.total_minor - order.refunded_minor - given
    if amount == 0:
        return Rejected(row.row_no, "nothing_refunded")
    if amount > left:
        shown = Money(left, order.currency).format("en")
        return Rejected(row.row_no, "more_than_left", {"left": shown, "order": order.number})
    return Refund(order=order, number=row.number, amount_minor=amount, at=row.at, import_id=context.import_id)
