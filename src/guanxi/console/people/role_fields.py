"""The fields that belong to a person's role, on their page."""

from __future__ import annotations

from typing import Any

from guanxi.console.people.words import trait_words
from guanxi.console.trait_names import trait_name, trait_value
from guanxi.people import queries
from guanxi.people.queries import Card, KnownTrait

Shown = list[tuple[str, Any]]


def by_role(card: Card, role: str) -> tuple[Shown, Shown]:
    """Those of the role, with what stands there or None, and the facts that everybody may have. What is kept from an
    earlier role is in neither."""
    known = {one.key: one for one in card.traits}
    labels = queries.labels_by_role()
    mine = labels.pop(role, {})
    elsewhere = {key for theirs in labels.values() for key in theirs} - set(mine)
    of_role = [(trait_name(key, label), _said(known[key]) if key in known else None) for key, label in mine.items()]
    return of_role, [
        (trait_name(one.key, one.label), _said(one))
        for one in card.traits
        if one.key not in mine and one.key not in elsewhere
    ]


def _said(one: KnownTrait) -> Any:
    return trait_value(one.key, trait_words(one.value))
