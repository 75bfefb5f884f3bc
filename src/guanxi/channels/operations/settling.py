"""The outcome of one message, each in a short transaction; a row that has moved on meanwhile is left as it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from guanxi.channels.events import MessageAccepted, MessageBounced, MessageComplained
from guanxi.channels.models import Account, Message, MessageState
from guanxi.channels.port import Category, DeliveryClass, Receipt, Refused, Retry, Unknown
from guanxi.channels.rules import next_try
from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance.models import SuppressionReason

# Troubles of the way, not of the message: the others of the account would meet them too.
ACCOUNT_WIDE = frozenset({Category.NETWORK})
BOUNCES = frozenset({Category.HARD_BOUNCE, Category.SOFT_BOUNCE})


@transaction.atomic
def accept(message: Message, receipt: Receipt, *, channel: str, now: datetime) -> None:
    """Also when the lease ran out meanwhile: now it is known."""
    known = _settle(
        message,
        MessageState.SENDING,
        MessageState.UNKNOWN,
        state=MessageState.ACCEPTED,
        vendor_id=receipt.vendor_id[:200],
        detail=receipt.detail[:300],
        reason="",
        settled_at=now,
    )
    if known:
        events.announce(MessageAccepted(message.person_id, message.pk, channel, message.origin), at=now)


@transaction.atomic
def refuse(message: Message, error: Refused, *, channel: str, now: datetime) -> None:
    """A mailbox that does not exist gets nothing any more."""
    if error.category not in BOUNCES:
        fail(message, reason=error.category, detail=error.detail, now=now)
        return
    known = _settle(
        message,
        MessageState.SENDING,
        MessageState.UNKNOWN,
        state=MessageState.BOUNCED,
        reason=error.category,
        detail=error.detail[:300],
        settled_at=now,
    )
    if error.category is Category.HARD_BOUNCE and message.address is not None:
        governance.suppress(
            channel=channel,
            address=bytes(message.address),
            reason=SuppressionReason.HARD_BOUNCE,
            now=now,
            detail=error.detail,
        )
    if known:
        fact = MessageBounced(message.person_id, message.pk, channel, message.origin, str(error.category))
        events.announce(fact, at=now)


@transaction.atomic
def returned(message: Message, *, category: Category, status: str, channel: str, now: datetime) -> None:
    """It was accepted and came back later. What was counted as accepted is counted as bounced from now on."""
    known = _settle(
        message,
        MessageState.SENDING,
        MessageState.ACCEPTED,
        MessageState.UNKNOWN,
        state=MessageState.BOUNCED,
        reason=category,
        detail=status,
    )
    if category is Category.HARD_BOUNCE and message.address is not None:
        governance.suppress(
            channel=channel,
            address=bytes(message.address),
            reason=SuppressionReason.HARD_BOUNCE,
            now=now,
            detail=status,
        )
    if known:
        events.announce(MessageBounced(message.person_id, message.pk, channel, message.origin, str(category)), at=now)


@transaction.atomic
def complained(message: Message, *, channel: str, now: datetime) -> None:
    """Nothing goes to this address any more, not even about an order."""
    if message.address is not None:
        governance.suppress(
            channel=channel, address=bytes(message.address), reason=SuppressionReason.COMPLAINT, now=now
        )
    if Message.objects.filter(pk=message.pk, complained_at=None).update(complained_at=now):
        events.announce(MessageComplained(message.person_id, message.pk, channel, message.origin), at=now)


def retry(message: Message, error: Retry, *, now: datetime) -> None:
    again = next_try(attempts=message.attempts, after=error.after, now=now)
    if again is None:
        fail(message, reason=error.category, detail=error.detail, now=now)
        return
    _settle(
        message,
        MessageState.SENDING,
        state=MessageState.WAITING,
        due_at=again,
        reason=error.category,
        detail=error.detail[:300],
    )


def fail(
    message: Message, *, reason: str, detail: str, now: datetime, state: MessageState = MessageState.SENDING
) -> None:
    _settle(message, state, state=MessageState.FAILED, reason=reason, detail=detail[:300], settled_at=now)


def doubt(message: Message, error: Unknown, *, delivery_class: DeliveryClass, now: datetime) -> None:
    """The answer was lost. Only a vendor that knows our key is told again; of any other, staff see it in a list."""
    if delivery_class is DeliveryClass.A and (
        again := next_try(attempts=message.attempts, after=timedelta(0), now=now)
    ):
        _settle(message, MessageState.SENDING, state=MessageState.WAITING, due_at=again, detail=error.detail[:300])
        return
    _settle(
        message,
        MessageState.SENDING,
        state=MessageState.UNKNOWN,
        reason="no_answer",
        detail=error.detail[:300],
        settled_at=now,
    )


def take_back(message: Message, *, now: datetime) -> None:
    """Certainly not sent, and for no fault of its own."""
    _settle(message, MessageState.SENDING, state=MessageState.WAITING, due_at=now, attempts=F("attempts") - 1)


def give_back(messages: Sequence[Message], *, due_at: datetime) -> None:
    """Not tried, so not counted as an attempt."""
    ours = Message.objects.filter(pk__in=[message.pk for message in messages], state=MessageState.CLAIMED)
    ours.update(state=MessageState.WAITING, due_at=due_at, lease_until=None, attempts=F("attempts") - 1)


def note_problem(account: Account, problem: str) -> None:
    """Nothing goes out from this account until staff have looked at it."""
    Account.objects.filter(pk=account.pk).update(problem=problem[:300])


def _settle(message: Message, *found_in: MessageState, **changes: Any) -> bool:
    rows = Message.objects.filter(pk=message.pk, state__in=found_in)
    return bool(rows.update(lease_until=None, **changes))
