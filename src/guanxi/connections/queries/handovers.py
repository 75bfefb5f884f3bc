"""How far hand-overs of friends are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from guanxi.connections.models import FriendHandover, HandoverState
from guanxi.governance.models import Staff
from guanxi.people.queries import UNDO_FOR

HANDOVER_WORKING = (HandoverState.RUNNING, HandoverState.UNDOING)


def may_return(of: FriendHandover, now: datetime) -> bool:
    return of.undone_at is None and of.state not in HANDOVER_WORKING and in_time(of, now)


def in_time(of: FriendHandover, now: datetime) -> bool:
    return now < of.at + UNDO_FOR


def friends_changing_hands(staff: Iterable[Staff]) -> dict[int, FriendHandover]:
    """The hand-over of the friends of each that is being worked at."""
    at_work = FriendHandover.objects.filter(giver__in=[one.pk for one in staff], state__in=HANDOVER_WORKING)
    return {of.giver_id: of for of in at_work.order_by("-pk")}
