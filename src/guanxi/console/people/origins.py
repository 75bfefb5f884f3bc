"""Where ids came together, in words: who sent the event, and what it is called there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from guanxi.acquisition.models import Source
from guanxi.console.templatetags.ways import way
from guanxi.people import queries
from guanxi.people.models import Person
from guanxi.people.queries import KnownMerge

KINDS: Mapping[str, Any] = {
    "identify": gettext_lazy("Said who they are"),
    "alias": gettext_lazy("Said who they are"),
    "group": gettext_lazy("Joined a group"),
    "page": gettext_lazy("Saw a page"),
    "screen": gettext_lazy("Saw a screen"),
}
"""Events that no site gives a name."""


def senders(public_ids: Iterable[str]) -> dict[str, str]:
    wanted = {one for one in public_ids if one}
    return dict(Source.objects.filter(public_id__in=wanted).values_list("public_id", "name")) if wanted else {}


def origin(source: str, sender: str, said: str, names: Mapping[str, str]) -> str:
    """`names` of senders by their public id; one that is gone is told by the way."""
    parts = (names.get(sender) or (way(source) if source else ""), str(KINDS.get(said, said)))
    return " · ".join(part for part in parts if part)


def merges_of(person: Person) -> list[tuple[KnownMerge, str]]:
    """Who became this person, and where what said so came from."""
    merges = queries.merges_of(person)
    names = senders(one.sender for one in merges)
    return [(one, origin(one.source, one.sender, one.said, names)) for one in merges]
