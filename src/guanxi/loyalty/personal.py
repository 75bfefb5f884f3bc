"""What the rows of this room say of people."""

from __future__ import annotations

from django.db.models import F

from guanxi.kit.personal import Erasure, Table, declare
from guanxi.loyalty import models

declare(
    Table(models.Coupon, plain="id public_id code import_id"),
    Table(models.CouponProduct, plain="id coupon_id product_id imported_campaign import_id"),
    Table(
        models.Redemption,
        "redemptions",
        personal="number",
        pseudonym="public_id person_id order_id import_id",
        plain="id coupon_id at imported_campaign",
        found="person",
        shows={"code": "coupon__code"},
        erasure=Erasure.EMPTIED,
        cut={"number": F("public_id")},
        why="How often a coupon was used stays right.",
    ),
)
