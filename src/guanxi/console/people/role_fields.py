"""The fields that belong to a person's role, on their page."""

from __future__ import annotations

from typing import Any

from guanxi.console.people.words import trait_words
from guanxi.people import queries
from guanxi.people.queries import Card

Shown = list[tuple[str, Any]]


def by_role(card: Card, role: str) -> tuple[Shown, Shown]:
    """Those of the role, with what stands there or None, and the facts that everybody may have. What is kept from an
    earlier role is in neither."""
    known = {one.key: one for one in card.traits}
    labels = queries.labels_by_role()
    mine = labels.pop(role, {})
    elsewhere = {key for theirs in labels.values() for key in theirs} - set(mine)
    of_role = [(label, trait_words(known[key].value) if key in known else None) for key, label in mine.items()]
    return of_role, [
        (one.label, trait_words(one.value)) for one in card.traits if one.key not in mine and one.key not in elsewhere
    ]
