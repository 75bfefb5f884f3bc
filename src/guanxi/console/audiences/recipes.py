"""Ready sentences to begin with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from guanxi.console.audiences.sketch import Row, Sketch, Test

TITLES: dict[str, Any] = {
    "regulars": _("Bought from one department at least 3 times in 90 days, and used no coupon"),
    "active": _("Paid for an order in the last 30 days"),
    "lapsed": _("Paid for an order once, but not in the last 60 days"),
    "loyal": _("Shopped on at least 10 different days in the last 180 days"),
}


def _regulars(department: str) -> Sketch:
    from_one = Test("prop:department", "is", department)
    bought = Row("event", event="product.bought", where=(from_one,), number="3", within="last_days", days="90")
    return Sketch(rows=(bought, Row("event", did="did_not", event="coupon.redeemed", within="ever")))


def _active(_department: str) -> Sketch:
    return Sketch(rows=(Row("event", event="order.paid", within="last_days", days="30"),))


def _lapsed(_department: str) -> Sketch:
    lately = Row("event", did="did_not", event="order.paid", within="last_days", days="60")
    return Sketch(rows=(Row("event", event="order.paid"), lately))


def _loyal(_department: str) -> Sketch:
    often = Row("event", event="order.paid", measure="days", number="10", within="last_days", days="180")
    return Sketch(rows=(often,))


SKETCHES: dict[str, Callable[[str], Sketch]] = {
    "regulars": _regulars,
    "active": _active,
    "lapsed": _lapsed,
    "loyal": _loyal,
}
