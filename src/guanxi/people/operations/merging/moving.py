"""Rows that go with a person into a merge, and back home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from guanxi.kit import bulk, crypto, scope
from guanxi.people.models import Moved, Person
from guanxi.people.registry import Moves, followers


def lift(pairs: Mapping[int, int], merges: Mapping[int, int]) -> None:
    """The rows of each key go to its value, where no row is in their way; no two keys have the same value.

    `merges` tells by which merge each of the keys became somebody else.
    """
    for of in followers():
        moved = _lift(of, pairs)
        if moved:
            _reseal(of, moved)
            table = of.model._meta.db_table
            rows = ((merges[source], table, row, source) for row, source, _ in moved)
            bulk.insert(Moved, ["merge_id", "table", "row", "origin_id"], rows, or_ignore=True)


def send_home(people: Sequence[int]) -> None:
    """The rows that were theirs before any merge are theirs again."""
    for of in followers():
        table, column = of.model._meta.db_table, _column(of)
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH home AS (SELECT one.id, one.{column} AS source, moved.origin_id AS target "  # noqa: S608
                f"FROM {Moved._meta.db_table} moved JOIN {table} one ON one.id = moved.row "
                "WHERE moved.workspace_id = %s AND moved.table = %s AND moved.origin_id = ANY(%s) FOR UPDATE OF one) "
                f"UPDATE {table} one SET {column} = home.target FROM home WHERE one.id = home.id "
                "RETURNING one.id, home.source, home.target",
                [scope.current(), table, list(people)],
            )
            _reseal(of, cursor.fetchall())
    Moved.objects.filter(origin__in=people).delete()


def _lift(of: Moves, pairs: Mapping[int, int]) -> list[tuple[int, int, int]]:
    """(row, from whom, to whom)"""
    table, column = of.model._meta.db_table, _column(of)
    taken = ""
    if of.one:
        equal = " AND ".join(f'other."{name}" IS NOT DISTINCT FROM one."{name}"' for name in _columns(of))
        taken = f"AND NOT EXISTS (SELECT FROM {table} other WHERE other.{column} = pair.target AND {equal})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} one SET {column} = pair.target "  # noqa: S608
            "FROM unnest(%s::bigint[], %s::bigint[]) AS pair(source, target) "
            f"WHERE one.workspace_id = %s AND one.{column} = pair.source {taken} "
            "RETURNING one.id, pair.source, pair.target",
            [list(pairs), list(pairs.values()), scope.current()],
        )
        return list(cursor.fetchall())


def _reseal(of: Moves, moved: Sequence[tuple[int, int, int]]) -> None:
    """What lay under the key of one person lies under the key of the other: whoever is erased takes theirs along."""
    if not of.sealed or not moved:
        return
    salts = dict(Person.objects.filter(pk__in={p for _, *two in moved for p in two}).values_list("pk", "salt"))
    whose = {row: (source, target) for row, source, target in moved}
    found = of.model._default_manager.filter(pk__in=whose)
    changed: list[tuple[Any, ...]] = []
    for pk, *values in found.values_list("pk", *of.sealed):
        if all(value is None for value in values):
            continue
        source, target = whose[pk]
        new = [
            _again(of, name, pk, value, salts[source], salts[target])
            for name, value in zip(of.sealed, values, strict=True)
        ]
        changed.append((pk, *new))
    if changed:
        bulk.update(of.model, of.sealed, changed)


def _again(of: Moves, column: str, row: int, value: Any, source: Any, target: Any) -> bytes | None:
    if value is None or source is None or target is None:
        return None
    place: dict[str, Any] = {
        "workspace_id": scope.current(),
        "table": of.model._meta.db_table,
        "column": column,
        "row": row,
    }
    return crypto.seal(crypto.unseal(bytes(value), salt=bytes(source), **place), salt=bytes(target), **place)


def _column(of: Moves) -> str:
    return str(of.model._meta.get_field(of.column).column)  # type: ignore[union-attr]


def _columns(of: Moves) -> list[str]:
    return [str(of.model._meta.get_field(name).column) for name in of.one]  # type: ignore[union-attr]
