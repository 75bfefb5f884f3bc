"""Days that come round every year, such as birthdays."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from guanxi.audiences.queries.scans import Context
from guanxi.audiences.queries.values import InJson
from guanxi.audiences.rules import Yearly, days_of_year, name_of


def day_kept(clause: Yearly, people: Any, context: Context) -> Any:
    """`YYYY-MM-DD`, or NULL."""
    return InJson(people.traits, name_of(clause.trait), "date", context.tables.engine).value()


def falls(clause: Yearly, people: Any, context: Context) -> Any:
    """True, false, or NULL which stands for false."""
    turn = day_kept(clause, people, context).substr(5, 5)
    stretches = days_of_year(clause.falls, context.now, context.zone)
    return reduce(or_, [turn.between(first, last) for first, last in stretches])
