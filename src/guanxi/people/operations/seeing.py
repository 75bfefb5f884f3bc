"""When people were last seen, by signs that they give themselves: an order, an opened message, a visit to their page of
preferences, an event of theirs. That somebody writes to them, or returned mail, is no sign."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import connection, transaction

from guanxi.kit import bulk, clock, scope
from guanxi.people.models import Person
from guanxi.people.operations.journal import note_changes

SEEN_APART = timedelta(hours=1)
"""An index follows the moment, so that a busy visitor is written down once an hour."""
# Most of them were seen within the hour: only the others are read and locked, in one order.
_DUE = f"""
SELECT person.id, person.last_seen_at, seen.at
FROM unnest(string_to_array(%s, ',')::bigint[], string_to_array(%s, ',')::bigint[]) AS given(id, microseconds)
CROSS JOIN LATERAL (SELECT '1970-01-01Z'::timestamptz + given.microseconds * '1 microsecond'::interval AS at) seen
JOIN {Person._meta.db_table} person ON person.id = given.id
WHERE person.workspace_id = %s AND person.erased_at IS NULL
  AND (person.last_seen_at IS NULL OR seen.at > person.last_seen_at + %s * '1 second'::interval)
ORDER BY person.id FOR NO KEY UPDATE OF person
"""  # noqa: S608


@transaction.atomic
def saw(moments: Mapping[int, datetime], *, import_id: int | None = None) -> None:
    """Person → when. An earlier moment changes nothing. With `import_id`, undo puts back what was known before."""
    if not moments:
        return
    micros = [str(clock.microseconds(at)) for at in moments.values()]
    with connection.cursor() as cursor:
        given = [",".join(map(str, moments)), ",".join(micros)]
        cursor.execute(_DUE, [*given, scope.current(), SEEN_APART.total_seconds()])
        changed = {pk: (before, at) for pk, before, at in cursor.fetchall()}
    if not changed:
        return
    bulk.update(Person, ["last_seen_at"], ((pk, at) for pk, (_before, at) in changed.items()))
    if import_id is not None:
        rows = [(pk, {"last_seen_at": before}, {"last_seen_at": at}) for pk, (before, at) in changed.items()]
        note_changes(import_id=import_id, model=Person, changes=rows)
