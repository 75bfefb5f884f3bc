"""What roles of people settle: who goes first, and of what a choice may consist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from guanxi.kit import cells

PRIORITIES = (1, 2, 3)
USUAL: Mapping[str, int] = {"leader": 1, "consumer": 2, "employee": 3}
FIELDS_A_ROLE = 30
CHOICES_A_FIELD, CHOICE_LIMIT = 50, 80
LABEL_LIMIT = 80
FIELDS_LIMIT = 200
FILLED_AT_ONCE = 20_000


class BadField(ValueError):
    """`reason`: label, choices (none, too many, too long), no_choices (they are given, but the kind has none)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def label_of(text: str) -> str:
    """Raises BadField."""
    label = cells.one_line(text)
    if not label or len(label) > LABEL_LIMIT or cells.has_control(label):
        raise BadField("label")
    return label


def choices_of(kind: str, given: Iterable[str]) -> list[str]:
    """Each once, in their order. Raises BadField."""
    once: dict[str, str] = {}
    for text in filter(None, map(cells.one_line, given)):
        once.setdefault(text.casefold(), text)
    found = list(once.values())
    if kind != "choice":
        if found:
            raise BadField("no_choices")
        return []
    wrong = any(len(one) > CHOICE_LIMIT or cells.has_control(one) for one in found)
    if not found or len(found) > CHOICES_A_FIELD or wrong:
        raise BadField("choices")
    return found
