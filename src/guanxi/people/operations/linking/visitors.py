"""Visitors by the thousand: of each only what differs travels, as one text or byte string a column."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from guanxi.kit import bulk, clock, crypto, names, scope
from guanxi.people.models import Identity, Level, Person
from guanxi.people.operations.linking.reading import GivenId

NewId = tuple[int, str, int, bytes, GivenId]
"""Its row, public id, person and key."""

_PEOPLE = f"""
INSERT INTO {Person._meta.db_table}
    (workspace_id, id, public_id, name, sort_key, level, country, language, salt, source, created_at)
SELECT %s, id, public_id, '', '{names.NAMELESS}', '{Level.VISITOR}', '', '',
       substr(%s::bytea, {crypto.SALT_BYTES} * number::int - {crypto.SALT_BYTES - 1}, {crypto.SALT_BYTES}), %s,
       '1970-01-01Z'::timestamptz + at * '1 microsecond'::interval
FROM unnest(string_to_array(%s, ',')::bigint[], string_to_array(%s, ','), string_to_array(%s, ',')::bigint[])
     WITH ORDINALITY AS given(id, public_id, at, number)
"""  # noqa: S608
_IDENTITIES = f"""
INSERT INTO {Identity._meta.db_table}
    (workspace_id, id, public_id, person_id, kind, within, lookup, plain, last4, source, created_at)
SELECT %s, id, public_id, person, kind, coalesce(within, ''),
       substr(%s::bytea, {crypto.LOOKUP_BYTES} * number::int - {crypto.LOOKUP_BYTES - 1}, {crypto.LOOKUP_BYTES}),
       '', '', %s, %s
FROM unnest(string_to_array(%s, ',')::bigint[], string_to_array(%s, ','), string_to_array(%s, ',')::bigint[],
            string_to_array(%s, ','), string_to_array(%s, E'\\n')) WITH ORDINALITY
     AS given(id, public_id, person, kind, within, number)
"""  # noqa: S608


def write_visitors(
    made: Sequence[tuple[int, bytes]], public_ids: Sequence[str], seen_at: Sequence[datetime], *, source: str
) -> None:
    """People of whom nothing is known: `made` are their ids and salts."""
    if made:
        salts = b"".join([salt for _pk, salt in made])
        ids = ",".join([str(pk) for pk, _salt in made])
        micros = ",".join([str(clock.microseconds(at)) for at in seen_at])
        bulk.told(_PEOPLE, [scope.current(), salts, source, ids, ",".join(public_ids), micros])


def write_hashed(new: Sequence[NewId], *, source: str, now: datetime) -> None:
    """Ids of which nothing is kept but what finds them."""
    if new:
        ids, public_ids, people, lookups, given = zip(*new, strict=True)
        columns = [ids, public_ids, people, [one.kind.key for one in given]]
        texts = [",".join(map(str, column)) for column in columns]
        places = "\n".join([one.within for one in given])  # which hold no control characters
        bulk.told(_IDENTITIES, [scope.current(), b"".join(lookups), source, now, *texts, places])
