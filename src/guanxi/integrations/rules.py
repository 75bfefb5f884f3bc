"""Standard Webhooks (standardwebhooks.com): what is told, how it is signed, and when it is tried again."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from guanxi.audiences import events as audiences
from guanxi.channels import events as channels
from guanxi.commerce import events as commerce
from guanxi.connections import events as connections
from guanxi.governance import events as governance
from guanxi.loyalty import events as loyalty
from guanxi.people import events as people

# What is told of each kind of fact: keys of rows, which become public ids, and words from short lists of ours. All else
# stays inside: whoever hears of an event asks the API for more, with the rights of its key.
FACTS: dict[Any, tuple[str, ...]] = {
    people.LevelReached: ("person", "level"),
    people.LevelLost: ("person", "level"),
    people.MemberJoined: ("person",),
    people.MemberLeft: ("person",),
    people.PersonAssigned: ("person", "owner", "unit"),
    people.PeopleHandedOver: ("giver", "taker"),
    people.ChangeTakenBack: ("change",),
    people.PersonCreated: ("person",),
    people.IdentityLinked: ("person", "kind"),
    people.PersonMerged: ("person", "merged"),
    people.PersonUnmerged: ("person", "merged"),
    people.TagAdded: ("person", "tag", "how"),
    people.TagRemoved: ("person", "tag", "how"),
    people.RoleChanged: ("person", "role", "how"),
    people.DefaultsGiven: ("person", "role", "fields", "how"),
    people.TagsMerged: ("tag", "into"),
    people.ImportFinished: ("import_id", "state"),
    audiences.AudienceEntered: ("person", "audience"),
    audiences.AudienceLeft: ("person", "audience"),
    audiences.AudienceRefreshed: ("audience",),
    governance.ConsentGiven: ("person", "channel", "purpose"),
    governance.ConsentWithdrawn: ("person", "channel", "purpose"),
    governance.StaffMoved: ("staff", "unit"),
    channels.MessageAccepted: ("person", "message_id", "channel", "origin"),
    channels.MessageBounced: ("person", "message_id", "channel", "origin", "category"),
    channels.MessageOpened: ("person", "message_id", "channel", "origin"),
    channels.MessageUnsubscribed: ("person", "message_id", "channel", "origin"),
    channels.MessageComplained: ("person", "message_id", "channel", "origin"),
    connections.FriendRequested: ("person", "advisor", "account", "friendship", "source"),
    connections.FriendHalfAdded: ("person", "advisor", "account", "friendship", "source"),
    connections.FriendAdded: ("person", "advisor", "account", "friendship", "source"),
    connections.FriendRemovedByFriend: ("person", "advisor", "account", "friendship"),
    connections.FriendRemovedByStaff: ("person", "advisor", "account", "friendship"),
    connections.FriendBlocked: ("person", "advisor", "account", "friendship"),
    connections.FriendUnblocked: ("person", "advisor", "account", "friendship"),
    connections.FriendHandedOver: ("person", "advisor", "giver", "account", "friendship", "why"),
    connections.FriendFollowed: ("person", "account"),
    connections.FriendUnfollowed: ("person", "account"),
    connections.GroupMemberJoined: ("person", "group", "account", "how"),
    connections.GroupMemberLeft: ("person", "group", "account", "how"),
    connections.GroupCreated: ("group", "account", "owner"),
    connections.GroupUpdated: ("group", "account", "what"),
    connections.GroupOwnerChanged: ("group", "account", "owner"),
    connections.GroupDismissed: ("group", "account"),
    connections.TouchRecorded: ("person", "kind", "advisor"),
    connections.PersonReferred: ("person", "bringer", "by"),
    commerce.OrderPaid: ("person", "order_id"),
    commerce.ProductBought: ("person", "order_id", "product_id"),
    commerce.OrderRefunded: ("person", "order_id"),
    loyalty.CouponRedeemed: ("person", "coupon_id", "order_id"),
}
# What rooms tell each other alone: it is about addresses, and nothing of those leaves the house.
INSIDE: tuple[Any, ...] = (governance.AddressesChanged,)
TEST = "webhook.test"
NAMES: tuple[str, ...] = tuple(fact.name for fact in FACTS)

# A field that is an internal key, and the word that its public id has outside.
REFERENCES = {
    "person": "person",
    "merged": "merged",
    "bringer": "bringer",
    "order_id": "order",
    "product_id": "product",
    "coupon_id": "coupon",
    "message_id": "message",
    "import_id": "import",
}


def told(kind: Any) -> tuple[str, ...]:
    """The members of `data` that an event of this kind has, for the catalogue."""
    return tuple(REFERENCES.get(name, name) for name in FACTS[kind])


def rings(fact: Any) -> bool:
    """What a file brings in is told once, by `import.finished`: a hundred thousand calls would say no more."""
    return isinstance(fact, people.ImportFinished) or getattr(fact, "import_id", None) is None


def data(fact: Any, public: Mapping[tuple[str, int], str]) -> dict[str, str]:
    """`public` gives the public id of (field, key); what is not there any more is left out."""
    values = {name: getattr(fact, name) for name in FACTS[type(fact)]}
    known = {name: public.get((name, value)) if name in REFERENCES else value for name, value in values.items()}
    return {REFERENCES.get(name, name): value for name, value in known.items() if value}


# Signatures

PREFIX = "whsec_"
SECRET_BYTES = 32
OLD_SECRET_FOR = timedelta(hours=24)


def secret_of(key: bytes) -> str:
    return PREFIX + base64.b64encode(key).decode()


def signature(secret: str, *, event: str, timestamp: int, body: str) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("not a secret of ours") from None
    signed = hmac.digest(key, f"{event}.{timestamp}.{body}".encode(), "sha256")
    return "v1," + base64.b64encode(signed).decode()


def headers(secrets: Sequence[str], *, event: str, timestamp: int, body: str) -> dict[str, str]:
    signatures = [signature(secret, event=event, timestamp=timestamp, body=body) for secret in secrets]
    return {
        "content-type": "application/json",
        "webhook-id": event,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


# What becomes of a try

# The table of the specification: how long after the one before each try comes.
WAITS = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER = 0.1
LONGEST_WAIT = timedelta(hours=24)
FAILING_FOR = timedelta(days=5)
ASKS_FOR_PATIENCE = frozenset({429, 502, 503, 504})
GONE = 410


class Problem(StrEnum):
    """Why there was no answer."""

    FORBIDDEN = "forbidden"
    UNREACHABLE = "unreachable"
    NOT_HTTP = "not_http"
    UNSIGNED = "unsigned"


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one call: a status, or a problem."""

    status: int | None = None
    problem: str = ""
    answer: str = ""
    retry_after: timedelta | None = None
    took_ms: int = 0

    @property
    def arrived(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Verdict(StrEnum):
    DELIVERED = "delivered"
    AGAIN = "again"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Step:
    verdict: Verdict
    wait: timedelta = timedelta(0)


def after(tried: Tried, *, attempts: int, luck: float) -> Step:
    """`attempts` counts this one; `luck` (0 to 1) spreads the next over a tenth of its wait to both sides."""
    if tried.arrived:
        return Step(Verdict.DELIVERED)
    if attempts >= len(WAITS):
        return Step(Verdict.FAILED)
    wait = WAITS[attempts] * (1 + JITTER * (2 * luck - 1))
    if tried.status in ASKS_FOR_PATIENCE and tried.retry_after:
        wait = max(wait, min(tried.retry_after, LONGEST_WAIT))
    return Step(Verdict.AGAIN, wait)


def has_failed_for_long(failing_since: datetime | None, now: datetime) -> bool:
    return failing_since is not None and now - failing_since >= FAILING_FOR


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """Seconds or a date (RFC 9110, 10.2.3); None when it is neither, or past."""
    if not header:
        return None
    if header.strip().isdecimal():
        return timedelta(seconds=min(int(header.strip()[:9]), 10**8))
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return wait if wait > timedelta(0) else None
