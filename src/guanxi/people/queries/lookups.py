"""People by their addresses, addresses in clear, and people as the lake keeps them: for other rooms."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import msgspec
import pyarrow as pa
from django.db import connection

from guanxi.events.registry import mirror_columns
from guanxi.kit import bulk, crypto, scope
from guanxi.kit.crypto import Unreadable
from guanxi.people.models import (
    Field,
    Identity,
    Membership,
    Person,
    PersonTag,
    Role,
    Strength,
    Tag,
    Trait,
)
from guanxi.people.queries.cards import unsealed
from guanxi.people.rules import typed


def lookup_by_identity(kind: str, values: Sequence[str]) -> dict[str, int]:
    """Normalised value → person, for those that are known; one query."""
    by_lookup = {crypto.lookup(scope.current(), kind, value): value for value in values}
    found = Identity.objects.filter(kind=kind).extra(**bulk.any_of("lookup", list(by_lookup)))
    return {by_lookup[bytes(lookup)]: person for lookup, person in found.values_list("lookup", "person_id")}


def holders(ids: Sequence[tuple[str, bytes]]) -> dict[tuple[str, bytes], int]:
    """(Kind, blind index) → who has the id; one that many share is nobody's."""
    rows = Identity.objects.filter(shared_at=None).extra(**bulk.any_of("lookup", [key for _kind, key in ids]))
    found = {(kind, bytes(key)): person for kind, key, person in rows.values_list("kind", "lookup", "person")}
    return {one: found[one] for one in ids if one in found}


class NoAddress(LookupError):
    """The identity is gone, or the person was erased."""


def address_of(identity_id: int) -> str:
    """The address in clear, for sending. Raises NoAddress."""
    return addresses_of([identity_id]).get(identity_id) or _no_address(identity_id)


def _no_address(identity_id: int) -> str:
    raise NoAddress(identity_id)


def addresses_of(identity_ids: Sequence[int]) -> dict[int, str]:
    """Identity → address in clear; those that are gone, erased or cannot be read are missing."""
    found = {}
    for one in Identity.objects.filter(pk__in=identity_ids).select_related("person"):
        if one.sealed is None:
            found[one.pk] = one.plain
        elif one.person.salt is not None:
            with suppress(Unreadable):
                found[one.pk] = unsealed(one, one.person)
    return found


def person_of_address(identity_id: int) -> Person | None:
    """Who has this address now; None when it is gone or they were erased."""
    one = Identity.objects.select_related("person").filter(pk=identity_id, person__erased_at=None).first()
    if one is None or one.person.salt is None:
        return None
    return one.person.merged_into or one.person


_MIRRORED = f"""
SELECT person.id, person.level, person.owner_id, person.unit_id, person.language, person.country, person.created_at,
       (SELECT json_object_agg(field.key, json_build_array(trait.value, field.kind))
        FROM {Trait._meta.db_table} trait JOIN {Field._meta.db_table} field ON field.id = trait.field_id
        WHERE trait.person_id = person.id),
       coalesce((SELECT tag.role FROM {PersonTag._meta.db_table} one JOIN {Tag._meta.db_table} tag
                 ON tag.id = one.tag_id WHERE one.person_id = person.id AND one.slot = 0), '{Role.CONSUMER}'),
       EXISTS (SELECT FROM {Membership._meta.db_table} member
               WHERE member.workspace_id = %s AND member.person_id = person.id AND member.ended_at IS NULL),
       strength.strong_until, strength.neutral_until
FROM {Person._meta.db_table} person
LEFT JOIN {Strength._meta.db_table} strength ON strength.person_id = person.id
WHERE person.workspace_id = %s AND person.id = ANY(%s) AND person.merged_into_id IS NULL
  AND person.erased_at IS NULL
"""  # noqa: S608


def aliased(keys: Sequence[int]) -> pa.Table:
    """Who of these became somebody else, and whom, as the lake keeps it (`events.lake.ALIASES`)."""
    found = Person.objects.filter(pk__in=keys, merged_into__isnull=False, erased_at=None)
    rows = list(found.values_list("pk", "merged_into"))
    return pa.table(
        {"person": [one for one, _ in rows], "keeper": [other for _, other in rows]}, mirror_columns("aliases")
    )


def mirrored(keys: Sequence[int]) -> pa.Table:
    """These people as the lake keeps them (`events.lake.PEOPLE`); traits with typed values."""
    with connection.cursor() as cursor:
        cursor.execute(_MIRRORED, [scope.current(), scope.current(), list(keys)])
        rows = [(*row[:7], _typed_traits(row[7]), *row[8:]) for row in cursor.fetchall()]
    schema = mirror_columns("people")
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)


def _typed_traits(traits: Any) -> str:
    given: dict[str, list[str]] = msgspec.json.decode(traits) if isinstance(traits, str) else traits or {}
    return msgspec.json.encode({key: typed(value, kind) for key, (value, kind) in sorted(given.items())}).decode()
