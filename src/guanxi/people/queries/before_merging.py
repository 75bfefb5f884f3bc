"""What a merge of two people would do, before anybody decides it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from guanxi.kit import scope
from guanxi.people.models import Identity, Person
from guanxi.people.queries.cards import Card, cards
from guanxi.people.queries.kinds import kinds
from guanxi.people.registry import Moves, followers
from guanxi.people.rules.linking import Slot, conflict
from guanxi.people.rules.merging import FILLED


@dataclass(frozen=True)
class BeforeMerging:
    """`choices`: of what both have a different value, what each has, by `name`, `country`, `language` or `trait:` with
    the key of a field. `conflicts`: kinds of which each has an id of their own, though a person has one. `moves`: how
    many rows of each sort go over."""

    keep: Card
    drop: Card
    choices: Mapping[str, tuple[Any, Any]]
    conflicts: list[str]
    moves: Mapping[str, int]


def before_merging(keep: Person, drop: Person) -> BeforeMerging:
    mine, theirs = cards([keep.pk, drop.pk])
    return BeforeMerging(mine, theirs, choices(mine, theirs), against_merging(keep, drop), _moves(keep, drop))


def choices(mine: Card, theirs: Card) -> dict[str, tuple[Any, Any]]:
    both = {name: (getattr(mine.person, name), getattr(theirs.person, name)) for name in FILLED}
    traits = [{one.key: one.value for one in card.traits} for card in (mine, theirs)]
    both |= {f"trait:{key}": (traits[0][key], traits[1][key]) for key in traits[0] if key in traits[1]}
    return {what: (one, other) for what, (one, other) in both.items() if "" not in (one, other) and one != other}


def against_merging(keep: Person, drop: Person) -> list[str]:
    """Kinds of which each has an id of their own, though a person has one."""
    single = {key for key, kind in kinds().items() if kind.single}
    held: dict[int, dict[Slot, set[bytes]]] = {keep.pk: {}, drop.pk: {}}
    ids = Identity.objects.filter(person__in=held, kind__in=single)
    for person, kind, within, lookup in ids.values_list("person_id", "kind", "within", "lookup"):
        held[person].setdefault((kind, within), set()).add(bytes(lookup))
    return sorted({kind for kind, _within in conflict(held[keep.pk], held[drop.pk])})


def _moves(keep: Person, drop: Person) -> dict[str, int]:
    found: dict[str, int] = {}
    for of in followers():
        name = str(of.model._meta.model_name)
        found[name] = found.get(name, 0) + _count(of, keep.pk, drop.pk)
    return {name: rows for name, rows in sorted(found.items()) if rows}


def _count(of: Moves, keep: int, drop: int) -> int:
    """Those whose place is free."""
    table, column = of.model._meta.db_table, _columns(of, [of.column])[0]
    taken = ""
    if of.one:
        equal = " AND ".join(f'other."{one}" IS NOT DISTINCT FROM one."{one}"' for one in _columns(of, of.one))
        taken = f"AND NOT EXISTS (SELECT FROM {table} other WHERE other.{column} = {int(keep)} AND {equal})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {table} one WHERE one.workspace_id = %s AND one.{column} = %s {taken}",  # noqa: S608
            [scope.current(), drop],
        )
        return int(cursor.fetchone()[0])


def _columns(of: Moves, names: Iterable[str]) -> list[str]:
    return [str(of.model._meta.get_field(name).column) for name in names]  # type: ignore[union-attr]
