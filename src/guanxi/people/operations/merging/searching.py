"""A search for people who look alike, over the whole workspace, by the worker."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit import bulk, keys, leases
from guanxi.people.models import (
    DuplicateSearch,
    Field,
    Identity,
    Pair,
    PairOrigin,
    PairState,
    Person,
    SearchState,
    Trait,
)
from guanxi.people.queries import addresses_of
from guanxi.people.queries.similar import Likely, likely_pairs, rows_of, word_of_names
from guanxi.people.rules.meanings import meanings

log = logging.getLogger(__name__)
PEOPLE_AT_ONCE = 5_000
PEOPLE_AT_MOST = 300_000
PAIRS_AT_MOST = 5_000
LEASE = timedelta(minutes=30)
AT_WORK = (SearchState.WAITING, SearchState.READING, SearchState.COMPARING)


class SearchRefused(ValueError):
    """`reason`: at_work."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def search_duplicates(*, by: Staff | None, now: datetime) -> DuplicateSearch:
    """The worker does it; one at a time. Raises SearchRefused."""
    try:
        with transaction.atomic():
            of: DuplicateSearch = DuplicateSearch.objects.create(by=by, asked_at=now)
            governance.record(act="duplicates.searched", by=by, subject=of.public_id, now=now)
    except IntegrityError:
        raise SearchRefused("at_work") from None
    return of


def search_lane(*, now: datetime) -> bool:
    """The search that waits, or that was left by a worker who died; it begins anew."""
    with transaction.atomic():
        free = DuplicateSearch.objects.filter(leases.free(), state__in=AT_WORK).order_by("pk")
        of = free.select_for_update(skip_locked=True).first()
        if of is None:
            return False
        mine = {"state": SearchState.READING, "people": 0, "lease_until": Now() + LEASE}
        DuplicateSearch.objects.filter(pk=of.pk).update(holder=leases.ThisSession(), **mine)
    this = DuplicateSearch.objects.filter(pk=of.pk)
    try:
        people = list(_people(of))
        this.update(state=SearchState.COMPARING)
        likely = likely_pairs(rows_of(people))[:PAIRS_AT_MOST]
        found = _write(likely, {one["id"]: one["name"] for one in people}, now)
    except Exception:
        this.update(state=SearchState.FAILED, finished_at=now, lease_until=None)
        raise
    this.update(state=SearchState.DONE, found=found, finished_at=now, lease_until=None)
    return True


def _people(of: DuplicateSearch) -> Iterator[Mapping[str, Any]]:
    """Who stands for themselves and has a name, with what is known; addresses in clear, for this turn only."""
    everybody = Person.objects.filter(merged_into=None, erased_at=None).exclude(name="").order_by("pk")
    last, read = 0, 0
    while read < PEOPLE_AT_MOST:
        some = list(everybody.filter(pk__gt=last).values_list("pk", "name")[:PEOPLE_AT_ONCE])
        if not some:
            return
        last, read = some[-1][0], read + len(some)
        more = _more([pk for pk, _ in some])
        for pk, name in some:
            yield {"id": pk, "name": name, **more.get(pk, {})}
        DuplicateSearch.objects.filter(pk=of.pk).update(people=read, lease_until=Now() + LEASE)


def _more(people: list[int]) -> Mapping[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    read_as = meanings(Field.objects.order_by("pk").values_list("pk", "kind", "key", "label"))
    traits = Trait.objects.filter(person__in=people, field__in=read_as).values_list("field", "person", "value")
    order = list(read_as)
    for of, person, value in sorted(traits, key=lambda row: order.index(row[0])):
        found.setdefault(person, {}).setdefault(read_as[of], value.casefold())
    held = Identity.objects.filter(person__in=people, kind__in=("email", "phone"))
    rows = {pk: (person, kind) for pk, person, kind in held.values_list("pk", "person_id", "kind")}
    for pk, value in addresses_of(list(rows)).items():
        person, kind = rows[pk]
        found.setdefault(person, {}).setdefault(kind, value)
    return found


def _write(likely: list[Likely], names: Mapping[int, str], now: datetime) -> int:
    """Pairs that are new; what somebody decided about a pair stays decided."""
    return bulk.insert(
        Pair,
        ["public_id", "first_id", "second_id", "origin", "evidence", "weight", "state", "found_at"],
        (
            (
                *(keys.new("dup"), one.one, one.other, PairOrigin.SIMILAR.value, {"for": _why(one, names)}),
                *(round(one.probability * 1000), PairState.OPEN.value, now),
            )
            for one in likely
        ),
        or_ignore=True,
    )


def _why(pair: Likely, names: Mapping[int, str]) -> list[str]:
    one, other = names[pair.one], names[pair.other]
    return [word_of_names(why, one, other) if why in ("name_same", "name_swapped") else why for why in pair.why]
