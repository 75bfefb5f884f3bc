"""The facts that channels announces."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class MessageAccepted:
    name: ClassVar[str] = "message.accepted"
    person: int
    message_id: int
    channel: str
    origin: str


@dataclass(frozen=True, slots=True)
class MessageBounced:
    name: ClassVar[str] = "message.bounced"
    person: int
    message_id: int
    channel: str
    origin: str
    category: str


@dataclass(frozen=True, slots=True)
class MessageOpened:
    name: ClassVar[str] = "message.opened"
    person: int
    message_id: int
    channel: str
    origin: str


@dataclass(frozen=True, slots=True)
class MessageUnsubscribed:
    name: ClassVar[str] = "message.unsubscribed"
    person: int
    message_id: int
    channel: str
    origin: str


@dataclass(frozen=True, slots=True)
class MessageComplained:
    """Reported as spam, by the person or by somebody who reads their mail."""

    name: ClassVar[str] = "message.complained"
    person: int
    message_id: int
    channel: str
    origin: str
