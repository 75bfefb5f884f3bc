"""Who listens, and who can say what a mirrored row looks like. Rooms above sign up when they start."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import pyarrow as pa

from guanxi.events.lake import MIRRORS
from guanxi.events.rules import Happened

Receiver = Callable[[Sequence[Happened]], None]
Mirror = Callable[[Sequence[int]], pa.Table]

_receivers: dict[str, list[Receiver]] = defaultdict(list)
_mirrors: dict[str, Mirror] = {}


def subscribe(name: str, receiver: Receiver) -> None:
    """`receiver` is called in the announcer's transaction with all the facts of that name."""
    if receiver not in _receivers[name]:
        _receivers[name].append(receiver)


def receivers(name: str) -> list[Receiver]:
    return _receivers.get(name, [])


def mirror(name: str, rows: Mirror) -> None:
    """`rows(keys)` gives the mirrored rows of these keys as they are now; a key that is missing has gone."""
    _mirrors[name] = rows


def mirrors() -> dict[str, Mirror]:
    return _mirrors


def mirror_columns(name: str) -> pa.Schema:
    """What the rows of a mirror must hold."""
    return MIRRORS[name]
