"""Amounts of money among properties: `revenue` or `value`, in units of the `currency` beside it."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal, DecimalException
from typing import Any

from guanxi.kit import money

NAMED = ("revenue", "value")
CURRENCY = "currency"
# Sums of floating numbers are off by less than this part of the smallest coin.
NOISE = Decimal("0.001")
LARGEST = 10**15
Amount = tuple[int, str]
"""Minor units, and the code of the currency."""


def amount_named(values: Mapping[str, Any]) -> str:
    """Which of these words holds an amount, if one does."""
    if not isinstance(values.get(CURRENCY), str):
        return ""
    return next((key for key in NAMED if isinstance(values.get(key), int | float | str)), "")


def amount_in(values: Mapping[str, Any], named: str) -> tuple[Amount | None, str]:
    """The amount, or the reason why there is none: unknown_currency, bad_amount."""
    if named not in values or CURRENCY not in values:  # a word that looked personal
        return None, ""
    currency = str(values[CURRENCY]).strip().upper()
    if len(currency) != 3 or not money.known(currency):
        return None, "unknown_currency"
    try:
        units = Decimal(str(values[named]).strip()).scaleb(money.precision(currency))
        minor = units.to_integral_value(ROUND_HALF_EVEN)
        fits = abs(units - minor) <= NOISE and abs(minor) <= LARGEST
    except DecimalException:
        fits = False
    return ((int(minor), currency), "") if fits else (None, "bad_amount")
