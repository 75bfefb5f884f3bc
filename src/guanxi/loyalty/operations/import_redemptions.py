"""Redemptions from a file: a coupon, a person and a time a row."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from guanxi.commerce import operations as commerce
from guanxi.commerce.models import Order
from guanxi.commerce.operations import Cells, Who
from guanxi.events import operations as events
from guanxi.events.operations import Happened
from guanxi.kit import bulk
from guanxi.kit.keys import new
from guanxi.loyalty.events import CouponRedeemed
from guanxi.loyalty.models import Coupon, Redemption
from guanxi.loyalty.operations.import_coupons import CAMPAIGN, CODE, add_coupons, coupon_ids
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

UNKNOWN_COUPON = ImportOption(
    "unknown_coupon",
    _("When a coupon is not known yet"),
    (Choice("create", _("Add it with its code only")), Choice("reject", _("Reject the row"))),
    "create",
)
COLUMNS = ("public_id", "number", "coupon_id", "person_id", "order_id", "at", "imported_campaign", "import_id")


@dataclass(frozen=True, slots=True)
class RedemptionRow:
    row_no: int
    number: str
    who: tuple[Who, ...]
    code: str
    at: datetime
    imported_campaign: str
    order: str

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        return (("redemption", self.number),) if self.number else ()


@dataclass(frozen=True, slots=True)
class NewRedemption:
    row: RedemptionRow
    number: str
    person: int
    order: int | None


@dataclass
class RedemptionsPlan(Plan):
    redemptions: list[NewRedemption] = field(default_factory=list)
    coupons: dict[str, int] = field(default_factory=dict)


class RedemptionsKind:
    key = "redemptions"
    position = 60
    label = _("Coupon redemptions")
    description = _("Who used which coupon, and when.")
    needs = _("Import people first, and coupons if you have them.")
    fields = (
        CODE,
        *commerce.WHO_FIELDS,
        ImportField(
            "redeemed_at",
            _("Redeemed at"),
            required=True,
            synonyms=("redemption_date", "used_at", "date", "time", "核销时间", "使用时间", "사용일시"),
            example="2026-11-21",
        ),
        CAMPAIGN,
        ImportField(
            "order",
            _("Order number"),
            synonyms=("order_number", "order_id", "order_no", "basket_id", "订单号", "订单编号", "주문번호"),
        ),
        ImportField(
            "redemption",
            _("Redemption number"),
            synonyms=("redemption_id", "redemption_number", "核销单号", "사용번호"),
            help=_("Without it, person, coupon, campaign and time together make a redemption one."),
        ),
    )
    options = (UNKNOWN_COUPON,)
    takes_traits = False
    keep_together: str | None = "code"
    messages = {
        "no_person": commerce.NO_PERSON,
        "who_missing": commerce.WHO_MISSING,
        "redemption_repeated": _(
            "Row %(first)s has the same person, coupon, campaign and time. Give redemption numbers to keep both."
        ),
        "unknown_coupon": _("There is no coupon with the code %(value)s."),
        "unknown_order": _("There is no order with the number %(value)s. Import the orders first."),
    }

    def objections(self, columns: Mapping[str, str], options: Mapping[str, str]) -> list[Objection]:
        return commerce.who_objections(columns)

    def prepare(self, rows: Sequence[Row], context: ImportContext) -> list[Ready | Rejected]:
        return commerce.read(rows, context, lambda row_no, cells: _redemption(row_no, cells, context))

    def plan(self, ready: Sequence[RedemptionRow], context: ImportContext) -> RedemptionsPlan:
        buyers = commerce.find_people({who for row in ready for who in row.who}, context)
        orders = dict(
            Order.objects.filter(number__in={row.order for row in ready if row.order}).values_list("number", "pk")
        )
        plan = RedemptionsPlan(coupons=coupon_ids(row.code for row in ready))
        must_be_known = context.options.get("unknown_coupon") == "reject"
        found: dict[str, NewRedemption] = {}
        for row in ready:
            person = next((buyers[who] for who in row.who if who in buyers), None)
            if person is None:
                plan.rejected.append(commerce.unknown_person(row.row_no, row.who))
            elif row.order and row.order not in orders:
                plan.rejected.append(Rejected(row.row_no, "unknown_order", {"value": row.order}))
            elif must_be_known and row.code not in plan.coupons:
                plan.rejected.append(Rejected(row.row_no, "unknown_coupon", {"value": row.code}))
            else:
                one = NewRedemption(row, row.number or _number(row, person), person, orders.get(row.order))
                first = found.setdefault(one.number, one)
                if first is not one:
                    plan.rejected.append(Rejected(row.row_no, "redemption_repeated", {"first": first.row.row_no}))
        known = set(Redemption.objects.filter(number__in=found).values_list("number", flat=True))
        plan.redemptions = [one for number, one in found.items() if number not in known]
        plan.unchanged, plan.created = len(known), len(plan.redemptions)
        return plan

    def write(self, plan: RedemptionsPlan, context: ImportContext) -> None:
        if not plan.redemptions:
            return
        missing = {one.row.code for one in plan.redemptions} - set(plan.coupons)
        coupons = plan.coupons | add_coupons(sorted(missing), import_id=context.import_id)
        rows = (_columns(one, coupons, context) for one in plan.redemptions)
        bulk.insert(Redemption, COLUMNS, rows)
        happened = [_redeemed(one, coupons, context) for one in plan.redemptions]
        events.announce_many(happened, received_at=context.now, source=context.source)

    def undo_steps(self) -> tuple[UndoStep, ...]:
        return (people.RemoveRows(Redemption), people.RemoveRows(Coupon))


def _redemption(row_no: int, cells: Cells, context: ImportContext) -> RedemptionRow:
    return RedemptionRow(
        row_no=row_no,
        number=cells.text("redemption", 160),
        who=commerce.read_who(cells, context),
        code=cells.required("code", 60),
        at=cells.instant("redeemed_at"),
        imported_campaign=cells.text("imported_campaign", 80),
        order=cells.text("order", 60),
    )


def _number(row: RedemptionRow, person: int) -> str:
    """The same redemption in two files has the same number. A digest: no address of the person may be in it."""
    same = "\0".join((str(person), row.code, row.imported_campaign, row.at.isoformat()))
    return f"auto-{hashlib.sha256(same.encode()).hexdigest()[:32]}"


def _columns(one: NewRedemption, coupons: Mapping[str, int], context: ImportContext) -> tuple[object, ...]:
    row = one.row
    return (
        *(new("rdm"), one.number, coupons[row.code], one.person, one.order),
        *(row.at, row.imported_campaign, context.import_id),
    )


def _redeemed(one: NewRedemption, coupons: Mapping[str, int], context: ImportContext) -> Happened:
    fact = CouponRedeemed(
        person=one.person,
        coupon_id=coupons[one.row.code],
        code=one.row.code,
        imported_campaign=one.row.imported_campaign,
        order_id=one.order,
        import_id=context.import_id,
    )
    return Happened(fact, one.row.at)
