"""The suppression list as staff see it: an address is masked, and shown only while somebody is known by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guanxi.governance.models import Suppression
from guanxi.kit import bulk
from guanxi.people.models import Identity
from guanxi.people.queries.cards import masked
from guanxi.people.queries.lists import BadCursor


@dataclass(frozen=True)
class KnownSuppression:
    """`shown` is "" when nobody is known by the address."""

    public_id: str
    channel: str
    shown: str
    reason: str
    detail: str
    at: datetime


def suppressions(*, after: str = "", size: int = 50) -> tuple[list[KnownSuppression], str]:
    """One page, the latest entry first, and the mark of the next page. Raises BadCursor."""
    rows = Suppression.objects.order_by("-pk")
    if after:
        last = rows.filter(public_id=after).first()
        if last is None:
            raise BadCursor(after)
        rows = rows.filter(pk__lt=last.pk)
    found = list(rows[: size + 1])
    page, more = found[:size], len(found) > size
    shown = _shown(page)
    known = [
        KnownSuppression(
            *(one.public_id, one.channel, shown.get((one.channel, bytes(one.address)), "")),
            *(one.reason, one.detail, one.at),
        )
        for one in page
    ]
    return known, page[-1].public_id if more else ""


def _shown(page: Sequence[Suppression]) -> dict[tuple[str, bytes], str]:
    wanted = Identity.objects.extra(**bulk.any_of("lookup", [bytes(one.address) for one in page]))
    return {(one.kind, bytes(one.lookup)): masked(one, one.person) for one in wanted.select_related("person")}
