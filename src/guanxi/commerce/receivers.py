"""Commerce signs up what it can import."""

from guanxi.commerce.operations import OrdersKind, ProductsKind, RefundsKind
from guanxi.people.registry import register_import_kind

register_import_kind(ProductsKind())
register_import_kind(OrdersKind())
register_import_kind(RefundsKind())
