"""How close people are: to the brand by the row of each, to advisors by a table that is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import ibis
from django.db.models import Q

from guanxi.audiences.queries.scans import Context
from guanxi.audiences.rules import Catalogue, Named, Strength
from guanxi.governance.models import Staff


def band(people: Any, now: datetime) -> Any:
    at = ibis.literal(now)
    return ibis.cases((people.strong_until > at, "strong"), (people.neutral_until > at, "neutral"), else_="weak")


def close(clause: Strength, context: Context) -> Any:
    """Person, `strong_until` and `neutral_until`, of those who are not weak with all whom the clause names."""
    return context.tables.close(*keys_of(clause, context.catalogue))


def keys_of(clause: Strength, known: Catalogue) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Of the advisors and of the units."""
    named = [known.ties["friend"][key] for key in clause.of]
    return _keys(named, "advisor"), _keys(named, "unit")


def _keys(named: Sequence[Named], column: str) -> tuple[int, ...]:
    found: Iterable[int] = (key for one in named if one.column == column for key in one.keys)
    return tuple(sorted(set(found)))


def staff_of(advisors: Iterable[int], units: Iterable[int]) -> list[int]:
    """Those advisors and whoever is in those units now, in rising order."""
    staff = Staff.objects.filter(Q(pk__in=advisors) | Q(unit__in=units))
    return list(staff.order_by("pk").values_list("pk", flat=True))


def found(clause: Strength, context: Context) -> Any:
    """Those for whom it holds; where the weak are meant, too, those for whom it does not."""
    table = close(clause, context)
    inside = band(table, context.now).isin(clause.bands)
    return table.filter(~inside if means_weak(clause) else inside).select("person")


def means_weak(clause: Strength) -> bool:
    return "weak" in clause.bands
