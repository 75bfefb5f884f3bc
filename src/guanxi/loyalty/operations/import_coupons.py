"""Coupons from a file: a row for each product that a coupon is good for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from guanxi.commerce import operations as commerce
from guanxi.commerce.models import Product
from guanxi.commerce.operations import Cells
from guanxi.commerce.queries import KnownProduct, products_by_number
from guanxi.kit import bulk
from guanxi.kit.keys import new
from guanxi.loyalty.models import Coupon, CouponProduct
from guanxi.people import operations as people
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

CODE = ImportField(
    "code",
    _("Coupon code"),
    required=True,
    synonyms=("coupon", "coupon_code", "coupon_upc", "优惠券", "优惠码", "券码", "쿠폰코드", "쿠폰"),
    example="SPRING-10",
)
CAMPAIGN = ImportField(
    "imported_campaign",
    _("Imported campaign"),
    synonyms=("campaign", "campaign_id", "campaign_name", "活动", "캠페인"),
    help=_("The mailing of your former system that carried the coupon."),
)


@dataclass(frozen=True, slots=True)
class CouponRow:
    row_no: int
    code: str
    product: str
    imported_campaign: str

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        return ()

    @property
    def link(self) -> tuple[str, str, str]:
        return (self.code, self.product, self.imported_campaign)


@dataclass
class CouponsPlan(Plan):
    codes: dict[str, int] = field(default_factory=dict)
    products: dict[str, KnownProduct] = field(default_factory=dict)
    new_codes: list[str] = field(default_factory=list)
    new_products: list[str] = field(default_factory=list)
    new_links: list[tuple[str, str, str]] = field(default_factory=list)


class CouponsKind:
    key = "coupons"
    position = 50
    label = _("Coupons")
    description = _("Coupons and what they are good for, a row for each product.")
    needs = _("Import products first.")
    fields = (
        CODE,
        ImportField(
            "product",
            _("Product number"),
            synonyms=("product_id", "sku", "product_number", "商品编号", "상품번호"),
            example="SKU-1182",
        ),
        CAMPAIGN,
    )
    options: tuple[ImportOption, ...] = ()
    takes_traits = False
    keep_together: str | None = "code"
    messages: Mapping[str, str] = {}

    def objections(self, columns: Mapping[str, str], options: Mapping[str, str]) -> list[Objection]:
        return []

    def prepare(self, rows: Sequence[Row], context: ImportContext) -> list[Ready | Rejected]:
        return commerce.read(rows, context, _coupon)

    def plan(self, ready: Sequence[CouponRow], context: ImportContext) -> CouponsPlan:
        codes, numbers = {row.code for row in ready}, {row.product for row in ready if row.product}
        plan = CouponsPlan(
            codes=coupon_ids(codes),
            products=products_by_number(numbers),
        )
        known = set(
            CouponProduct.objects.filter(coupon__in=plan.codes.values()).values_list(
                "coupon__code", "product__number", "imported_campaign"
            )
        )
        known |= {(code, "", "") for code in plan.codes}
        for row in ready:
            if row.link in known or (not row.product and row.code in plan.codes):
                plan.unchanged += 1
                continue
            known.add(row.link)
            plan.created += 1
            if row.product:
                plan.new_links.append(row.link)
        plan.new_codes = sorted(codes - set(plan.codes))
        plan.new_products = sorted({product for _code, product, _campaign in plan.new_links} - set(plan.products))
        return plan

    def write(self, plan: CouponsPlan, context: ImportContext) -> None:
        products = plan.products | commerce.add_bare_products(plan.new_products, import_id=context.import_id)
        coupons = plan.codes | add_coupons(plan.new_codes, import_id=context.import_id)
        if not plan.new_links:
            return
        rows = (
            (coupons[code], products[product].pk, campaign, context.import_id)
            for code, product, campaign in plan.new_links
        )
        bulk.insert(CouponProduct, ("coupon_id", "product_id", "imported_campaign", "import_id"), rows)

    def undo_steps(self) -> tuple[UndoStep, ...]:
        return (
            people.RemoveRows(Coupon, along=(CouponProduct,)),
            people.RemoveRows(CouponProduct, inside="coupon"),
            people.RemoveRows(Product),
        )


def _coupon(row_no: int, cells: Cells) -> CouponRow:
    code, product = cells.required("code", 60), cells.text("product", 60)
    return CouponRow(row_no, code, product, cells.text("imported_campaign", 80))


def coupon_ids(codes: Iterable[str]) -> dict[str, int]:
    return dict(Coupon.objects.filter(code__in=set(codes)).values_list("code", "pk"))


def add_coupons(codes: Sequence[str], *, import_id: int) -> dict[str, int]:
    if not codes:
        return {}
    rows = ((new("cpn"), code, import_id) for code in codes)
    bulk.insert(Coupon, ("public_id", "code", "import_id"), rows, or_ignore=True)
    return coupon_ids(codes)
