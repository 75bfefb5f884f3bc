"""How the cells of a shop's file become an order: amounts, and which lines make one order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import groupby

from guanxi.kit.money import NotMoney, parse_minor, precision

LARGEST_MINOR = 10**15
LARGEST_QUANTITY = 2**31 - 1
# A binary double that was meant as cents prints up to 17 digits (10.579999999999998); nobody types so many.
_TAIL_OF_A_DOUBLE = re.compile(r"^(?=[\d.]{16,})\d+\.\d{9,}$")


class Unreadable(ValueError):
    """A cell that does not say what its column is for."""


@lru_cache(maxsize=8192)
def amount(text: str, currency: str) -> int:
    """Major units as text to minor units; a price that went through a binary double is rounded back to what it was."""
    try:
        minor = parse_minor(text, currency)
    except NotMoney as error:
        if not _TAIL_OF_A_DOUBLE.match(text):
            raise Unreadable(text) from error
        exact = Decimal(text).scaleb(precision(currency))
        minor = int(exact.to_integral_value())
        if abs(exact - minor) > Decimal("1e-6"):
            raise Unreadable(text) from error
    return _within(minor, text)


@lru_cache(maxsize=8192)
def minor_units(text: str) -> int:
    return _within(_whole(text), text)


def quantity(text: str) -> int:
    if text == "1":
        return 1
    number = _whole(text)
    if not 0 <= number <= LARGEST_QUANTITY:
        raise Unreadable(text)
    return number


def _whole(text: str) -> int:
    plain = re.sub(r"\.0+$", "", text)
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", plain):
        raise Unreadable(text)
    return int(plain)


def _within(minor: int, text: str) -> int:
    if not 0 <= minor <= LARGEST_MINOR:
        raise Unreadable(text)
    return minor


@dataclass(frozen=True, slots=True)
class Head:
    """What all lines of an order must agree on; `who` are the ids that the file gives for the person."""

    number: str
    who: tuple[tuple[str, str], ...]
    placed_at: datetime
    store: str
    currency: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row of an orders file."""

    row_no: int
    head: Head
    key: str
    product: str
    quantity: int
    amount_minor: int

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """None for the engine: the lines of an order come together, so the order itself finds its repeats."""
        return ()


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a line cannot stay: `repeated`, `differs` (from the first line) or `incomplete` (a sister line is broken)."""

    row_no: int
    what: str
    because_of: int


def flaws(lines: Sequence[Line], broken: dict[str, int]) -> Iterator[Flaw]:
    """Lines that cannot come in. `broken` gives, by order number, a row that could not be read.

    An order comes in whole or not at all: the mended file can then be imported again, and what was missing is added.
    A line that is there twice is the exception: it is left out, and the order is whole without it.
    """
    ordered = sorted(lines, key=lambda line: (line.head.number, line.row_no))
    for number, group in groupby(ordered, key=lambda line: line.head.number):
        found = list(group)
        first = found[0]
        repeated = list(_repeated(found))
        twice = {flaw.row_no for flaw in repeated}
        rest = [line for line in found if line.row_no not in twice]
        culprit = broken.get(number)
        differing = [line.row_no for line in rest if line.head != first.head]
        yield from repeated
        if culprit is None and not differing:
            continue
        for line in rest:
            if line.head != first.head:
                yield Flaw(line.row_no, "differs", first.row_no)
            else:
                yield Flaw(line.row_no, "incomplete", differing[0] if culprit is None else culprit)


def _repeated(lines: Sequence[Line]) -> Iterator[Flaw]:
    seen: dict[str, int] = {}
    for line in lines:
        first = seen.setdefault(line.key, line.row_no)
        if first != line.row_no:
            yield Flaw(line.row_no, "repeated", first)
