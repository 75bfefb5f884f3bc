"""What staff are told when something that they started is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from guanxi.governance.models import Notice, Staff

READ_KEPT = timedelta(days=90)


def notify(
    *, staff: Staff | None, kind: str, subject: str, name: str, now: datetime, detail: Mapping[str, int] | None = None
) -> None:
    """In the transaction of what happened. Nobody is told of what nobody started; old notices that were read go."""
    if staff is None:
        return
    Notice.objects.filter(staff=staff, read_at__lt=now - READ_KEPT).delete()
    Notice.objects.create(staff=staff, kind=kind, subject=subject, name=name[:200], detail=dict(detail or {}), at=now)


def read_notices(*, staff: Staff, now: datetime, public_id: str = "", subject: str = "") -> None:
    """All of them, or one, or those about one thing."""
    unread = Notice.objects.filter(staff=staff, read_at=None)
    if public_id:
        unread = unread.filter(public_id=public_id)
    if subject:
        unread = unread.filter(subject=subject)
    unread.update(read_at=now)
