"""Pages of people and how many there are. Equality and ranges only: under row-level security no other index helps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, F, OrderBy, Q, QuerySet

from guanxi.governance import queries as governance
from guanxi.governance.models import Staff
from guanxi.kit import clock, scope
from guanxi.people.models import Person
from guanxi.people.queries.filters import (
    Wanted,
    listed,
    mine,
    plain,
    standing_of_list,
    tags_of_list,
    traits_of,
    visible,
    within,
    zone_of,
)
from guanxi.people.queries.filters import own as own_of
from guanxi.people.queries.moves import moves_of_list
from guanxi.people.queries.sides import Side, Without, Word, among, by_identity, by_words, extra, few, room_for_ids

PAGE = 50
COUNTED_UP_TO = 10_000
LOOKED_UP_TO = 1_000
"""Where another table must be asked about each person, counting to ten thousand takes longer than the page."""
CLOSE = "strength__neutral_until"
ORDERS = {
    "name": ("sort_key", ""),
    "name_back": ("sort_key", "-"),
    "newest": ("created_at", "-"),
    "oldest": ("created_at", ""),
    "seen": ("last_seen_at", "-"),
    "unseen": ("last_seen_at", ""),
    "close": (CLOSE, "-"),
}
"""The orders of a list: by which column, and "-" from its end. Who was never seen comes after those who were seen
last, and before those who were seen first: an order and its reverse need one index. Who never was close to the brand
comes after those who are for longest."""

WINDOW = 2_000
"""So many people are looked at one by one; who is rare or stands far behind is found by reading their side first."""

MET_WITHIN = 10_000

Mark = tuple[int, Any]
"""Where a page ended: the id of its last person, and what they were sorted by."""


@dataclass(frozen=True)
class Page:
    """`after` is the cursor of the next page, "" at the end."""

    people: list[Person]
    after: str


class BadCursor(ValueError):
    """The mark of a page was changed or belongs to another order."""


@dataclass(frozen=True)
class Found:
    """Whom `staff` may see and the filter lets through. `ids`: everyone else is out, when that is known at once;
    `broad`: sides on which many people are; `own`: these are all who are asked for, whatever else they are."""

    wanted: Wanted
    people: QuerySet[Person]
    ids: list[int] | None
    broad: list[Side]
    own: QuerySet[Any] | None = None

    def everyone(self) -> QuerySet[Person]:
        people = self.people if self.ids is None else among(self.people, self.ids)
        return extra(people, (side.join() for side in self.broad))


def people_page(staff: Staff, wanted: Wanted, *, after: str = "", size: int = PAGE) -> Page:
    """One page of the people whom `staff` may see. Raises BadCursor."""
    return page_of(find_people(staff, wanted), after=after, size=size)


def count_people(staff: Staff, wanted: Wanted) -> int:
    """How many there are, all counted."""
    return wanted_people(staff, wanted).order_by().count()


def wanted_people(staff: Staff, wanted: Wanted) -> QuerySet[Person]:
    """Whom `staff` may see and the filter lets through, in no order."""
    return find_people(staff, wanted).everyone()


def find_people(staff: Staff, wanted: Wanted) -> Found:
    zone = zone_of(wanted)
    asked = plain(wanted, zone)
    people = visible(staff).filter(asked)
    sides = [*standing_of_list(wanted), *tags_of_list(wanted), *traits_of(wanted), *moves_of_list(wanted, zone)]
    ids: set[int] | None = None
    broad: list[Side] = []
    if text := wanted.search.strip():
        if exact := by_identity(text):
            ids = set(exact)
        elif not (words := by_words(text)):
            ids = set()
        elif (named := few(words)) is not None:
            ids = set(named)
        else:
            broad += words
    for side in sides:
        if ids is None and not isinstance(side, Without) and (marked := few([side])) is not None:
            ids = set(marked)
        else:
            broad.append(side)
    with_row = [side for side in broad if not isinstance(side, Without)]
    own = mine(staff) if ids is None and with_row else None
    if own and (both := few([*with_row, own])) is not None:
        # This asked whom they may see: the page and the count would spend most of their time on reading it again.
        people, ids, broad = listed().filter(asked), set(both), [one for one in broad if one not in with_row]
    if ids is None:
        whoever = not broad and not asked and governance.data_scope(staff.role) == "own"
        return Found(wanted, people, None, broad, own_of(staff) if whoever else None)
    for side in broad:
        ids = set(side.of(ids))
    return Found(wanted, people, sorted(ids), [])


def counted(found: Found) -> tuple[int, bool]:
    """How many there are, and whether there are more: counting stops at one of the two bounds above."""
    up_to = LOOKED_UP_TO if found.broad else COUNTED_UP_TO
    with room_for_ids() if found.broad else nullcontext():
        many = found.everyone().order_by()[: up_to + 1].count()
    return min(many, up_to), many > up_to


def page_of(found: Found, *, after: str = "", size: int = PAGE) -> Page:
    """Raises BadCursor."""
    column, back = ORDERS[found.wanted.sort]
    mark = _place(after, column) if after else None
    if found.ids is not None:
        ids = _sorted(among(found.people, found.ids), column, back, mark)[: size + 1]
    else:
        ids = []
        everybody = _from(listed(), column, back, mark)
        for part, whole in zip(_from(found.people, column, back, mark), everybody, strict=True):
            limit = size + 1 - len(ids)
            near = None if found.own is None or column == CLOSE else _near(whole, found.own, limit, column, back)
            ids += _first(part, found.broad, limit, column, back, mark) if near is None else near
            if len(ids) > size:
                break
    beside = ["owner", "unit", "strength"] if column == CLOSE else ["owner", "unit"]
    rows = Person.objects.select_related(*beside).in_bulk(ids[:size])
    people = [rows[pk] for pk in ids[:size] if pk in rows]
    return Page(people, _cursor(people[-1], column) if people and len(ids) > size else "")


def _sorted(people: QuerySet[Person], column: str, back: str, mark: Mark | None) -> list[int]:
    """Those behind a mark. Few are sorted here: the planner would rather walk through everyone in order."""

    def place(value: Any, pk: int) -> tuple[Any, ...]:
        return (value is not None, value, pk) if value is not None else (False, pk)

    found = [place(value, pk) for pk, value in people.values_list("pk", column)]
    if mark is not None:
        here = place(mark[1], mark[0])
        found = [one for one in found if (one < here if back else one > here)]
    return [one[-1] for one in sorted(found, reverse=bool(back))]


def _order(column: str, back: str) -> list[OrderBy]:
    """As the indexes have it: nobody without a moment is in between, but the planner does not know that."""
    first, then = F(column), F("pk")
    if column != "last_seen_at":
        return [first.desc(), then.desc()] if back else [first.asc(), then.asc()]
    return [first.desc(nulls_last=True), then.desc()] if back else [first.asc(nulls_first=True), then.asc()]


def _first(
    people: QuerySet[Person], broad: list[Side], limit: int, column: str, back: str, mark: Mark | None
) -> list[int]:
    """The first ids of an ordered part of the list, which is what stands behind the mark."""
    if not broad:
        return list(people.values_list("pk", flat=True)[:limit])
    words = [side for side in broad if isinstance(side, Word)] if column == "sort_key" else []
    word = next((one for one in words if one.whole), words[0] if words else None)
    if word and word.whole and (along := _along(word, people, broad, limit, back, mark)) is not None:
        return along
    edge = people.values_list(column, "pk")[WINDOW : WINDOW + 1].first()
    near = people.filter(_until(column, back, *edge)) if edge else people
    found = list(extra(near, (side.look() for side in broad)).values_list("pk", flat=True)[:limit])
    if edge is None or len(found) == limit:
        return found
    if word and not word.whole and (along := _along(word, people, broad, limit, back, mark)) is not None:
        return along
    with room_for_ids():
        return list(extra(people, (side.hashed() for side in broad)).values_list("pk", flat=True)[:limit])


def _near(people: QuerySet[Person], own: QuerySet[Any], limit: int, column: str, back: str) -> list[int] | None:
    """Of an advisor with thousands of people the first ones are soon met in the order of everybody, where an index has
    it; None when they are not."""
    edge = people.values_list(column, "pk")[MET_WITHIN : MET_WITHIN + 1].first()
    if edge is None:
        return None
    with room_for_ids():
        met = list(people.filter(_until(column, back, *edge), within(own)).values_list("pk", flat=True)[:limit])
    return met if len(met) == limit else None


def _along(
    word: Word, people: QuerySet[Person], broad: list[Side], limit: int, back: str, mark: Mark | None
) -> list[int] | None:
    """In the order of names among those who have a word; None when too few of the first of them fit the rest."""
    rest = [side.look() for side in broad if side is not word]
    for many in (2 * limit, WINDOW) if word.whole else (WINDOW,):
        rows = word.first(many, back=back, mark=mark)
        found = _sorted(extra(among(people.order_by(), set(rows)), rest), "sort_key", back, None)
        if len(found) >= limit or len(rows) < many:
            return found[:limit]
    return None


def _from(people: QuerySet[Person], column: str, back: str, mark: Mark | None) -> Iterator[QuerySet[Person]]:
    """The rest of the list behind a mark, those without a moment apart: an index gives each part in its order."""
    last, value = mark or (None, None)
    people = people.order_by(*_order(column, back))
    if column not in ("last_seen_at", CLOSE):
        yield people if last is None else people.filter(_behind(column, back, value, last))
        return
    seen, never = people.exclude(last_seen_at=None), people.filter(last_seen_at=None)
    if column == CLOSE:
        # Sorted by a moment that nobody of them has, all would be read.
        seen, never = people.filter(**{f"{CLOSE}__isnull": False}), people.filter(strength=None).order_by("-pk")
    for part, empty in ((seen, False), (never, True)) if back else ((never, True), (seen, False)):
        if last is None:
            yield part
        elif empty == (value is None):
            beyond = "pk__lt" if back else "pk__gt"
            yield part.filter(**{beyond: last}) if empty else part.filter(_behind(column, back, value, last))
            last = None


def _behind(column: str, back: str, value: Any, last: int) -> Q:
    beyond = "lt" if back else "gt"
    there = Q(**{f"{column}__{beyond}": value}) | Q(**{column: value, f"pk__{beyond}": last})
    return there & Q(**{f"{column}__{beyond}e": value})


def _until(column: str, back: str, value: Any, last: int) -> Q:
    """On the way to a mark, and there. Where nobody has a moment, only the id says who comes first."""
    before = "gt" if back else "lt"
    if value is None:
        return Q(**{f"pk__{before}e": last})
    there = Q(**{f"{column}__{before}": value}) | Q(**{column: value, f"pk__{before}e": last})
    return there & Q(**{f"{column}__{before}e": value})


def _cursor(person: Person, column: str) -> str:
    value = (
        getattr(getattr(person, "strength", None), "neutral_until", None)
        if column == CLOSE
        else getattr(person, column)
    )
    return f"{person.public_id}~{value.isoformat() if isinstance(value, datetime) else value or ''}"


def _place(after: str, column: str) -> Mark:
    public_id, _mark, value = after.partition("~")
    pk = None if "\x00" in after else Person.objects.filter(public_id=public_id).values_list("pk", flat=True).first()
    if pk is None:
        raise BadCursor(after)
    if column == "sort_key":
        return pk, value
    if column in ("last_seen_at", CLOSE) and not value:
        return pk, None
    return pk, _moment(value)


def _moment(value: str) -> datetime:
    try:
        return clock.instant(value)
    except ValueError as error:
        raise BadCursor(value) from error


_SOURCES = f"""
WITH RECURSIVE known(source) AS (
    (SELECT source FROM {Person._meta.db_table} WHERE workspace_id = %(workspace)s AND merged_into_id IS NULL
         AND erased_at IS NULL AND source > '' ORDER BY source LIMIT 1)
    UNION ALL
    SELECT (SELECT source FROM {Person._meta.db_table} WHERE workspace_id = %(workspace)s AND merged_into_id IS NULL
         AND erased_at IS NULL AND source > known.source ORDER BY source LIMIT 1)
    FROM known WHERE known.source IS NOT NULL
) SELECT source FROM known WHERE source IS NOT NULL LIMIT 50
"""  # noqa: S608


def sources() -> list[str]:
    """By which ways people came, one look at the index for each."""
    with connection.cursor() as cursor:
        cursor.execute(_SOURCES, {"workspace": scope.current()})
        return [row[0] for row in cursor.fetchall()]


def level_counts(staff: Staff) -> dict[str, int]:
    """How many of the people whom `staff` may see stand on each level; levels without people are missing."""
    rows = visible(staff).order_by().values_list("level").annotate(people=Count("pk"))
    return dict(rows.order_by("level"))


def unit_counts(staff: Staff) -> dict[int | None, tuple[int, int]]:
    """By unit, how many people whom `staff` may see are there, and how many of them have no owner."""
    rows = (
        visible(staff)
        .order_by()
        .values_list("unit")
        .annotate(people=Count("pk"), free=Count("pk", filter=Q(owner=None)))
    )
    return {unit: (people, free) for unit, people, free in rows}


def added_between(staff: Staff, since: datetime, until: datetime) -> int:
    """How many people whom `staff` may see came in this time."""
    return visible(staff).filter(created_at__gte=since, created_at__lt=until).count()
