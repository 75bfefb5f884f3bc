"""The parts of a sentence that can be chosen, in the order of the reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Options = Sequence[tuple[str, Any]]
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True)
class Piece:
    """A word of the sentence, or what `control` says: a `select` (of `options`, or of `groups` of them), a `number`,
    `date`, `text`, `several` values, `ticks`, something `hidden`, a `button` (its act in `value`), where a detail
    begins (`open`) and ends (`close`), or an `error`. `reshapes`: its choice changes which other controls there are."""

    text: str = ""
    control: str = ""
    name: str = ""
    label: str = ""
    value: str = ""
    options: Options = ()
    hints: Sequence[str] = ()
    reshapes: bool = False
    groups: Sequence[tuple[str, Options]] = ()
    chosen: tuple[str, ...] = ()

    @property
    def tight(self) -> bool:
        """A word that begins with a comma stands close to what is before it."""
        return self.text[:1] in tuple(",，、；;")


OPEN, CLOSE = Piece(control="open"), Piece(control="close")


def select(name: str, label: str, value: str, options: Options, *, reshapes: bool = False) -> Piece:
    return Piece("", "select", name, label, value, options, reshapes=reshapes)


def button(act: str, text: str) -> Piece:
    return Piece(text, "button", "do", "", act)


def taken(act: str, label: str) -> Piece:
    """A button that takes something away."""
    return Piece("", "button", "do", label, act)


def arranged(pattern: str, **parts: list[Piece]) -> list[Piece]:
    """The pieces in the order of the pattern, with its words between them."""
    found: list[Piece] = []
    for place, text in enumerate(PLACEHOLDER.split(pattern)):
        if place % 2:
            found += parts.get(text, [])
        elif text.strip():
            found.append(Piece(text=text.strip()))
    return found


def counted(number: str) -> int:
    """What stands in a field, for the word behind it; several while it is no number."""
    return int(number) if number.isascii() and number.isdigit() else 2


def kept(options: Sequence[tuple[str, Any]], chosen: str, said: Mapping[str, Any] | None = None) -> Options:
    """A choice that was made stays in sight, also when it is not on offer any more."""
    if not chosen or any(value == chosen for value, _label in options):
        return options
    return [*options, (chosen, (said or {}).get(chosen, chosen))]
