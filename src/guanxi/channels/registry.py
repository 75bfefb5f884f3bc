"""Which channels there are: the built-in plug-ins and those that installed packages offer as `guanxi.channels`.

And who writes the words: rooms above sign up for the origins of their messages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from guanxi.channels.plugins.email.adapter import EmailPlugin
from guanxi.channels.port import Plugin

if TYPE_CHECKING:
    from guanxi.channels.models import Message


class UnknownChannel(LookupError):
    """No installed plug-in has this kind."""


class ChannelClash(Exception):
    """Two plug-ins claim the same kind, or an entry point is not a plug-in."""


def plugin(kind: str) -> Plugin:
    try:
        return _plugins()[kind]
    except KeyError:
        raise UnknownChannel(f"no plug-in for the channel {kind!r}; installed: {', '.join(kinds())}") from None


def kinds() -> tuple[str, ...]:
    return tuple(sorted(_plugins()))


@cache
def _plugins() -> dict[str, Plugin]:
    return gathered([EmailPlugin(), *(point.load() for point in entry_points(group="guanxi.channels"))])


def gathered(found: list[object]) -> dict[str, Plugin]:
    """By kind. A third-party plug-in never silently takes the place of another."""
    plugins: dict[str, Plugin] = {}
    for one in found:
        if not isinstance(one, Plugin):
            raise ChannelClash(f"{one!r} is not a channel plug-in")
        if one.kind in plugins:
            raise ChannelClash(f"two plug-ins claim the channel {one.kind!r}")
        plugins[one.kind] = one
    return plugins


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What one message says, ready to go out."""

    text: str
    subject: str = ""
    html: str = ""
    locale: str = ""


@dataclass(frozen=True, slots=True)
class NoWords:
    """This message cannot be written; `reason` is for staff."""

    reason: str


Composer = Callable[[Sequence["Message"]], Mapping[int, Words | NoWords]]
_composers: dict[str, Composer] = {}


class NoComposer(LookupError):
    """Nobody has signed up to write messages of this origin."""


def composes(prefix: str, composer: Composer) -> None:
    """`composer` writes the messages whose origin is a public id with this prefix, by message id."""
    _composers[prefix] = composer


def composer_of(origin: str) -> Composer:
    try:
        return _composers[origin.partition("_")[0]]
    except KeyError:
        raise NoComposer(origin) from None
