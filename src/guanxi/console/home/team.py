"""How the last seven days went, in all and by unit, beside the seven before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from babel.numbers import format_percent

from guanxi.commerce import queries as commerce
from guanxi.commerce.queries import Sold
from guanxi.console.access import StaffRequest
from guanxi.console.home.now import midnight
from guanxi.console.templatetags.figures import locale
from guanxi.governance.models import Unit
from guanxi.governance.queries import DataScope, Permission, data_scope, may
from guanxi.kit.money import Money
from guanxi.people import queries as people

WEEK = timedelta(days=7)
UNITS = 50


@dataclass(frozen=True)
class UnitWeek:
    """The people without a unit stand under None."""

    unit: Unit | None
    people: int
    free: int
    sold: Sold
    before: Sold

    @property
    def change(self) -> str:
        return change(self.sold, self.before)


def week(request: StaffRequest) -> dict[str, Any] | None:
    """None for who has no others to look after, and before there are any orders."""
    role = request.staff.role
    of_others = data_scope(role) in (DataScope.UNIT, DataScope.ALL)
    if not (of_others and may(role, Permission.AUDIENCES_VIEW) and commerce.has_money()):
        return None
    until = midnight(request.now)
    sold = commerce.sold_by_unit(people.visible(request.staff), until - 2 * WEEK, until - WEEK, until)
    nothing = Sold(0, Money(0, request.workspace.currency))
    now, before = ([pair[which] for pair in sold.values()] for which in (0, 1))
    counts = people.unit_counts(request.staff)
    units = {one.pk: one for one in Unit.objects.filter(pk__in=[one for one in counts if one])}
    rows = [
        UnitWeek(units.get(unit or 0), count, free, *sold.get(unit, (nothing, nothing)))
        for unit, (count, free) in counts.items()
    ]
    rows.sort(key=lambda row: (-row.sold.sales.minor, -row.people))
    return {
        "since": until - WEEK,
        "orders": sum(one.orders for one in now),
        "sales": total(now, request.workspace.currency),
        "change": change(_whole(now, request), _whole(before, request)),
        "free": sum(free for _people, free in counts.values()),
        "units": rows[:UNITS] if len(rows) > 1 or units else [],
    }


def total(sold: list[Sold], currency: str) -> Money:
    return Money(sum(one.sales.minor for one in sold), currency)


def _whole(sold: list[Sold], request: StaffRequest) -> Sold:
    return Sold(sum(one.orders for one in sold), total(sold, request.workspace.currency))


def change(now: Sold, before: Sold) -> str:
    """Of the sales, in percent; "" when there is nothing to compare with."""
    if before.sales.minor <= 0:
        return ""
    share = now.sales.minor / before.sales.minor - 1
    return format_percent(share, format="+#,##0%;-#,##0%", locale=locale())
