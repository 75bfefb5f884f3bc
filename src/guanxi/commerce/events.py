"""The facts that commerce announces."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class OrderPaid:
    name: ClassVar[str] = "order.paid"
    person: int
    order_id: int
    amount_minor: int
    currency: str
    store: str = ""
    lines: int = 0
    number: str = ""
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class ProductBought:
    name: ClassVar[str] = "product.bought"
    person: int
    order_id: int
    product_id: int | None
    amount_minor: int
    currency: str
    product: str = ""
    department: str = ""
    category: str = ""
    brand: str = ""
    quantity: int = 1
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class OrderRefunded:
    name: ClassVar[str] = "order.refunded"
    person: int
    order_id: int
    amount_minor: int
    currency: str
    number: str = ""
    import_id: int | None = None
