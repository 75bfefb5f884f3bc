"""Links that a recipient may follow without signing in. A token names a workspace and a message, tells neither, and
works for one use only."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings

from guanxi.channels.models import Message
from guanxi.kit import crypto

Use = Literal["unsubscribe", "open"]
PATHS: dict[Use, str] = {"unsubscribe": "/u/{}", "open": "/o/{}.gif"}
TOKEN_CHARACTERS = 43
PREFERENCES = "/p/{}"
PREFERENCES_CHARACTERS = 48
# From a message the link works for half a year; one that staff copy is for now.
IN_MESSAGES = timedelta(days=180)
BY_HAND = timedelta(days=30)


class BadLink(ValueError):
    """Not a token that this installation made for this use."""


@dataclass(frozen=True, slots=True)
class Link:
    workspace_id: int
    message_id: int


def link(message: Message, use: Use) -> str:
    """The whole address, the same every time."""
    token = _box().encrypt(message.workspace_id.to_bytes(8, "big") + message.pk.to_bytes(8, "big"), [use.encode()])
    return settings.BASE_URL + PATHS[use].format(urlsafe_b64encode(token).decode().rstrip("="))


def read_token(token: str, use: Use) -> Link:
    """Needs no scope: enter the workspace that it names, then look for the message. Raises BadLink."""
    if len(token) != TOKEN_CHARACTERS:
        raise BadLink("This link is not complete.")
    try:
        plain = _box().decrypt(urlsafe_b64decode(token + "="), [use.encode()])
    except (InvalidTag, NotBase64, ValueError) as error:
        raise BadLink("This link was not made here.") from error
    return Link(int.from_bytes(plain[:8], "big"), int.from_bytes(plain[8:], "big"))


@dataclass(frozen=True, slots=True)
class PreferencesLink:
    """`identity_id` is the address that the link was made for."""

    workspace_id: int
    identity_id: int


def preferences_link(*, workspace_id: int, identity_id: int, until: datetime) -> str:
    """The whole address of the page where a person sets what they get; good until then, the same every time."""
    ends = int(until.timestamp()).to_bytes(4, "big")
    plain = workspace_id.to_bytes(8, "big") + identity_id.to_bytes(8, "big") + ends
    token = _box().encrypt(plain, [b"preferences"])
    return settings.BASE_URL + PREFERENCES.format(urlsafe_b64encode(token).decode())


def read_preferences(token: str, now: datetime) -> PreferencesLink:
    """Needs no scope. Raises BadLink, also when its time is over."""
    if len(token) != PREFERENCES_CHARACTERS:
        raise BadLink("This link is not complete.")
    try:
        plain = _box().decrypt(urlsafe_b64decode(token), [b"preferences"])
    except (InvalidTag, NotBase64, ValueError) as error:
        raise BadLink("This link was not made here.") from error
    if datetime.fromtimestamp(int.from_bytes(plain[16:], "big"), UTC) <= now:
        raise BadLink("The time of this link is over.")
    return PreferencesLink(int.from_bytes(plain[:8], "big"), int.from_bytes(plain[8:16], "big"))


def _box() -> AESSIV:
    """AES-SIV (RFC 5297): encrypted and authenticated in 32 bytes, compared in constant time, no nonce to keep."""
    return AESSIV(bytes.fromhex(crypto.derive_text("links")))
