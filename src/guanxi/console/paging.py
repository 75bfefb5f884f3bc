"""Lists with the newest change first, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import Http404

PAGE = 50


@dataclass(frozen=True)
class Page:
    rows: list[Any]
    next: str


def newest_first(rows: QuerySet[Any], after: str, size: int = PAGE, moment: str = "updated_at") -> Page:
    """`after` is the public id of the last row of the page before. Raises Http404 when it is gone."""
    if after:
        last: Model | None = rows.filter(public_id=after).first()
        if last is None:
            raise Http404
        at, pk = getattr(last, moment), last.pk
        before = Q(**{f"{moment}__lt": at}) | Q(**{moment: at, "pk__lt": pk})
        rows = rows.filter(before, **{f"{moment}__lte": at})
    found = list(rows.order_by(f"-{moment}", "-pk")[: size + 1])
    return Page(found[:size], f"?after={found[size - 1].public_id}" if len(found) > size else "")
