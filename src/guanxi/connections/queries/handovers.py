"""How far hand-overs of friends are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from guanxi.connections.models import FriendHandover, HandoverState
from guanxi.governance.models import Staff
from guanxi.people.queries import UNDO_FOR

HANDOVER_WORKING = (HandoverState.RUNNING, HandoverState.UNDOING)


def may_return(of: FriendHandover, now: datetime) -> bool:
    return waits_to_return(of, now) and of.giver.is_active


def waits_to_return(of: FriendHandover, now: datetime) -> bool:
    """It may be taken back once the giver has access."""
    return of.undone_at is None and of.state not in HANDOVER_WORKING and in_time(of, now)


def may_resume(of: FriendHandover) -> bool:
    """Those who take over are looked at when it goes on."""
    stopped = of.state in (HandoverState.STOPPED, HandoverState.FAILED)
    return stopped and (of.undone_at is None or of.giver.is_active)


def in_time(of: FriendHandover, now: datetime) -> bool:
    return now < of.at + UNDO_FOR


def leavers_of_changes(changes: Iterable[str], now: datetime) -> dict[str, str]:
    """Change of people → who has left: their friends went along and would come back to nobody with access."""
    went = FriendHandover.objects.filter(change__in=list(changes), undone_at=None, giver__is_active=False)
    return {of.change: of.giver.name for of in went.select_related("giver") if in_time(of, now)}


def friends_changing_hands(staff: Iterable[Staff]) -> dict[int, FriendHandover]:
    """The hand-over of the friends of each that is being worked at."""
    at_work = FriendHandover.objects.filter(giver__in=[one.pk for one in staff], state__in=HANDOVER_WORKING)
    return {of.giver_id: of for of in at_work.order_by("-pk")}
