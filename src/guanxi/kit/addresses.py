"""One normaliser for the addresses of people, so that the same phone or mailbox is the same row everywhere."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import idna
import phonenumbers

_Source = phonenumbers.CountryCodeSource
_EMAIL = re.compile(
    r"^[^\s@<>\"'(),:;\[\]\\\x00-\x1f\x7f]{1,64}@[^\s@<>\"'(),:;\[\]\\\x00-\x1f\x7f.]+(\.[^\s@<>\"'(),:;\[\]\\\x00-\x1f\x7f.]+)+$"
)


class BadAddress(ValueError):
    """A text that cannot be a phone number or a mailbox."""


def email(text: str) -> str:
    value = unicodedata.normalize("NFKC", text).strip().lower()
    if len(value) > 254 or not _EMAIL.match(value):
        raise BadAddress(text)
    return _readable(value) if "xn--" in value else value


def _readable(mailbox: str) -> str:
    """A domain in the letters of its owner, as most files write it: one mailbox has one spelling."""
    local, _, domain = mailbox.partition("@")
    try:
        return f"{local}@{idna.decode(domain)}"
    except idna.IDNAError:
        return mailbox


@lru_cache(maxsize=65536)
def phone(text: str, country: str) -> str:
    """E.164. `country` (ISO 3166, two letters) reads numbers written without a country code; such a number must be one
    that the country really gives out, or a mobile number of China would become somebody's in the United States."""
    try:
        number = phonenumbers.parse(unicodedata.normalize("NFKC", text).strip(), country or None, keep_raw_input=True)
    except phonenumbers.NumberParseException as error:
        raise BadAddress(text) from error
    says_country = number.country_code_source in (_Source.FROM_NUMBER_WITH_PLUS_SIGN, _Source.FROM_NUMBER_WITH_IDD)
    fits = phonenumbers.is_possible_number if says_country else phonenumbers.is_valid_number
    if not fits(number):
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
