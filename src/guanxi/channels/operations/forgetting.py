"""A person was erased: nothing goes out any more, and of what went only the count stays."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from guanxi.channels.models import Message, MessageState, SkipReason
from guanxi.channels.operations.claiming import lock_claims
from guanxi.kit.personal import Who

IN_HAND = (MessageState.CLAIMED, MessageState.SENDING)


def in_hand(who: Who) -> bool:
    """A message that a server is being told right now; its answer will still be written. No other is taken until the
    end of the transaction."""
    lock_claims()
    return Message.objects.filter(person__in=who.people, state__in=IN_HAND).exists()


def forget(who: Who, now: datetime) -> None:
    theirs = Message.objects.filter(person__in=who.people)
    waiting = Q(state=MessageState.WAITING)
    theirs.filter(waiting).update(state=MessageState.SKIPPED, reason=SkipReason.ERASED, settled_at=now, due_at=None)
    theirs.update(identity_id=None, address=None, detail="", vendor_id="")
