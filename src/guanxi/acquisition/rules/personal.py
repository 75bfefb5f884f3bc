"""What may say who somebody is has no place in the lake: people are there as numbers only."""

import re
from collections.abc import Mapping
from typing import Any

NAMES = frozenset(
    """
    email e_mail mail email_address phone phone_number mobile mobile_phone mobile_number telephone tel cellphone
    first_name last_name full_name family_name given_name middle_name surname user_name username nickname real_name
    address address1 address2 street street_address shipping_address billing_address postal_code postcode zip zip_code
    birthday birthdate birth_date date_of_birth dob ip ip_address password passport id_card id_number national_id ssn
    card_number credit_card iban bank_account license_plate plate plate_number wechat_id openid unionid
    """.split()  # noqa: SIM905
)

_DIGITS = re.compile(rb"\d[\d ().+-]{6}")
_AS_DIGIT = bytes(48 if letter in b"0123456789 ().+-" else letter for letter in range(256))
# It looks backwards from the sign for one letter only, and forwards as far as a name of a host can be: a text of
# 32,000 letters is looked through once, whatever is in it.
EMAIL = re.compile(r"(?<=[^\s@/?&=:;,<>\"'])(?:@|%40)[^\s@/?&=:;,<>\"'%]{1,253}\.[A-Za-z]{2,}")
PHONE = re.compile(
    r"(?<![\w.+-])(?:"
    r"\+[1-9]\d{0,2}[ .()-]{0,2}\d(?:[ .()-]{0,2}\d){5,12}"  # with a country code
    r"|(?:0086|86)?1[3-9]\d(?:[ -]?\d{4}){2}"  # mobiles of China
    r"|01[016789][ -]?\d{3,4}[ -]?\d{4}"  # and of Korea
    r"|\(?0\d{1,3}\)?[ .-]\d{3,4}[ .-]\d{3,4}"  # written with its area
    r")(?![\w-])"
)


def hinted(text: bytes) -> bool:
    """A quick look over JSON, of one event or of many: only where it finds something are the values looked at."""
    if b"@" in text or b"%40" in text:
        return True
    return b"0000000" in text.translate(_AS_DIGIT) and _DIGITS.search(text) is not None


def looks_personal(value: Any) -> bool:
    match value:
        case str():
            return bool(EMAIL.search(value) or PHONE.search(value))
        case bool():
            return False
        case int():
            return bool(PHONE.fullmatch(str(value)))
        case list():
            return any(looks_personal(one) for one in value)
        case dict():
            return any(str(key).lower() in NAMES or looks_personal(one) for key, one in value.items())
        case _:
            return False


def without_personal(props: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What stays, and the names of what does not."""
    gone = [key for key, value in props.items() if key in NAMES or looks_personal(value)]
    return {key: value for key, value in props.items() if key not in gone}, gone
