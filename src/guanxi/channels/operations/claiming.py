"""Taking what is due, with a last look at consent, suppression and cap in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from guanxi.channels import queries, registry
from guanxi.channels.models import Account, Message, MessageState
from guanxi.channels.port import DeliveryClass
from guanxi.channels.queries import Errand, Recipient
from guanxi.channels.rules import MOST_ATTEMPTS, Decision, Verdict, allowance
from guanxi.governance.models import Purpose
from guanxi.kit import clock, leases, scope

# Longer than any vendor's slowest answer in one session (30 seconds a step over SMTP), and measured by the database's
# clock: a demo's day may jump, a lease may not.
LEASE = timedelta(minutes=5)

# One row a person, so that two messages that are due together meet the cap one after the other.
_DUE = """
    WITH due AS (
        SELECT id, person_id, account_id, purpose, due_at FROM channels_message
        WHERE workspace_id = %(workspace)s AND state = 'waiting' AND due_at <= %(now)s
          AND account_id = ANY(%(accounts)s)
        ORDER BY due_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ), first AS (
        SELECT DISTINCT ON (person_id) * FROM due ORDER BY person_id, due_at, id
    )
    SELECT id, person_id, account_id, purpose FROM first ORDER BY due_at, id
"""
_UPDATE = """
    UPDATE channels_message message
    SET state = CASE WHEN row.sends THEN 'claimed' ELSE 'skipped' END,
        reason = row.reason, identity_id = row.identity, address = row.address,
        attempts = message.attempts + row.sends::int,
        lease_until = CASE WHEN row.sends THEN now() + %(lease)s END,
        holder = CASE WHEN row.sends THEN pg_backend_pid() END,
        settled_at = CASE WHEN row.sends THEN NULL ELSE %(now)s::timestamptz END
    FROM unnest(%(ids)s::bigint[], %(identities)s::bigint[], %(addresses)s::bytea[], %(sends)s::boolean[],
                %(reasons)s::varchar[]) AS row(id, identity, address, sends, reason)
    WHERE message.id = row.id
"""
_RECOVER = f"""
    WITH lost AS (
        SELECT id, attempts < %(most)s AS again,
               state = 'sending' AND (attempts >= %(most)s OR account_id <> ALL(%(repeatable)s)) AS doubtful
        FROM channels_message
        WHERE workspace_id = %(workspace)s AND state IN ('claimed', 'sending')
          AND (lease_until < now() OR holder NOT IN ({leases.SESSIONS}))
        FOR UPDATE SKIP LOCKED
    )
    UPDATE channels_message message
    SET state = CASE WHEN doubtful THEN 'unknown' WHEN again THEN 'waiting' ELSE 'failed' END,
        reason = CASE WHEN doubtful THEN 'interrupted' WHEN again THEN '' ELSE 'attempts' END,
        settled_at = CASE WHEN doubtful OR NOT again THEN %(now)s::timestamptz END,
        lease_until = NULL
    FROM lost WHERE message.id = lost.id
"""  # noqa: S608
GONE = Decision(Verdict.SKIP, "erased")


@dataclass(frozen=True, slots=True)
class Claim:
    """`messages` are ours to send until their lease ends; `skipped` were found to be no longer allowed."""

    messages: list[Message]
    skipped: int


@transaction.atomic
def claim(*, limit: int, now: datetime) -> Claim:
    """One claim of a workspace at a time: whoever comes next sees what this one has taken, so no cap is overrun."""
    lock_claims()
    accounts = {account.pk: account for account in queries.usable_accounts()}
    due = _due(accounts, limit, now)
    groups: dict[tuple[int, str], dict[int, int]] = defaultdict(dict)
    for message, person, account, purpose in due:
        groups[account, purpose][person] = message
    claimed: list[int] = []
    for (account, purpose), by_person in groups.items():
        errand = Errand(account=accounts[account], purpose=purpose, origin="", due_at=now)
        claimed += _decide(errand, by_person, now)
    messages = list(Message.objects.filter(pk__in=claimed).order_by("due_at", "pk"))
    return Claim(messages, len(due) - len(messages))


def lock_claims() -> None:
    """Until the end of the transaction nothing is claimed in this workspace."""
    with connection.cursor() as cursor:
        key = f"guanxi.claims.{scope.current()}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def _due(accounts: dict[int, Account], limit: int, now: datetime) -> list[tuple[int, int, int, str]]:
    """At most `limit`, and of an account whose vendor counts, no more than may leave now."""
    paces = {pk: pace for pk, account in accounts.items() if (pace := queries.limits_of(account).per_minute)}
    found = _waiting([pk for pk in accounts if pk not in paces], limit, now)
    people = {person for _, person, _, _ in found}
    for pk, pace in paces.items():
        wall = clock.wall()
        free, gap = allowance(free_at=accounts[pk].free_at, per_minute=pace, wall=wall)
        due = _waiting([pk], min(free, limit - len(found)), now)
        taken = [row for row in due if row[1] not in people]
        if taken:
            free_at = max(accounts[pk].free_at or wall, wall) + gap * len(taken)
            Account.objects.filter(pk=pk).update(free_at=free_at)
            found += taken
            people |= {person for _, person, _, _ in taken}
    return found


def _waiting(accounts: Sequence[int], limit: int, now: datetime) -> list[tuple[int, int, int, str]]:
    if not accounts or limit <= 0:
        return []
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"workspace": scope.current(), "now": now, "accounts": list(accounts), "limit": limit}
        cursor.execute(_DUE, values)
        return list(cursor.fetchall())


def _decide(errand: Errand, by_person: dict[int, int], now: datetime) -> list[int]:
    """Returns the ids of the messages that are claimed."""
    found = {one.person: one for one in queries.decided(errand, list(by_person), planning=False)}
    rows = [
        (message, found.get(person) or Recipient(person, None, None, GONE)) for person, message in by_person.items()
    ]
    values: dict[str, Any] = {
        "lease": LEASE,
        "now": now,
        "ids": [message for message, _ in rows],
        "identities": [one.identity for _, one in rows],
        "addresses": [one.address for _, one in rows],
        "sends": [one.decision.verdict is Verdict.SEND for _, one in rows],
        "reasons": [one.decision.reason for _, one in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, values)
    return [message for message, one in rows if one.decision.verdict is Verdict.SEND]


def recover(*, now: datetime) -> int:
    """Rows of a sender that died. What it had only claimed was not sent; what it was sending may have been: it goes out
    again only where the vendor knows our key (class A), otherwise it is listed as not known."""
    repeatable = [
        account.pk
        for account in Account.objects.filter(kind__in=registry.kinds())
        if registry.plugin(account.kind).delivery_class is DeliveryClass.A
    ]
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "workspace": scope.current(),
            "repeatable": repeatable,
            "most": MOST_ATTEMPTS,
            "now": now,
        }
        cursor.execute(_RECOVER, values)
        return int(cursor.rowcount)


@transaction.atomic
def reconsider(*, people: Sequence[int], channel: str) -> None:
    """Somebody said no: what is claimed for them and has not started goes back to be decided again."""
    lock_claims()
    accounts = Account.objects.filter(kind=channel).values("pk")
    claimed = Message.objects.filter(person__in=people, account__in=accounts, state=MessageState.CLAIMED)
    claimed.filter(purpose=Purpose.MARKETING).update(
        state=MessageState.WAITING, lease_until=None, attempts=F("attempts") - 1
    )
