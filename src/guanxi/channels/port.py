"""What a channel plug-in and the rest of the house know about each other.

A plug-in says what went wrong (the errors below); the caller decides what to do about it. What an adapter can do is
asked with `isinstance(adapter, Sends)`, never by comparing `kind`.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel, SecretStr

# The type of a pydantic error whose message is for staff, marked with gettext_noop; of any other, doors say no more
# than that the value does not work.
TOLD = "told"


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


def printable(text: str) -> str:
    """What a stranger's server said, without what a database or a terminal would choke on."""
    return "".join(one if one.isprintable() else " " for one in text)


class ChannelError(Exception):
    """Base of all five answers; `detail` is for staff and the log, and never holds the recipient's address."""

    def __init__(self, category: Category, detail: str) -> None:
        super().__init__(f"{category}: {detail}")
        self.category = category
        self.detail = printable(detail)


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
    origin: str = ""  # public id of what sends it, a broadcast for example: the same for all its recipients
    return_token: str = ""  # letters and digits; tells our message apart when it comes back


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
    return_token: str = ""  # of that Outbound, when it came back with it
    props: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    message_bytes: int | None  # of the whole encoded message; None: the vendor states none
    parallel: int  # adapters of one account that may be open at once
    per_minute: int | None = None  # messages of one account; None: as many as the vendor takes


class Adapter(Protocol):
    """One open account. Not shared between threads: the deliver lane opens one a thread and reuses it for many."""

    delivery_class: DeliveryClass
    limits: Limits


@runtime_checkable
class Sends(Adapter, Protocol):
    def send(self, outbound: Outbound) -> Receipt:
        """Raises a ChannelError; anything else that comes out is a defect of the plug-in."""
        ...


class Verdict(StrEnum):
    OK = "ok"
    MISSING = "missing"
    WRONG = "wrong"
    UNKNOWN = "unknown"  # could not be looked up
    NOT_REACHED = "not_reached"  # something before it failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of a check. `title` and `advice` are English, marked with gettext_noop; `said` is what the other side
    said, or what was found there; `record` is what has to be published: (name, type, value)."""

    title: str
    verdict: Verdict
    said: str = ""
    advice: str = ""
    record: tuple[str, str, str] | None = None


@runtime_checkable
class Probes(Protocol):
    """A plug-in that can try the connection of an account, step by step, without sending anything."""

    def probe(self, config: BaseModel) -> list[Finding]: ...


@runtime_checkable
class Examines(Protocol):
    """A plug-in that can look up what the world sees of an account (its domain, its records)."""

    def examine(self, config: BaseModel, base_url: str) -> list[Finding]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """What an account signs its messages with; `record` is what has to be published for it: (name, type, value)."""

    selector: str
    record: tuple[str, str, str]


@runtime_checkable
class Signs(Protocol):
    """A plug-in whose accounts sign what they send. Keys are settings that are made here, never typed."""

    def keys(self, config: BaseModel) -> tuple[SigningKey | None, SigningKey | None]:
        """The key in use, and the next one."""
        ...

    def make_key(self, config: BaseModel, now: datetime) -> dict[str, object]:
        """Changed settings, with a new pair of keys as the next one."""
        ...

    def use_next_key(self, config: BaseModel) -> dict[str, object]: ...

    def drop_next_key(self, config: BaseModel) -> dict[str, object]: ...


@runtime_checkable
class Box(Protocol):
    """An open mailbox of returned messages."""

    def waiting(self, limit: int) -> Iterator["Inbound"]:
        """What was not settled yet, the oldest first; `name` is empty when it is nothing of ours."""
        ...

    def settle(self, inbound: "Inbound") -> None:
        """It was applied: it does not wait any more."""
        ...


@runtime_checkable
class Collects(Protocol):
    """A plug-in that fetches what comes back. Raises a ChannelError."""

    def collects(self, config: BaseModel) -> bool:
        """Whether this account is set up for it."""
        ...

    def open_box(self, config: BaseModel) -> AbstractContextManager[Box]: ...


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


def made_fields(config: type[BaseModel]) -> frozenset[str]:
    """Settings that no form asks for: the plug-in makes them."""
    return frozenset(
        name
        for name, info in config.model_fields.items()
        if isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get("section") == ""
    )


def revealed(config: BaseModel) -> dict[str, object]:
    """JSON-ready values with the secrets in clear: to be encrypted at once, nothing else."""
    secrets = {name: getattr(config, name).get_secret_value() for name in secret_fields(type(config))}
    return config.model_dump(mode="json") | secrets
