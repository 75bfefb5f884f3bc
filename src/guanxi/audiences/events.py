"""The facts that audiences announces."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class AudienceEntered:
    """Not said of those who were in it when its members were first kept. `label` is the name that it had."""

    name: ClassVar[str] = "audience.entered"
    person: int
    audience: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class AudienceLeft:
    name: ClassVar[str] = "audience.left"
    person: int
    audience: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class AudienceRefreshed:
    """Told, not kept as a fact: people came or went. Where more than a thousand did, nobody hears of them one by one;
    those who came are the members since `at`. Nobody entered when its members were first kept."""

    name: ClassVar[str] = "audience.refreshed"
    audience: str
    at: str
    size: int
    entered: int
    left: int
