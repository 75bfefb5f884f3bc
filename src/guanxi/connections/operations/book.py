"""Rows that are derived from facts: told in any order and as often as one likes, they end the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models

from guanxi.kit import bulk, keys, scope

Key = tuple[int, ...]
Facts = set[tuple[Any, ...]]


@dataclass(frozen=True)
class Noted:
    """A row whose facts were told. `before` is None for a row that is new; `new` are the facts nobody had told yet."""

    pk: int
    key: Key
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    new: Facts

    @property
    def changed(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class Book:
    """`key` are the columns (numbers) that make a row of `rows` one; `link` leads from a fact to its row, `told` are
    the columns of a fact, and `derive` says what they make of the row. `prefix` begins its public id, if it has one.
    """

    rows: type[models.Model]
    facts: type[models.Model]
    link: str
    key: tuple[str, ...]
    told: tuple[str, ...]
    derive: Callable[[Facts], Mapping[str, Any]]
    derived: tuple[str, ...]
    prefix: str = ""

    def note(self, told: Mapping[Key, Facts], *, source: str, import_id: int | None = None) -> list[Noted]:
        """In the caller's transaction. The rows stay locked until its end."""
        if not told:
            return []
        self._add(told, import_id)
        locked = self._locked(told)
        known = self._known(list(locked))
        new = {pk: told[key] - known[pk] for pk, (key, _) in locked.items()}
        self._write(new, source, import_id)
        return self._settle(locked, known, new)

    def again(self, rows: Sequence[int]) -> list[Noted]:
        """After facts of these rows were removed. Rows without any are not among the answers."""
        locked = self._by_id(rows)
        known = self._known(list(locked))
        left = {pk: one for pk, one in locked.items() if known[pk]}
        return self._settle(left, known, {pk: set() for pk in left}, fresh=False)

    def _settle(
        self,
        locked: Mapping[int, tuple[Key, Mapping[str, Any]]],
        known: Mapping[int, Facts],
        new: Mapping[int, Facts],
        *,
        fresh: bool = True,
    ) -> list[Noted]:
        noted = [
            Noted(pk, key, before if known[pk] or not fresh else None, self.derive(known[pk] | new[pk]), new[pk])
            for pk, (key, before) in locked.items()
        ]
        changes = [
            (one.pk, *(one.after[name] for name in self.derived)) for one in noted if locked[one.pk][1] != one.after
        ]
        if changes:
            bulk.update(self.rows, self.derived, changes)
        return noted

    def _add(self, told: Mapping[Key, Facts], import_id: int | None) -> None:
        there = {key for key, _ in self._find(list(told), lock=False).values()}
        missing = [key for key in sorted(told) if key not in there]
        if not missing:
            return
        beside: dict[str, Callable[[], Any]] = {}
        if self.prefix:
            beside["public_id"] = lambda: keys.new(self.prefix)
        if _has(self.rows, "import_id"):
            beside["import_id"] = lambda: import_id
        columns = [*self.key, *beside, *self.derived, *(name for name in self._blank())]
        blank = tuple(self._blank().values())
        derived = {key: self.derive(told[key]) for key in missing}
        bulk.insert(
            self.rows,
            columns,
            (
                (*key, *(make() for make in beside.values()), *(derived[key][name] for name in self.derived), *blank)
                for key in missing
            ),
            or_ignore=True,
        )

    def _blank(self) -> dict[str, Any]:
        """Columns that are neither key nor derived, as a new row has them."""
        skipped = {"id", "workspace_id", "public_id", "import_id", *self.key, *self.derived}
        fields = [one for one in self.rows._meta.concrete_fields if one.attname not in skipped]
        return {one.attname: one.get_default() for one in fields}

    def _locked(self, told: Mapping[Key, Facts]) -> dict[int, tuple[Key, Mapping[str, Any]]]:
        return self._find(list(told), lock=True)

    def _find(self, wanted: Sequence[Key], *, lock: bool) -> dict[int, tuple[Key, Mapping[str, Any]]]:
        arrays = ", ".join(["%s::bigint[]"] * len(self.key))
        equal = " AND ".join(f'one."{name}" = wanted."{name}"' for name in self.key)
        names = ", ".join(f'"{name}"' for name in self.key)
        return self._read(
            f"JOIN unnest({arrays}) AS wanted({names}) ON {equal}",
            [[key[at] for key in wanted] for at in range(len(self.key))],
            lock=lock,
        )

    def _by_id(self, rows: Sequence[int]) -> dict[int, tuple[Key, Mapping[str, Any]]]:
        return self._read("JOIN unnest(%s::bigint[]) AS wanted(id) ON one.id = wanted.id", [list(rows)], lock=True)

    def _read(self, join: str, given: list[Any], *, lock: bool) -> dict[int, tuple[Key, Mapping[str, Any]]]:
        columns = ", ".join(f'one."{name}"' for name in ("id", *self.key, *self.derived))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {columns} FROM {self.rows._meta.db_table} one {join} "  # noqa: S608
                f"WHERE one.workspace_id = %s ORDER BY one.id {'FOR UPDATE OF one' if lock else ''}",
                [*given, scope.current()],
            )
            rows = cursor.fetchall()
        width = 1 + len(self.key)
        return {row[0]: (tuple(row[1:width]), dict(zip(self.derived, row[width:], strict=True))) for row in rows}

    def _known(self, rows: Sequence[int]) -> dict[int, Facts]:
        known: dict[int, Facts] = defaultdict(set)
        found = self.facts._default_manager.filter(**{f"{self.link}__in": rows})
        for pk, *fact in found.values_list(self.link, *self.told):
            known[pk].add(tuple(fact))
        return known

    def _write(self, new: Mapping[int, Facts], source: str, import_id: int | None) -> None:
        columns = [self.link, *self.told, "told_by"]
        imports = _has(self.facts, "import_id")
        rows = (
            (pk, *fact, source, *([import_id] if imports else []))
            for pk, facts in new.items()
            for fact in sorted(facts, key=str)
        )
        if any(new.values()):
            bulk.insert(self.facts, [*columns, *(["import_id"] if imports else [])], rows, or_ignore=True)


def _has(model: type[models.Model], name: str) -> bool:
    return any(field.name == name for field in model._meta.concrete_fields)
