"""The bell: how many notices one has not read, and whether to look again while something of one's own is running."""

from __future__ import annotations

from dataclasses import dataclass

from guanxi.governance.models import Notice, Staff
from guanxi.people import queries as people
from guanxi.reach.models import Broadcast, BroadcastState


@dataclass(frozen=True)
class Bell:
    unread: int
    busy: bool


def bell(staff: Staff) -> Bell:
    sending = Broadcast.objects.filter(by=staff, state__in=(BroadcastState.PLANNING, BroadcastState.SENDING))
    unread = Notice.objects.filter(staff=staff, read_at=None).count()
    return Bell(unread, people.at_work_for(staff) or sending.exists())
