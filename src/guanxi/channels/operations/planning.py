"""The one recipient row: who gets it, who does not and why; and what an origin may do with its rows that still wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet

from guanxi.channels import queries, registry
from guanxi.channels.events import MessageAccepted
from guanxi.channels.models import Account, Message, MessageState
from guanxi.channels.operations.claiming import lock_claims
from guanxi.channels.queries import Errand, Recipient
from guanxi.channels.queries.governor import chunks
from guanxi.channels.rules import Verdict
from guanxi.events import operations as events
from guanxi.kit import keys, scope
from guanxi.people.models import Person

STATES = {
    Verdict.SEND: MessageState.WAITING,
    Verdict.SKIP: MessageState.SKIPPED,
    Verdict.HOLD_OUT: MessageState.HELD_OUT,
}
# Not yet given to the channel. Whoever is about to give it must find the row still claimed.
STOPPABLE = (MessageState.WAITING, MessageState.CLAIMED)

_INSERT = """
    INSERT INTO channels_message
        (workspace_id, origin, step, account_id, purpose, content_id, due_at, planned_at, settled_at, attempts, detail,
         vendor_id, public_id, person_id, identity_id, address, state, reason)
    SELECT %(workspace)s, %(origin)s, %(step)s, %(account)s, %(purpose)s, %(content)s,
           CASE WHEN row.state = 'waiting' THEN %(due_at)s::timestamptz END, %(now)s,
           CASE WHEN row.state <> 'waiting' THEN %(now)s::timestamptz END, 0, '', '',
           row.public_id, row.person, row.identity, row.address, row.state, row.reason
    FROM unnest(%(public_ids)s::varchar[], %(persons)s::bigint[], %(identities)s::bigint[], %(addresses)s::bytea[],
                %(states)s::varchar[], %(reasons)s::varchar[])
         AS row(public_id, person, identity, address, state, reason)
    ON CONFLICT (workspace_id, origin, person_id, account_id, step) DO NOTHING
"""


class NotDoubtful(Exception):
    """It is known by now what became of this message."""


@transaction.atomic
def plan(*, errand: Errand, people: Sequence[int], content_id: int | None, now: datetime) -> int:
    """Write one row a person, with the decision. Who has a row of this origin already keeps it, so that a plan that
    was cut off is simply made again. Returns how many rows are new."""
    return sum(_insert(errand, chunk, content_id, now) for chunk in chunks(people))


def _insert(errand: Errand, people: Sequence[int], content_id: int | None, now: datetime) -> int:
    recipients = queries.decided(errand, people, planning=True)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, _common(errand, content_id, now) | _columns(recipients))
        return int(cursor.rowcount)


def _common(errand: Errand, content_id: int | None, now: datetime) -> dict[str, Any]:
    return {
        "workspace": scope.current(),
        "origin": errand.origin,
        "step": errand.step,
        "account": errand.account.pk,
        "purpose": errand.purpose,
        "content": content_id,
        "due_at": errand.due_at,
        "now": now,
    }


def _columns(recipients: Sequence[Recipient]) -> dict[str, Any]:
    return {
        "public_ids": [keys.new("msg") for _ in recipients],
        "persons": [one.person for one in recipients],
        "identities": [one.identity for one in recipients],
        "addresses": [one.address for one in recipients],
        "states": [STATES[one.decision.verdict].value for one in recipients],
        "reasons": [one.decision.reason for one in recipients],
    }


@transaction.atomic
def send(
    *, person: Person, account: Account, purpose: str, content_id: int | None, origin: str, now: datetime, step: int = 0
) -> Message:
    """Ask the governor and, if it agrees, put a message to one person in the queue. Asked twice, it is one message.

    What it says is told by the composer of the origin (`registry.composes`).
    """
    registry.composer_of(origin)
    errand = Errand(account=account, purpose=purpose, origin=origin, due_at=now, step=step)
    plan(errand=errand, people=[person.pk], content_id=content_id, now=now)
    message: Message = Message.objects.get(origin=origin, person=person, account=account, step=step)
    return message


@transaction.atomic
def hold(*, origin: str) -> int:
    """Nothing more of this origin starts until it is released."""
    lock_claims()  # else a row may be claimed between the two statements
    ours = Message.objects.filter(origin=origin)
    claimed = ours.filter(state=MessageState.CLAIMED).update(
        state=MessageState.WAITING, lease_until=None, attempts=F("attempts") - 1
    )
    return int(claimed + ours.filter(state=MessageState.WAITING).update(due_at=None))


def release(*, origin: str, now: datetime) -> int:
    return int(Message.objects.filter(origin=origin, state=MessageState.WAITING, due_at=None).update(due_at=now))


def cancel(*, origin: str, now: datetime) -> int:
    """What has not been given to the channel will never be."""
    return int(
        Message.objects.filter(origin=origin, state__in=STOPPABLE).update(
            state=MessageState.CANCELLED, settled_at=now, lease_until=None
        )
    )


@transaction.atomic
def count_as_sent(*, message: Message, now: datetime) -> None:
    """Staff decide that a doubtful message left. Raises NotDoubtful."""
    if not _doubtful(message).update(state=MessageState.ACCEPTED, settled_at=now, reason="counted_by_staff"):
        raise NotDoubtful
    channel = Account.objects.get(pk=message.account_id).kind
    events.announce(MessageAccepted(message.person_id, message.pk, channel, message.origin), at=now)


def send_again(*, message: Message, now: datetime) -> None:
    """Staff decide that a doubtful message did not leave; at worst the person gets it twice. Raises NotDoubtful."""
    changes = {"state": MessageState.WAITING, "due_at": now, "settled_at": None, "attempts": 0}
    if not _doubtful(message).update(**changes):
        raise NotDoubtful


def _doubtful(message: Message) -> QuerySet[Message]:
    return Message.objects.filter(pk=message.pk, state=MessageState.UNKNOWN)
