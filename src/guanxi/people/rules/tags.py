"""What a tag may be called, how many there may be, and who wins: a hand or a rule, a channel or we."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from guanxi.kit import cells

NAME_LIMIT = 30
"""Characters, as in the tags of WeCom."""
TAGS_LIMIT = 3_000
"""Of groups in a workspace: a WeCom corp has room for so many (its error 40126)."""
OWN_LIMIT = 200
"""Of one member of staff."""
SEPARATORS = ";,、"
_SEPARATED = re.compile(f"[{SEPARATORS}\n]")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
JOINERS = "\u200c\u200d"


class BadName(ValueError):
    """`reason`: empty, too_long, unseen, separator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def tag_name(text: str) -> str:
    """As it is kept: NFKC, single spaces. Raises BadName."""
    if any(unicodedata.category(one) in _UNSEEN and one not in JOINERS for one in text.strip()):
        raise BadName("unseen")
    name = cells.one_line(text)
    if not name.strip(JOINERS):
        raise BadName("empty")
    if len(name) > NAME_LIMIT:
        raise BadName("too_long")
    if any(one in name for one in SEPARATORS):
        raise BadName("separator")
    return name


def folded(name: str) -> str:
    """Two names that differ only in this are one."""
    return name.casefold()


def split_names(cell: str) -> list[str]:
    """The names in a cell of a file, each once, in their order."""
    names = [cells.one_line(one) for one in _SEPARATED.split(unicodedata.normalize("NFKC", cell))]
    found: dict[str, str] = {}
    for one in names:
        found.setdefault(folded(one), one)
    return [one for one in found.values() if one]


def slot(tag: int, group: int | None, *, exclusive: bool, role: bool = False) -> int:
    """What a person has once: the tag, one tag of an exclusive group, or one role."""
    if role:
        return 0
    return -group if exclusive and group is not None else tag


HANDS = frozenset({"staff", "api", "import", "channel"})
"""Whose word stands above a rule's: somebody said so of this person."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The tag that a person has in a slot, and how it came there."""

    tag: int
    how: str


class Verdict(StrEnum):
    PUT = "put"
    TAKE_OVER = "take_over"
    """The same tag, said by hand from now on."""
    ALREADY = "already"
    REFUSED = "refused"


def verdict(tag: int, how: str, there: Standing | None, *, refused: bool) -> Verdict:
    """What becomes of `tag` on a person. By hand beats by rule; what was taken off by hand no rule puts on; and no
    rule takes the place of another's tag, which would come back at the next turn."""
    if there is not None and there.tag == tag:
        return Verdict.TAKE_OVER if how in HANDS and there.how not in HANDS else Verdict.ALREADY
    if how not in HANDS and (refused or there is not None):
        return Verdict.REFUSED
    return Verdict.PUT


class Wins(StrEnum):
    OURS = "ours"
    CHANNEL = "channel"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Said:
    """The tags of a group that one side says a person carries, and when it last changed its word, if that is known."""

    tags: frozenset[int]
    at: datetime | None = None


def agreed(wins: Wins, ours: Said, theirs: Said) -> frozenset[int]:
    """The tags of a group that a person carries when a channel's word differs from ours.

    A side that does not know when it spoke is older than one that does; at the same moment ours stands.
    """
    match wins:
        case Wins.OURS:
            return ours.tags
        case Wins.CHANNEL:
            return theirs.tags
        case Wins.NEWEST:
            newer = theirs.at is not None and (ours.at is None or theirs.at > ours.at)
            return theirs.tags if newer else ours.tags
