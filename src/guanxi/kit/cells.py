"""What a cell of an uploaded table means, whoever wrote it: dates, numbers, yes and no. Text stays text."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from pathlib import PurePath
from zoneinfo import ZoneInfo


class BadCell(ValueError):
    """The text is not what its column should hold."""


# Year first, as ISO 8601, Chinese, Japanese and Korean write it; day.month.year with dots as in German. A date such as
# 03/04/2026 is refused: half the world reads it as March, the other half as April.
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年년]\s*(\d{1,2})\s*[-/.月월]\s*(\d{1,2})\s*[日일.]?(?:[T\s]+(.+))?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:\s+(.+))?")
_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Marks of direction and of no width, which address books and spreadsheets put around what is copied out of them; they
# turn the text behind them round, or make two names that look the same. Joiners belong to Persian, Hindi and emoji.
_UNSEEN = re.compile(r"[\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_JOINERS = "\u200c\u200d"

YES = frozenset(
    {
        "yes",
        "y",
        "true",
        "t",
        "1",
        "on",
        "x",
        "✓",
        "✔",
        "√",
        "是",
        "对",
        "有",
        "同意",
        "已同意",
        "예",
        "네",
        "동의",
        "동의함",
        "agreed",
        "accepted",
        "subscribed",
        "opted in",
        "opt-in",
        "接受",
        "订阅",
        "已订阅",
        "수신동의",
        "구독",
    }
)
NO = frozenset(
    {
        "no",
        "n",
        "false",
        "f",
        "0",
        "off",
        "-",
        "✗",
        "×",
        "否",
        "不",
        "不是",
        "没有",
        "无",
        "不同意",
        "未同意",
        "아니오",
        "아니요",
        "미동의",
        "거부",
        "declined",
        "refused",
        "unsubscribed",
        "opted out",
        "opt-out",
        "拒绝",
        "已拒绝",
        "不接受",
        "退订",
        "已退订",
        "비동의",
        "거절",
        "수신거부",
        "구독취소",
    }
)


def plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def one_line(text: str) -> str:
    """NFKC, with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def has_control(text: str) -> bool:
    """A line break, or a character that cannot be seen."""
    return not text.isprintable() and (_CONTROL.search(text) or _UNSEEN.search(text)) is not None


def seen(text: str) -> str:
    """Without the marks that cannot be seen; empty when nothing else is in it. Line breaks stay."""
    if text.isprintable():
        return text
    left = _UNSEEN.sub("", text)
    return left if left.strip().strip(_JOINERS) else ""


def file_name(given: str, most: int) -> str:
    """The name of a file as somebody sent it, without its folders and what cannot be seen. A mark that turns the
    direction of writing makes `invoice<U+202E>fdp.exe` read like a PDF (Unicode TR36, 3.3)."""
    name = PurePath(given.replace("\\", "/")).name
    return _UNSEEN.sub("", _CONTROL.sub("", name))[-most:] or "file"


def line(text: str, limit: int) -> str:
    """What a device says, as one line that can be kept: without anything that cannot be seen, cut at the limit."""
    return " ".join(seen(_CONTROL.sub(" ", text)).split())[:limit]


# Born before 1900 or happening after 2199 is a typing error, or the zero date of another system.
YEARS = range(1900, 2200)


@lru_cache(maxsize=65536)
def day(text: str) -> date:
    """The day of a date or of a date with a time."""
    return _moment(text)[0]


@lru_cache(maxsize=65536)
def moment(text: str, zone: ZoneInfo) -> datetime:
    """An instant; without an offset of its own it is read in `zone`, a bare date is its first moment there."""
    on, at = _moment(text)
    local = datetime.combine(on, at or time(0))
    try:
        return (local if local.tzinfo else local.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as error:
        raise BadCell(text) from error


def _moment(text: str) -> tuple[date, time | None]:
    value = plain(text)
    if found := _YEAR_FIRST.fullmatch(value):
        year, month, day_, clock = found.groups()
    elif found := _COMPACT.fullmatch(value):
        (year, month, day_), clock = found.groups(), None
    elif found := _DOTTED.fullmatch(value):
        day_, month, year, clock = found.groups()
    else:
        raise BadCell(text)
    if int(year) not in YEARS:
        raise BadCell(text)
    try:
        return date(int(year), int(month), int(day_)), _time(clock)
    except ValueError as error:
        raise BadCell(text) from error


def _time(text: str | None) -> time | None:
    if not text:
        return None
    hour, _, rest = text.strip().removesuffix(" UTC").partition(":")
    zone = "+00:00" if text.endswith(" UTC") else ""
    return time.fromisoformat(f"{hour.zfill(2)}:{rest}{zone}" if rest else text)


@lru_cache(maxsize=65536)
def number(text: str) -> Decimal:
    value = plain(text)
    if len(value) > 40 or not _NUMBER.fullmatch(value):
        raise BadCell(text)
    return Decimal(value.replace(",", ""))


def yes_no(text: str) -> bool:
    value = plain(text).casefold()
    if value in YES:
        return True
    if value in NO:
        return False
    raise BadCell(text)
