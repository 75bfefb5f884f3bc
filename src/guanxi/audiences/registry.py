"""Names that a workspace learns as it goes: rooms above say which events and properties arrived."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from guanxi.audiences.rules import Event

Learnt = Callable[[], Mapping[str, Event]]
_learnt: list[Learnt] = []


def learn_events(events: Learnt) -> None:
    """`events()` gives those of the current workspace, by name."""
    if events not in _learnt:
        _learnt.append(events)


def learnt_events() -> dict[str, Event]:
    return {name: event for events in _learnt for name, event in events().items()}
