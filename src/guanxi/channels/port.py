"""What a channel plug-in and the rest of the house know about each other.

A plug-in says what went wrong (the errors below); the caller decides what to do about it. What an adapter can do is
asked with `isinstance(adapter, Sends)`, never by comparing `kind`.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel, SecretStr


class DeliveryClass(StrEnum):
    """What may be done about a message whose outcome is not known."""

    A = "A"  # the vendor takes our key: send again under the same key
    B = "B"  # the vendor can be asked: ask, never send again blindly
    C = "C"  # neither: a person decides, marketing is never sent again


class Category(StrEnum):
    HARD_BOUNCE = "hard_bounce"  # the address does not exist: suppress it
    SOFT_BOUNCE = "soft_bounce"  # the address exists but takes nothing now (mailbox full, greylisted)
    BLOCKED = "blocked"  # the receiver's policy refuses us or this message
    THROTTLED = "throttled"  # too much, too fast
    CONTENT = "content"  # this message cannot be sent as it is
    AUTH = "auth"  # the account's credentials or sender are not accepted
    NETWORK = "network"  # the vendor was not reached
    UNKNOWN = "unknown"


class ChannelError(Exception):
    """Base of all five answers; `detail` is for staff and the log, and never holds the recipient's address."""

    def __init__(self, category: Category, detail: str) -> None:
        super().__init__(f"{category}: {detail}")
        self.category = category
        self.detail = detail


class Retry(ChannelError):
    """Not sent, certainly; may be tried again no sooner than `after` from now."""

    def __init__(self, after: timedelta, category: Category, detail: str) -> None:
        super().__init__(category, detail)
        self.after = after


class Refused(ChannelError):
    """Not sent, certainly, and the same message to the same address will be refused again."""


class Reconnect(ChannelError):
    """Not sent, certainly; the account needs a human (password, permission, sender) before anything else goes out."""

    def __init__(self, detail: str) -> None:
        super().__init__(Category.AUTH, detail)


class Unsupported(ChannelError):
    """Not sent, certainly; this account's vendor cannot do what this message needs."""

    def __init__(self, detail: str) -> None:
        super().__init__(Category.CONTENT, detail)


class Unknown(ChannelError):
    """It may have been sent and may not: the answer was lost. What to do next is told by the delivery class."""

    def __init__(self, detail: str) -> None:
        super().__init__(Category.UNKNOWN, detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    key: str  # public id of our message row; the same on every attempt, so that the vendor or a reader sees a repeat
    address: str
    text: str
    subject: str = ""
    html: str = ""  # empty: text only
    headers: tuple[tuple[str, str], ...] = ()  # further headers; those the adapter writes itself are refused
    sender: str = ""  # display name in place of the account's; the sending address is always the account's
    reply_to: str = ""  # address in place of the account's
    locale: str = ""
    unsubscribe_url: str = ""  # one-click (RFC 8058); empty for the transactional purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The vendor took it. Whether a person got it is another fact."""

    vendor_id: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One thing that a vendor told us, normalised; `external_id` is unique within the account, so a repeat is seen."""

    external_id: str
    name: str  # fact name: message.bounced, message.received …
    address: str
    occurred_at: datetime
    text: str = ""
    message_key: str = ""  # the Outbound it speaks of, when the vendor says so
    props: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    message_bytes: int | None  # of the whole encoded message; None: the vendor states none
    parallel: int  # adapters of one account that may be open at once


class Adapter(Protocol):
    """One open account. Not shared between threads: the deliver lane opens one a thread and reuses it for many."""

    delivery_class: DeliveryClass
    limits: Limits


@runtime_checkable
class Sends(Adapter, Protocol):
    def send(self, outbound: Outbound) -> Receipt:
        """Raises a ChannelError; anything else that comes out is a defect of the plug-in."""
        ...


@runtime_checkable
class Plugin(Protocol):
    """A plug-in is one object of this shape, found by the registry."""

    kind: ClassVar[str]  # stable, stored on accounts
    label: ClassVar[str]  # English, marked with gettext_noop; doors translate it
    identity_kind: ClassVar[str]  # the kind of identity that is an address here
    delivery_class: ClassVar[DeliveryClass]
    config: ClassVar[type[BaseModel]]  # secrets are typed SecretStr, titles are gettext_noop

    def open(self, config: BaseModel) -> AbstractContextManager[Adapter]:
        """`config` is an instance of `self.config`. Opening touches no network; the first send does."""
        ...


def secret_fields(config: type[BaseModel]) -> frozenset[str]:
    """Fields that are stored encrypted, never shown again and never logged."""
    return frozenset(name for name, info in config.model_fields.items() if info.annotation is SecretStr)


def revealed(config: BaseModel) -> dict[str, object]:
    """JSON-ready values with the secrets in clear: to be encrypted at once, nothing else."""
    secrets = {name: getattr(config, name).get_secret_value() for name in secret_fields(type(config))}
    return config.model_dump(mode="json") | secrets
