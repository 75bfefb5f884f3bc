"""What a fact looks like, and how its fields become columns."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

REFERENCES = frozenset(
    {"channel", "amount_minor", "currency", "order_id", "product_id", "coupon_id", "message_id", "import_id"}
)


@dataclass(frozen=True, slots=True)
class Happened:
    """A fact and its time."""

    fact: Any
    at: datetime


@lru_cache(maxsize=256)
def columns_of(kind: Hashable) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The fields of a fact's type that have a column of their own, and those that go into `props`."""
    names = [field.name for field in fields(cast(Any, kind)) if field.name != "person"]
    return tuple(n for n in names if n in REFERENCES), tuple(n for n in names if n not in REFERENCES)


def columns(fact: Any) -> dict[str, Any]:
    references, _ = columns_of(fact.__class__)
    return {name: getattr(fact, name) for name in references}


def props(fact: Any) -> dict[str, Any]:
    _, others = columns_of(fact.__class__)
    return {name: value for name in others if (value := getattr(fact, name)) not in ("", None)}


def month_of(at: datetime) -> str:
    """The partition of a UTC instant."""
    return f"{at.year:04d}-{at.month:02d}"
