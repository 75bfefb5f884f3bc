"""Values to choose from while a rule is written; asked of the lake once in a while."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.cache import cache

from guanxi.audiences import queries as audiences
from guanxi.kit import scope

KEPT_SECONDS = 600
NUMBER_OF_KEYS = "number", "code", "origin"


def happened() -> Sequence[str]:
    """The names of events that have happened to anybody."""
    place = f"happened:{scope.current()}"
    if (known := cache.get(place)) is None:
        known = audiences.observed_events()
        cache.set(place, known, KEPT_SECONDS)
    return list(known)


def observed(of: str, key: str) -> Sequence[str]:
    """`of` is an event or `trait`; what is different for every event is not worth a list."""
    kind, _colon, name = key.partition(":")
    if not name or name in NUMBER_OF_KEYS or kind not in ("prop", "trait"):
        return ()
    place = f"observed:{scope.current()}:{of}:{name}"
    if (known := cache.get(place)) is not None:
        return list(known)
    found = audiences.observed_traits(name) if kind == "trait" else audiences.observed_properties(of, name)
    cache.set(place, found, KEPT_SECONDS)
    return found
