"""Commerce signs up what it can import, and what follows a person in a merge."""

from guanxi.commerce.models import Order
from guanxi.commerce.operations import OrdersKind, ProductsKind, RefundsKind
from guanxi.people.registry import Moves, in_a_merge, register_import_kind

register_import_kind(ProductsKind())
register_import_kind(OrdersKind())
register_import_kind(RefundsKind())
in_a_merge(Moves(Order))
