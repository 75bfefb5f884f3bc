"""The kinds of import there are. Rooms above sign up when they start."""

from __future__ import annotations

from guanxi.people.port import ImportKind

_kinds: dict[str, ImportKind] = {}


class UnknownKind(LookupError):
    """No room imports such a thing."""


def register_import_kind(kind: ImportKind) -> None:
    _kinds[kind.key] = kind


def import_kinds() -> list[ImportKind]:
    return sorted(_kinds.values(), key=lambda kind: kind.position)


def import_kind(key: str) -> ImportKind:
    try:
        return _kinds[key]
    except KeyError:
        raise UnknownKind(key) from None
