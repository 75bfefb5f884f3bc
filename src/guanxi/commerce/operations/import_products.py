"""Products from a file: a row a product."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from guanxi.commerce.models import Product
from guanxi.commerce.operations.cells import Cells, read
from guanxi.commerce.queries import KnownProduct, products_by_number
from guanxi.kit import bulk
from guanxi.kit.keys import new
from guanxi.people import operations as people
from guanxi.people.port import (
    ON_MATCH,
    ImportContext,
    ImportField,
    Objection,
    Plan,
    Ready,
    Rejected,
    Row,
    UndoStep,
)

DESCRIBED = {"name": 200, "department": 80, "category": 120, "brand": 80}
COLUMNS = ("public_id", "number", *DESCRIBED, "import_id")


@dataclass(frozen=True, slots=True)
class ProductRow:
    row_no: int
    number: str
    described: Mapping[str, str]

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        return (("number", self.number),)


@dataclass
class ProductsPlan(Plan):
    new: list[ProductRow] = field(default_factory=list)
    changed: list[tuple[Product, Mapping[str, str]]] = field(default_factory=list)


class ProductsKind:
    key = "products"
    position = 20
    label = _("Products")
    description = _("What you sell: number, name, department, category and brand.")
    needs = ""
    fields = (
        ImportField(
            "number",
            _("Product number"),
            required=True,
            synonyms=("product", "product_id", "sku", "product_number", "商品编号", "货号", "상품번호"),
            example="SKU-1182",
        ),
        ImportField("name", _("Name"), synonyms=("product_name", "product_type", "title", "商品名称", "상품명")),
        ImportField("department", _("Department"), synonyms=("dept", "部门", "品类大类", "부문")),
        ImportField("category", _("Category"), synonyms=("product_category", "类目", "分类", "카테고리")),
        ImportField("brand", _("Brand"), synonyms=("品牌", "브랜드")),
    )
    options = (ON_MATCH,)
    takes_traits = False
    keep_together: str | None = None
    messages: Mapping[str, Any] = {}

    def objections(self, columns: Mapping[str, str], options: Mapping[str, str]) -> list[Objection]:
        return []

    def prepare(self, rows: Sequence[Row], context: ImportContext) -> list[Ready | Rejected]:
        return read(rows, context, _product)

    def plan(self, ready: Sequence[ProductRow], context: ImportContext) -> ProductsPlan:
        numbers = {row.number for row in ready}
        known = {product.number: product for product in Product.objects.filter(number__in=numbers)}
        may_update = context.options.get("on_match", ON_MATCH.default) == "update"
        plan = ProductsPlan()
        for row in ready:
            product = known.get(row.number)
            if product is None:
                plan.created += 1
                plan.new.append(row)
            elif may_update and (change := _change(product, row)):
                plan.updated += 1
                plan.changed.append((product, change))
            else:
                plan.unchanged += 1
        return plan

    def write(self, plan: ProductsPlan, context: ImportContext) -> None:
        if plan.new:
            bulk.insert(Product, COLUMNS, (_columns(row, context.import_id) for row in plan.new))
        before = [{name: getattr(product, name) for name in change} for product, change in plan.changed]
        noted = ((product.pk, was, change) for was, (product, change) in zip(before, plan.changed, strict=True))
        people.note_changes(import_id=context.import_id, model=Product, changes=noted)
        bulk.update(Product, list(DESCRIBED), (_changed(product, change) for product, change in plan.changed))

    def undo_steps(self) -> tuple[UndoStep, ...]:
        return (people.RestoreChanges(Product), people.RemoveRows(Product))


def _product(row_no: int, cells: Cells) -> ProductRow:
    number = cells.required("number", 60)
    return ProductRow(row_no, number, {name: cells.text(name, limit) for name, limit in DESCRIBED.items()})


def _change(product: Product, row: ProductRow) -> dict[str, str]:
    return {name: value for name, value in row.described.items() if value and value != getattr(product, name)}


def _changed(product: Product, change: Mapping[str, str]) -> tuple[Any, ...]:
    return (product.pk, *(change.get(name, getattr(product, name)) for name in DESCRIBED))


def _columns(row: ProductRow, import_id: int) -> tuple[Any, ...]:
    return (new("prd"), row.number, *(row.described[name] for name in DESCRIBED), import_id)


def add_bare_products(numbers: Iterable[str], *, import_id: int) -> dict[str, KnownProduct]:
    """Products of which nothing but the number is known yet; one that somebody else adds meanwhile is used."""
    wanted = sorted(set(numbers))
    if not wanted:
        return {}
    rows = ((new("prd"), number, *("" for _name in DESCRIBED), import_id) for number in wanted)
    bulk.insert(Product, COLUMNS, rows, or_ignore=True)
    return products_by_number(wanted)
