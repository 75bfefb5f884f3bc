"""The facts that people announces."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class LevelReached:
    name: ClassVar[str] = "level.reached"
    person: int
    level: str
    proof: str
    label: str = ""
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class LevelLost:
    name: ClassVar[str] = "level.lost"
    person: int
    level: str
    proof: str
    label: str = ""
    import_id: int | None = None
