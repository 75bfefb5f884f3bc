"""Who may see whom, and pages of people. Equality and ranges only: under row-level security no other index helps."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from django.db.models import Count, Q, QuerySet

from guanxi.governance import queries as governance
from guanxi.governance.models import Staff, Workspace
from guanxi.kit import addresses, bulk, cells, crypto, names, scope
from guanxi.people.models import (
    Identity,
    IdentityKind,
    NameWord,
    Person,
)

PAGE = 50
FOUND_BY_IDENTITY = 500
ORDERS = {
    "name": ("sort_key", ""),
    "name_back": ("sort_key", "-"),
    "newest": ("created_at", "-"),
    "oldest": ("created_at", ""),
}
"""The orders of a list: by which column, and "-" from its end."""
PERSON = Person._meta.db_table


def visible(staff: Staff) -> QuerySet[Person]:
    """The people whom this member of staff may see: all, those of the unit and below, one's own, or none.

    A manager whose place is no unit stands at the top of the tree: the whole workspace is below.
    """
    people: QuerySet[Person] = Person.objects.filter(merged_into=None, erased_at=None)
    match governance.data_scope(staff.role):
        case "unit" if staff.unit is not None:
            return people.filter(unit_id__in=governance.unit_and_below(staff.unit))
        case "all" | "unit":
            return people
        case "own":
            return people.filter(owner=staff)
        case _:
            return people.none()


@dataclass(frozen=True)
class Wanted:
    """What a list shows; `sort` is one of ORDERS."""

    search: str = ""
    level: str = ""
    owner: int | None = None
    unit: int | None = None
    sort: str = "name"


@dataclass(frozen=True)
class Page:
    """`after` is the cursor of the next page, "" at the end."""

    people: list[Person]
    after: str


class BadCursor(ValueError):
    """The mark of a page was changed or belongs to another order."""


def people_page(staff: Staff, wanted: Wanted, *, after: str = "", size: int = PAGE) -> Page:
    """One page of the people whom `staff` may see. Raises BadCursor."""
    people = wanted_people(staff, wanted)
    column, back = ORDERS[wanted.sort]
    if after:
        people = _behind(people, after, column, back)
    found = list(people.select_related("owner", "unit").order_by(f"{back}{column}", f"{back}pk")[: size + 1])
    more = len(found) > size
    return Page(found[:size], _cursor(found[size - 1], column) if more else "")


def count_people(staff: Staff, wanted: Wanted, *, up_to: int | None = 10_000) -> int:
    """How many there are; counting stops at `up_to`."""
    return wanted_people(staff, wanted).order_by()[:up_to].count()


def wanted_people(staff: Staff, wanted: Wanted) -> QuerySet[Person]:
    """Whom `staff` may see and the filter lets through, in no order."""
    return _filtered(visible(staff), wanted)


def _filtered(people: QuerySet[Person], wanted: Wanted) -> QuerySet[Person]:
    if wanted.level:
        people = people.filter(level=wanted.level)
    if wanted.owner is not None:
        people = people.filter(owner_id=wanted.owner)
    if wanted.unit is not None:
        people = people.filter(unit_id=wanted.unit)
    return _found(people, wanted.search.strip()) if wanted.search.strip() else people


def _found(people: QuerySet[Person], text: str) -> QuerySet[Person]:
    """By address or number when one fits exactly, otherwise by the words of the name."""
    if ids := _by_identity(text):
        return people.filter(pk__in=ids)
    words = names.query_words(text)
    if not words:
        return people.none()
    named, given = zip(*(_named(word, whole) for word, whole in words), strict=True)
    return people.extra(where=[f"{PERSON}.id = ANY(ARRAY({' INTERSECT '.join(named)}))"], params=[*chain(*given)])  # noqa: S610


def _named(word: str, whole: bool) -> tuple[str, list[int | str]]:
    """Who has this word in the name. As arrays, because joined the planner may try every person with every word."""
    fits = "word = %s" if whole else "word BETWEEN %s AND %s"
    sql = f"SELECT person_id FROM {NameWord._meta.db_table} WHERE workspace_id = %s AND {fits}"  # noqa: S608
    return sql, [scope.current(), word] if whole else [scope.current(), word, word + "\U0010ffff"]


def _by_identity(text: str) -> list[int]:
    if "\x00" in text:
        return []
    lookups = [crypto.lookup(scope.current(), kind, value) for kind, value in _readings(text)]
    exact = Identity.objects.extra(**bulk.any_of("lookup", lookups))
    found = list(exact.filter(kind__in=IdentityKind.values).values_list("person_id", flat=True))
    if re.fullmatch(r"\d{4}", text):
        found += Identity.objects.filter(last4=text).values_list("person_id", flat=True)[:FOUND_BY_IDENTITY]
    return found


def _readings(text: str) -> list[tuple[str, str]]:
    """What an exact search may mean: a customer number always, an e-mail address or a phone if it can be one."""
    readings: list[tuple[str, str]] = [(IdentityKind.CUSTOMER_NUMBER, cells.plain(text))]
    with suppress(addresses.BadAddress):
        readings.append((IdentityKind.EMAIL, addresses.email(text)))
    if len(re.sub(r"\D", "", text)) >= 6:
        country = Workspace.objects.values_list("country", flat=True).get(pk=scope.current())
        with suppress(addresses.BadAddress):
            readings.append((IdentityKind.PHONE, addresses.phone(text, country)))
    return readings


def _cursor(person: Person, column: str) -> str:
    return f"{person.public_id}~{person.created_at.isoformat() if column == 'created_at' else person.sort_key}"


def _behind(people: QuerySet[Person], after: str, column: str, back: str) -> QuerySet[Person]:
    last, _mark, value = after.partition("~")
    pk = None if "\x00" in after else Person.objects.filter(public_id=last).values_list("pk", flat=True).first()
    if pk is None:
        raise BadCursor(after)
    at = _moment(value) if column == "created_at" else value
    beyond = "lt" if back else "gt"
    there = Q(**{f"{column}__{beyond}": at}) | Q(**{column: at, f"pk__{beyond}": pk})
    return people.filter(there, **{f"{column}__{beyond}e": at})


def _moment(value: str) -> datetime:
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise BadCursor(value) from error
    if at.tzinfo is None:
        raise BadCursor(value)
    return at


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
