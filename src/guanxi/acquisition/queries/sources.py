from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet

from guanxi.acquisition.models import Source
from guanxi.acquisition.rules import key_hash


@dataclass(frozen=True, slots=True)
class KnownKey:
    """Where what comes with a write key belongs; `origins` are None for a server's key, which no page may use."""

    hash: bytes
    source: int
    workspace: int
    origins: frozenset[str] | None


def sources() -> QuerySet[Source]:
    return Source.objects.select_related("by").order_by("-pk")


def source_of_key(key: str) -> KnownKey | None:
    """A security-definer function answers: no scope holds before a key is known."""
    hashed = key_hash(key)
    with connection.cursor() as cursor:
        cursor.execute("SELECT source, workspace, kind, origins FROM guanxi_source_of_key(%s)", [hashed])
        row = cursor.fetchone()
    if row is None:
        return None
    source, workspace, kind, origins = row
    return KnownKey(hashed, source, workspace, frozenset(origins) if kind == "browser" else None)


def source_of_spent_key(key: str) -> KnownKey | None:
    """The same for a key that works no more: the one before the last renewal, or one of a source that was stopped."""
    hashed = key_hash(key)
    with connection.cursor() as cursor:
        cursor.execute("SELECT source, workspace FROM guanxi_source_of_spent_key(%s)", [hashed])
        row = cursor.fetchone()
    return KnownKey(hashed, row[0], row[1], None) if row else None
