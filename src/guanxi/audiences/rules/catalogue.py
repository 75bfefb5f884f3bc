"""The names that a rule may use in one workspace, with their types."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

LEVELS = ("visitor", "interactor", "fan", "friend", "customer")

Kind = Literal["text", "number", "flag", "date"]

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
EVENT_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}(\.[a-z][a-z0-9_]{0,63})*")


@dataclass(frozen=True, slots=True)
class Trait:
    """`column` names a text column of the people mirror; without it the trait is a key of its `traits` JSON."""

    kind: Kind
    label: str = ""
    column: Literal["locale", "country"] | None = None


@dataclass(frozen=True, slots=True)
class Property:
    """`column` names a text column of the lake; without it the property is a key of the event's `props` JSON."""

    kind: Kind
    label: str = ""
    column: Literal["channel", "source"] | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """`amount` says that the event carries money in `amount_minor`."""

    properties: Mapping[str, Property] = field(default_factory=dict)
    label: str = ""
    amount: bool = False


@dataclass(frozen=True, slots=True)
class Other:
    """Another audience: its name and its rule as it was saved, which may not work any more; `listed`: the key of a
    fixed one, whose people are a list whatever its rule says."""

    label: str
    rule: object
    listed: int | None = None


TieKind = Literal["friend", "follow", "group", "referral"]


@dataclass(frozen=True, slots=True)
class Named:
    """A thing of the workspace: what it is called, and the numbers by which a column of a mirror knows it."""

    label: str
    keys: tuple[int, ...]
    column: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Names are keys without their prefix: `city` is written `trait:city` in a rule.

    `currency` is the workspace's reporting currency: amounts in any other are neither compared nor summed.
    """

    traits: Mapping[str, Trait]
    events: Mapping[str, Event]
    currency: str
    audiences: Mapping[str, Other] = field(default_factory=dict)
    tags: Mapping[str, Named] = field(default_factory=dict)
    ties: Mapping[TieKind, Mapping[str, Named]] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    """What each channel that is installed is called."""

    def __post_init__(self) -> None:
        specs: list[tuple[str, Trait | Property]] = list(self.traits.items())
        for event in self.events.values():
            specs += event.properties.items()
        wrong = [name for name, spec in specs if not NAME.fullmatch(name) or (spec.column and spec.kind != "text")]
        wrong += [name for name in self.events if not EVENT_NAME.fullmatch(name)]
        if wrong:
            raise ValueError(f"not a name or type that a catalogue may hold: {sorted(wrong)!r}")
