"""What other tables say of people, asked so that the lock leaves an index to use: by equality and ranges, as lists of
ids when few fit, as one look a person when many do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from guanxi.governance.models import Workspace
from guanxi.kit import crypto, names, scope
from guanxi.people.models import Identity, IdentityKind, NameWord, Person
from guanxi.people.queries.kinds import kinds
from guanxi.people.rules.kinds import BadId, looked_up_as, read_id

FEW = 5_000
"""Up to so many ids are listed first."""
FOUND_BY_IDENTITY = 500
LAST_LETTER = "\U0010ffff"
PERSON = Person._meta.db_table


@dataclass(frozen=True)
class Side:
    """A row of another table that a person must have; `fits` is SQL over its columns."""

    table: str
    fits: str
    given: tuple[Any, ...]

    def ids(self) -> tuple[str, list[Any]]:
        sql = f"SELECT person_id FROM {self.table} WHERE workspace_id = %s AND {self.fits}"  # noqa: S608
        return sql, [scope.current(), *self.given]

    def of(self, people: Iterable[int]) -> list[int]:
        """Which of these few are on it."""
        sql, given = self.ids()
        with connection.cursor() as cursor:
            cursor.execute(f"{sql} AND person_id = ANY(%s)", [*given, list(people)])
            return [row[0] for row in cursor.fetchall()]

    def look(self) -> dict[str, Any]:
        """For `.extra(…)`: one look a person. OFFSET keeps the planner from turning it into a join with everyone."""
        sql, given = self.ids()
        return {"where": [f"EXISTS ({sql} AND person_id = {PERSON}.id OFFSET 0)"], "params": given}

    def hashed(self) -> dict[str, Any]:
        """For `.extra(…)`: all ids are read once, then each person is looked up among them. IS TRUE keeps it so."""
        sql, given = self.ids()
        return {"where": [f"({PERSON}.id IN ({sql})) IS TRUE"], "params": given}

    def join(self) -> dict[str, Any]:
        """For `.extra(…)`: the planner may take it as it likes."""
        sql, given = self.ids()
        return {"where": [f"EXISTS ({sql} AND person_id = {PERSON}.id)"], "params": given}


@dataclass(frozen=True)
class Without(Side):
    """A row that a person must not have."""

    def of(self, people: Iterable[int]) -> list[int]:
        some = list(people)
        having = set(super().of(some))
        return [person for person in some if person not in having]

    def look(self) -> dict[str, Any]:
        sql, given = self.ids()
        return {"where": [f"NOT EXISTS ({sql} AND person_id = {PERSON}.id OFFSET 0)"], "params": given}

    def hashed(self) -> dict[str, Any]:
        sql, given = self.ids()
        return {"where": [f"({PERSON}.id IN ({sql})) IS NOT TRUE"], "params": given}

    def join(self) -> dict[str, Any]:
        sql, given = self.ids()
        return {"where": [f"NOT EXISTS ({sql} AND person_id = {PERSON}.id)"], "params": given}


@dataclass(frozen=True)
class Word(Side):
    """Who has a word in the name, or, when it is not `whole`, one that begins so."""

    whole: bool

    def first(self, many: int, *, back: str, mark: tuple[int, str] | None) -> list[int]:
        """So many rows in the order of names, behind a mark: a whole word's stand in it."""
        sql, given = self.ids()
        if mark is not None:
            beyond = "<" if back else ">"
            sql += f" AND sort_key {beyond}= %s AND (sort_key {beyond} %s OR person_id {beyond} %s)"
            given += [mark[1], mark[1], mark[0]]
        way = "DESC" if back else "ASC"
        with connection.cursor() as cursor:
            cursor.execute(f"{sql} ORDER BY sort_key {way}, person_id {way} LIMIT %s", [*given, many])
            return [row[0] for row in cursor.fetchall()]


def named(word: str, whole: bool) -> Word:
    table = NameWord._meta.db_table
    if whole:
        return Word(table, "word = %s", (word,), whole)
    return Word(table, "word BETWEEN %s AND %s", (word, word + LAST_LETTER), whole)


