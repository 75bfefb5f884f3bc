"""What people decides: the ladder, and which column of a file is probably what."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from guanxi.kit import cells

NOTE_LIMIT = 4_000
LADDER = ("visitor", "interactor", "fan", "friend", "customer")


def rank(level: str) -> int:
    return LADDER.index(level)


def fold_header(text: str) -> str:
    """Letters and digits only, so that "E-Mail Address", "e_mail address" and "EMAIL ADDRESS" are one name."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def guess_columns(header: Sequence[str], names: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Column → field for columns whose name is one of a field's names; the first column wins a field."""
    known = {fold_header(name): field for field, given in names.items() for name in given}
    guessed: dict[str, str] = {}
    for column in header:
        field = known.get(fold_header(column))
        if field is not None and field not in guessed.values():
            guessed[column] = field
    return guessed


def guess_kind(values: Sequence[str]) -> str:
    """The kind of trait that all these values fit; text when there are none."""
    given = [value for value in values if value.strip()]
    for kind in ("yes_no", "date", "number"):
        if given and all(_fits(value, kind) for value in given):
            return kind
    return "text"


def _fits(value: str, kind: str) -> bool:
    if kind == "yes_no" and value.strip() in ("0", "1"):
        return False  # a column of small numbers is more often a count
    if kind == "number" and re.match(r"^[+-]?0\d", value.strip()):
        return False  # numbers with leading zeros are codes
    try:
        canonical(value, kind)
    except cells.BadCell:
        return False
    return True


def canonical(value: str, kind: str, choices: Sequence[str] = ()) -> str:
    """The text that a trait keeps: 12.5, 2026-11-21, yes, one of the choices as it is written there. Raises BadCell."""
    match kind:
        case "choice":
            wanted = cells.one_line(value).casefold()
            found = [one for one in choices if one == value or one.casefold() == wanted]
            if not found:
                raise cells.BadCell(value)
            return found[0]
        case "number":
            return plain_number(cells.number(value))
        case "date":
            return cells.day(value).isoformat()
        case "yes_no":
            return "yes" if cells.yes_no(value) else "no"
        case _:
            return value


def plain_number(number: Decimal) -> str:
    text = format(number.normalize(), "f")
    return "0" if text in ("-0", "0") else text


def typed(value: str, kind: str) -> str | int | float | bool:
    """A trait's value as rules of audiences compare it."""
    match kind:
        case "number":
            return int(value) if re.fullmatch(r"-?\d{1,15}", value) else float(value)
        case "yes_no":
            return value == "yes"
        case _:
            return value


def slug(label: str, latin: str, taken: set[str]) -> str:
    """A key for a new trait: letters, digits, underscores; never one that is taken."""
    base = re.sub(r"[^a-z0-9]+", "_", latin.casefold()).strip("_")[:32] or "field"
    if base[0].isdigit():
        base = f"f_{base}"
    key, number = base, 2
    while key in taken:
        key, number = f"{base}_{number}", number + 1
    return key


@dataclass(frozen=True, slots=True)
class ConsentState:
    """What the ledger says of an address now."""

    granted: bool


def consent_to_write(wanted: bool | None, known: ConsentState | None) -> bool | None:
    """What an import may write: True, False, or None for nothing.

    A file never turns a withdrawal into consent: it may be older than the withdrawal. A refusal always counts.
    """
    if wanted is None or (known is not None and known.granted == wanted):
        return None
    if wanted and known is not None:
        return None
    return wanted


ATTACHMENT_LIMIT = 10 * 1024 * 1024
ATTACHMENT_QUOTA = 2 * 1024 * 1024 * 1024
HEAD_BYTES = 64 * 1024

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypM4A ", "audio/mp4"),
    (0, b"ID3", "audio/mpeg"),
)
_OFFICE = (
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)


def media_type_of(head: bytes) -> str | None:
    """What a file is by its first bytes; None for all that may not be kept: programs, web pages, SVG, archives."""
    for offset, magic, media_type in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return media_type
    if head.startswith(b"PK\x03\x04") and b"[Content_Types].xml" in head and b"vbaProject" not in head:
        return next((media_type for folder, media_type in _OFFICE if folder in head), None)
    return None


REVEALS_AN_HOUR = 50


def may_reveal(already: int) -> bool:
    """`already`: how many other people this member of staff has looked at in the last hour."""
    return already < REVEALS_AN_HOUR
