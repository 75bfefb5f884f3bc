"""What somebody says of two people who may be one."""

from __future__ import annotations

from datetime import datetime

from guanxi.governance.models import Staff
from guanxi.people.models import Pair


def decide_pair(*, pair: Pair, state: str, by: Staff | None, now: datetime) -> None:
    """`state`: distinct (no id brings them together any more), later, or open again. A merge is `merge_people`."""
    Pair.objects.filter(pk=pair.pk).update(state=state, decided_at=now, by=by)
