"""Ties as the lake keeps them (`events.lake.TIES`): rows of four tables under one key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
from django.db import connection

from guanxi.connections.models import Follow, Friendship, GroupChat, GroupMembership, ReferralEdge
from guanxi.events.registry import mirror_columns
from guanxi.governance.models import Staff
from guanxi.kit import scope
from guanxi.people.models import Person

KINDS = ("friend", "follow", "group", "referral")
Tied = type[Friendship] | type[Follow] | type[GroupMembership] | type[ReferralEdge]
MODELS: dict[Tied, int] = {Friendship: 0, Follow: 1, GroupMembership: 2, ReferralEdge: 3}

_THERE = f"JOIN {Person._meta.db_table} person ON person.id = tie.%s AND person.erased_at IS NULL"
_SELECTS = (
    f"""
SELECT tie.id * 4, person.id, 'friend', tie.staff_id, staff.unit_id, tie.account_id, NULL, NULL, tie.state, tie.source,
       tie.since
FROM {Friendship._meta.db_table} tie JOIN {Staff._meta.db_table} staff ON staff.id = tie.staff_id
{_THERE % "person_id"}
""",  # noqa: S608
    f"""
SELECT tie.id * 4 + 1, person.id, 'follow', NULL, NULL, tie.account_id, NULL, NULL,
       CASE WHEN tie.until IS NULL THEN 'active' ELSE 'ended' END, '', coalesce(tie.since, tie.first_at)
FROM {Follow._meta.db_table} tie {_THERE % "person_id"}
""",  # noqa: S608
    f"""
SELECT tie.id * 4 + 2, person.id, 'group', chat.owner_id, staff.unit_id, chat.account_id, chat.id, NULL,
       CASE WHEN tie.until IS NULL AND chat.dismissed_at IS NULL THEN 'active' ELSE 'ended' END, tie.joined_by,
       coalesce(tie.since, tie.first_at)
FROM {GroupMembership._meta.db_table} tie JOIN {GroupChat._meta.db_table} chat ON chat.id = tie.group_id
LEFT JOIN {Staff._meta.db_table} staff ON staff.id = chat.owner_id {_THERE % "person_id"}
""",  # noqa: S608
    f"""
SELECT tie.id * 4 + 3, person.id, 'referral', NULL, NULL, NULL, NULL, coalesce(bringer.merged_into_id, bringer.id),
       CASE WHEN tie.is_first THEN 'first' ELSE 'claim' END, tie.by, tie.at
FROM {ReferralEdge._meta.db_table} tie {_THERE % "brought_id"}
JOIN {Person._meta.db_table} bringer ON bringer.id = tie.bringer_id AND bringer.erased_at IS NULL
""",  # noqa: S608
)


def tie_keys(model: Tied, rows: Iterable[int]) -> list[int]:
    """The keys of the mirror for rows of one table."""
    return [pk * len(KINDS) + MODELS[model] for pk in rows]


def ties_of(people: Sequence[int]) -> list[int]:
    """The keys of all ties of these people."""
    found: list[int] = []
    for model in MODELS:
        whose = ("brought", "bringer") if model is ReferralEdge else ("person",)
        for name in whose:
            rows = model._default_manager.filter(**{f"{name}__in": people}).values_list("pk", flat=True)
            found += tie_keys(model, rows)
    return found


def every_tie() -> Iterator[int]:
    for model in MODELS:
        yield from (tie_keys(model, [pk])[0] for pk in model._default_manager.values_list("pk", flat=True).iterator())


def mirrored(keys: Sequence[int]) -> pa.Table:
    rows: list[tuple[Any, ...]] = []
    with connection.cursor() as cursor:
        for kind, select in enumerate(_SELECTS):
            ids = [key // len(KINDS) for key in keys if key % len(KINDS) == kind]
            if ids:
                cursor.execute(f"{select} WHERE tie.workspace_id = %s AND tie.id = ANY(%s)", [scope.current(), ids])
                rows += cursor.fetchall()
    schema = mirror_columns("ties")
    return pa.table(
        {name: pa.array([row[at] for row in rows], schema.field(name).type) for at, name in enumerate(schema.names)},
        schema=schema,
    )
