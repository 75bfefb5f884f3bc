"""What a group chat is called and whose it is, by the times of what was told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class GroupHappening:
    """`kind`: created, renamed, notice_changed, owner_changed, dismissed. `text` is the name or notice, `owner` the
    staff member's key (0: not staff)."""

    at: datetime
    kind: str
    text: str = ""
    owner: int = 0


@dataclass(frozen=True, slots=True)
class GroupStanding:
    name: str
    notice: str
    owner: int
    created_at: datetime | None
    dismissed_at: datetime | None


def group_standing(happened: Iterable[GroupHappening]) -> GroupStanding:
    """The last word on each thing holds, in whatever order it came; of two at one moment, the one that sorts last."""
    ordered = sorted(set(happened), key=lambda one: (one.at, one.kind, one.text, one.owner))
    last: dict[str, GroupHappening] = {}
    for one in ordered:
        for told in _tells(one):
            last[told] = one
    created = [one.at for one in ordered if one.kind == "created"]
    gone = [one.at for one in ordered if one.kind == "dismissed"]
    return GroupStanding(
        name=last["name"].text if "name" in last else "",
        notice=last["notice"].text if "notice" in last else "",
        owner=last["owner"].owner if "owner" in last else 0,
        created_at=created[0] if created else None,
        dismissed_at=gone[0] if gone else None,
    )


def _tells(one: GroupHappening) -> tuple[str, ...]:
    match one.kind:
        case "created":
            return (*(["name"] if one.text else []), *(["owner"] if one.owner else []))
        case "renamed":
            return ("name",)
        case "notice_changed":
            return ("notice",)
        case "owner_changed":
            return ("owner",)
        case _:
            return ()
