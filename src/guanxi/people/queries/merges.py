"""Who became whom and why, and who may be the same."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from guanxi.governance.models import Staff
from guanxi.people.models import DuplicateSearch, Merge, Pair, PairState, Person
from guanxi.people.queries.filters import visible
from guanxi.people.queries.kinds import kind_labels

PAIRS_A_PAGE = 50


@dataclass(frozen=True)
class KnownMerge:
    """`kind` is what the id that said so is called, "" when somebody decided it; `source`, `sender` (a public id) and
    `said` where it came from."""

    public_id: str
    name: str
    person: str
    """Who became this one: their public id."""
    rule: str
    kind: str
    source: str
    sender: str
    said: str
    by: str
    at: datetime
    undone_at: datetime | None
    undone_by: str


def merges_of(person: Person) -> list[KnownMerge]:
    """The merges that made this person, the newest first; those that were undone too."""
    rows = list(merges_in(person).order_by("-at", "-pk"))
    labels = kind_labels() if rows else {}
    return [_known(one, person, labels) for one in rows]


def merges_in(person: Person) -> QuerySet[Merge]:
    """The same as rows."""
    here = Q(keep=person) | Q(keep__merged_into=person) | Q(drop=person, undone_at__isnull=False)
    found: QuerySet[Merge] = Merge.objects.filter(here)
    return found.select_related("keep", "drop", "by", "undone_by")


def _known(one: Merge, person: Person, labels: dict[str, Any]) -> KnownMerge:
    other = one.keep if one.drop_id == person.pk else one.drop
    return KnownMerge(
        public_id=one.public_id,
        name=other.name,
        person=other.public_id,
        rule=one.rule,
        kind=str(labels.get(one.kind, one.kind)) if one.kind else "",
        source=one.source,
        sender=one.sender,
        said=one.said,
        by=one.by.name if one.by else "",
        at=one.at,
        undone_at=one.undone_at,
        undone_by=one.undone_by.name if one.undone_by else "",
    )


def whom(public_id: str) -> str | None:
    """Whom somebody became, by public ids; None when they are nobody, or still themselves."""
    found = Person.objects.filter(public_id=public_id, merged_into__isnull=False)
    kept: str | None = found.values_list("merged_into__public_id", flat=True).first()
    return kept


def known_to(staff: Staff, people: Collection[int]) -> dict[int, Person]:
    """Of these keys, the people whom `staff` may see, and those who became somebody whom they may see."""
    if not people:
        return {}
    mine = visible(staff)
    here = Person.objects.filter(pk__in=people, erased_at=None)
    return {one.pk: one for one in here.filter(Q(pk__in=mine.values("pk")) | Q(merged_into__in=mine.values("pk")))}


def pairs(staff: Staff, *, state: str = PairState.OPEN) -> QuerySet[Pair]:
    """Who may be the same, of the people whom `staff` sees, the likeliest first; "" is any state."""
    mine = visible(staff)
    found: QuerySet[Pair] = Pair.objects.filter(first__in=mine, second__in=mine)
    if state:
        found = found.filter(state=state)
    return found.select_related("first", "second", "by").order_by("-weight", "pk")


def two_of(pair: str) -> tuple[str, ...]:
    """The public ids of a pair, by its own."""
    found = Pair.objects.filter(public_id=pair)
    return found.values_list("first__public_id", "second__public_id").first() or ()


def latest_search() -> DuplicateSearch | None:
    found: DuplicateSearch | None = DuplicateSearch.objects.select_related("by").order_by("-pk").first()
    return found
