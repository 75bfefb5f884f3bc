"""Money: whole minor units and an ISO 4217 code, never a float."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from babel.numbers import format_currency, get_currency_precision, is_currency

_NUMBER = re.compile(r"^[+-]?[0-9]+(\.[0-9]+)?$")


class NotMoney(ValueError):
    """A text that is not an amount of the currency."""


@dataclass(frozen=True, slots=True)
class Money:
    minor: int
    currency: str

    def __add__(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise NotMoney(f"{self.currency} and {other.currency} cannot be added")
        return Money(self.minor + other.minor, self.currency)

    def format(self, locale: str) -> str:
        amount = Decimal(self.minor).scaleb(-precision(self.currency))
        return format_currency(amount, self.currency, locale=locale.replace("-", "_"))


def precision(currency: str) -> int:
    return get_currency_precision(currency)


def known(currency: str) -> bool:
    return is_currency(currency)


def parse_minor(text: str, currency: str) -> int:
    """`"1,234.50"` → 123450 for CNY; refuses more decimals than the currency has (trailing zeros are fine)."""
    plain = re.sub(r"(?<=[0-9]),(?=[0-9]{3}([^0-9]|$))", "", text.strip())
    if not _NUMBER.match(plain):
        raise NotMoney(text)
    try:
        minor = Decimal(plain).scaleb(precision(currency))
    except InvalidOperation as error:
        raise NotMoney(text) from error
    if minor != minor.to_integral_value() or abs(minor) > 10**15:
        raise NotMoney(text)
    return int(minor)
