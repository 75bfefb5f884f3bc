"""What recipients tell us by following a link of a message."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from guanxi.channels.events import MessageOpened, MessageUnsubscribed
from guanxi.channels.models import Account, Message
from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance.models import Purpose
from guanxi.people import operations as people


@transaction.atomic
def unsubscribe(*, message: Message, now: datetime) -> None:
    """No more marketing to the address that this message went to, whoever it belongs to by now."""
    if message.address is None:
        return
    channel = Account.objects.get(pk=message.account_id).kind
    governance.withdraw_consent(
        channel=channel,
        address=bytes(message.address),
        purpose=Purpose.MARKETING,
        source="unsubscribe_link",
        now=now,
        person=message.person_id,
        proof={"message": message.public_id},
    )
    if Message.objects.filter(pk=message.pk, unsubscribed_at=None).update(unsubscribed_at=now):
        people.saw({message.person_id: now})
        events.announce(MessageUnsubscribed(message.person_id, message.pk, channel, message.origin), at=now)


@transaction.atomic
def opened(*, message: Message, now: datetime) -> None:
    """The picture in the message was fetched, by the person or by a proxy of their mail service: an estimate."""
    if Message.objects.filter(pk=message.pk, opened_at=None).update(opened_at=now):
        channel = Account.objects.get(pk=message.account_id).kind
        people.saw({message.person_id: now})
        events.announce(MessageOpened(message.person_id, message.pk, channel, message.origin), at=now)
