"""What the rows of this room say of people."""

from __future__ import annotations

from django.db.models import F

from guanxi.commerce import models
from guanxi.kit.personal import Erasure, Table, declare

declare(
    Table(models.Product, plain="id public_id number name department category brand import_id"),
    Table(
        models.Order,
        "orders",
        personal="number store",
        pseudonym="public_id person_id import_id",
        plain="id placed_at currency total_minor refunded_minor",
        found="person",
        erasure=Erasure.EMPTIED,
        cut={"number": F("public_id")},
        why="The books: what was sold on a day stays right. Its number and store go.",
    ),
    Table(
        models.OrderLine,
        "order_lines",
        personal="line",
        pseudonym="order_id import_id",
        plain="id product_id quantity amount_minor",
        found="order__person",
        shows={"order_number": "order__number", "product_name": "product__name"},
        erasure=Erasure.EMPTIED,
        cut={"line": F("pk")},
        why="The books: what was sold.",
    ),
    Table(
        models.Refund,
        "refunds",
        personal="number",
        pseudonym="public_id order_id import_id",
        plain="id amount_minor at",
        found="order__person",
        shows={"order_number": "order__number"},
        erasure=Erasure.EMPTIED,
        cut={"number": F("public_id")},
        why="The books: what went back.",
    ),
)
