"""One normaliser for the addresses of people, so that the same phone or mailbox is the same row everywhere."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import phonenumbers

_EMAIL = re.compile(
    r"^[^\s@<>\"'(),:;\[\]\\\x00-\x1f\x7f]{1,64}@[^\s@<>\"'(),:;\[\]\\\x00-\x1f\x7f.]+(\.[^\s@<>\"'(),:;\[\]\\\x00-\x1f\x7f.]+)+$"
)


class BadAddress(ValueError):
    """A text that cannot be a phone number or a mailbox."""


def email(text: str) -> str:
    value = unicodedata.normalize("NFKC", text).strip().lower()
    if len(value) > 254 or not _EMAIL.match(value):
        raise BadAddress(text)
    return value


@lru_cache(maxsize=65536)
def phone(text: str, country: str) -> str:
    """E.164. `country` (ISO 3166, two letters) reads numbers written without a country code."""
    try:
        number = phonenumbers.parse(unicodedata.normalize("NFKC", text).strip(), country or None)
    except phonenumbers.NumberParseException as error:
        raise BadAddress(text) from error
    if not phonenumbers.is_possible_number(number):
        raise BadAddress(text)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mask_phone(last4: str) -> str:
    return f"•••• {last4}"


def mask_email(value: str) -> str:
    local, _, domain = value.partition("@")
    return f"{local[:1]}•••@{domain}"


def mask(value: str) -> str:
    """Any other id: its last three characters when it is long enough."""
    return f"•••{value[-3:]}" if len(value) > 5 else "•••"
