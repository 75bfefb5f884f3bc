"""A broadcast before it is confirmed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from guanxi.audiences.models import Audience
from guanxi.channels.models import Account
from guanxi.content.models import Content
from guanxi.governance.models import Purpose, Staff
from guanxi.reach.models import Broadcast, BroadcastState

MOST_HELD_OUT = 50


class NotDraft(Exception):
    """It was confirmed meanwhile: its words and its audience stand."""


@transaction.atomic
def save_broadcast(
    *,
    name: str,
    audience: Audience | None,
    content: Content | None,
    account: Account | None,
    by: Staff | None,
    now: datetime,
    purpose: str = Purpose.MARKETING,
    hold_out_percent: int = 10,
    scheduled_at: datetime | None = None,
    broadcast: Broadcast | None = None,
) -> Broadcast:
    """Raises NotDraft, and ValueError for a hold-out of less than 0 or more than 50 percent."""
    if not 0 <= hold_out_percent <= MOST_HELD_OUT:
        raise ValueError(f"hold_out_percent is 0 to {MOST_HELD_OUT}")
    broadcast = _draft(broadcast) if broadcast else Broadcast(created_at=now, by=by)
    broadcast.name, broadcast.audience, broadcast.content, broadcast.account = name, audience, content, account
    broadcast.purpose, broadcast.hold_out_percent = purpose, hold_out_percent
    broadcast.scheduled_at, broadcast.updated_at = scheduled_at, now
    broadcast.save()
    return broadcast


@transaction.atomic
def delete_draft(*, broadcast: Broadcast) -> None:
    """Raises NotDraft."""
    _draft(broadcast).delete()


def _draft(broadcast: Broadcast) -> Broadcast:
    found: Broadcast = Broadcast.objects.select_for_update().get(pk=broadcast.pk)
    if found.state != BroadcastState.DRAFT:
        raise NotDraft
    return found
