from guanxi.commerce.operations.buyers import (
    NO_PERSON,
    WHO_FIELDS,
    WHO_MISSING,
    Who,
    find_people,
    read_who,
    unknown_person,
    who_objections,
)
from guanxi.commerce.operations.cells import Cells, Unfit, read
from guanxi.commerce.operations.import_orders import OrdersKind
from guanxi.commerce.operations.import_products import ProductsKind, add_bare_products
from guanxi.commerce.operations.import_refunds import RefundsKind

__all__ = [
    "NO_PERSON",
    "WHO_FIELDS",
    "WHO_MISSING",
    "Cells",
    "OrdersKind",
    "ProductsKind",
    "RefundsKind",
    "Unfit",
    "Who",
    "add_bare_products",
    "find_people",
    "read",
    "read_who",
    "unknown_person",
    "who_objections",
]