def few(of: Sequence[Side]) -> list[int] | None:
    """Who is on all of these sides, if they are few."""
    parts, given = zip(*(side.ids() for side in of), strict=True)
    with connection.cursor() as cursor:
        sql = " INTERSECT ".join(parts) if len(parts) > 1 else parts[0]
        cursor.execute(f"SELECT person_id FROM ({sql}) fit LIMIT %s", [*chain(*given), FEW + 1])  # noqa: S608
        found = [row[0] for row in cursor.fetchall()]
    return found if len(found) <= FEW else None


def extra(people: QuerySet[Person], more: Iterable[dict[str, Any]]) -> QuerySet[Person]:
    for one in more:
        people = people.extra(**one)
    return people


@contextmanager
def room_for_ids() -> Iterator[None]:
    """Memory for the ids of two million people; without it the database would read a side again for each person."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        yield


def among(people: QuerySet[Person], ids: Iterable[int]) -> QuerySet[Person]:
    """A list in the text of the statement: the planner counts it and looks these people up."""
    return people.extra(where=["people_person.id = ANY(%s)"], params=[list(ids)])


# One look at the index for each; OFFSET keeps the planner from joining with all ids of the workspace.
_EXACT = f"""
SELECT found.person_id
FROM unnest(string_to_array(%s, ','), string_to_array(%s, ',')) AS wanted(kind, key), LATERAL (
    SELECT person_id FROM {Identity._meta.db_table}
    WHERE workspace_id = %s AND kind = wanted.kind AND lookup = decode(wanted.key, 'hex') OFFSET 0) found
"""  # noqa: S608


def by_identity(text: str) -> list[int]:
    """Who has exactly this id, of whatever kind, or a phone that ends in these four digits."""
    if "\x00" in text:
        return []
    readings = _readings(text)
    given = ",".join(kind for kind, _key in readings), ",".join(key.hex() for _kind, key in readings)
    with connection.cursor() as cursor:
        cursor.execute(_EXACT, [*given, scope.current()])
        found = [row[0] for row in cursor.fetchall()]
    if re.fullmatch(r"\d{4}", text):
        found += Identity.objects.filter(last4=text).values_list("person_id", flat=True)[:FOUND_BY_IDENTITY]
    return found


def by_words(text: str) -> list[Word]:
    return [named(word, whole) for word, whole in names.query_words(text)]


def _readings(text: str) -> list[tuple[str, bytes]]:
    """What an exact search may mean: an id of every kind that it can be one of, from every place that gave some."""
    known, places = kinds(), places_of_ids()
    digits = len(re.sub(r"\D", "", text))
    country = Workspace.objects.values_list("country", flat=True).get(pk=scope.current()) if digits >= 6 else ""
    lookup = crypto.lookups(scope.current())
    readings: list[tuple[str, bytes]] = []
    for key, kind in known.items():
        if key == IdentityKind.PHONE and digits < 6:
            continue
        with suppress(BadId):
            value = read_id(key, text, country)
            readings += [(key, lookup(key, looked_up_as(value, within))) for within in places.get(key, ())]
            if not kind.place:
                readings.append((key, lookup(key, value)))
    return readings


PLACES_AT_MOST = 200
_PLACES = f"""
WITH RECURSIVE known(kind, within) AS (
    (SELECT kind, within FROM {Identity._meta.db_table} WHERE workspace_id = %(workspace)s AND within > ''
     ORDER BY kind, within LIMIT 1)
    UNION ALL
    SELECT behind.kind, behind.within FROM known, LATERAL (
        SELECT kind, within FROM {Identity._meta.db_table} WHERE workspace_id = %(workspace)s AND within > ''
            AND (kind, within) > (known.kind, known.within) ORDER BY kind, within LIMIT 1) behind
) SELECT kind, within FROM known LIMIT {PLACES_AT_MOST}
"""  # noqa: S608


def places_of_ids() -> dict[str, list[str]]:
    """Kind → the corps, apps and shops that gave ids of it, one look at the index for each."""
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, {"workspace": scope.current()})
        for kind, within in cursor.fetchall():
            found.setdefault(kind, []).append(within)
    return found
