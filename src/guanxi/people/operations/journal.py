"""What an import changed and made, and how undo takes it back exactly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, models

from guanxi.kit import bulk, scope
from guanxi.people.models import ImportChange
from guanxi.people.port import TakenBack

TAGS_OF_PEOPLE = "tags of people"
"""What the journal calls the tags of a person: its row is the person."""
Change = tuple[int, Mapping[str, Any], Mapping[str, Any]]


def note_changes(*, import_id: int, model: type[models.Model], changes: Iterable[Change]) -> None:
    """Remember (row id, columns before, columns after), in the transaction that changes the rows.

    A row that has no `import_id` column and was made by the import is noted with nothing before it.
    """
    table = model._meta.db_table
    bulk.insert(
        ImportChange,
        ["of_id", "table", "row", "before", "after"],
        ((import_id, table, row, _plain(before), _plain(after)) for row, before, after in changes),
    )


def _plain(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime | date) else value for name, value in columns.items()}


def no_rows(ids: Sequence[int], now: datetime) -> None:
    """Nothing follows from the rows that went back."""


def no_needs(ids: Sequence[int]) -> Collection[int]:
    return ()


@dataclass(frozen=True)
class RestoreChanges:
    """Puts changed columns back, newest change first; a column that was changed again since stays."""

    model: type[models.Model]
    then: Callable[[Sequence[int], datetime], None] = no_rows
    """Called with the ids of the rows that were put back."""

    @property
    def key(self) -> str:
        return f"restore {self.model._meta.db_table}"

    def take_back(self, *, import_id: int, after: int, limit: int, now: datetime) -> TakenBack:
        noted = ImportChange.objects.filter(of_id=import_id, table=self.model._meta.db_table).exclude(before={})
        if after:
            noted = noted.filter(pk__lt=after)
        changes = list(noted.order_by("-pk")[:limit])
        if not changes:
            return TakenBack(None)
        columns = sorted({name for change in changes for name in change.before})
        rows = self._rows([change.row for change in changes], columns)
        kept = {change.row for change in changes if not self._put_back(rows.get(change.row), change)}
        restored = [change.row for change in changes if change.row in rows and change.row not in kept]
        bulk.update(self.model, columns, ((pk, *(row[name] for name in columns)) for pk, row in rows.items()))
        self.then(list(rows), now)
        return TakenBack(changes[-1].pk, restored=len(set(restored)), kept=_counted("changed_since", len(kept)))

    def _rows(self, ids: list[int], columns: list[str]) -> dict[int, dict[str, Any]]:
        found = self.model._default_manager.filter(pk__in=ids).order_by("pk").select_for_update()
        return {row["pk"]: row for row in found.values("pk", *columns)}

    def _put_back(self, row: dict[str, Any] | None, change: ImportChange) -> bool:
        """Changes `row`; says whether all of it went back (a row that is gone has nothing left to restore)."""
        if row is None:
            return True
        whole = True
        for name, before in change.before.items():
            if row[name] == self._value(name, change.after[name]):
                row[name] = self._value(name, before)
            elif row[name] != self._value(name, before):
                whole = False
        return whole

    def _value(self, name: str, value: Any) -> Any:
        field = next(field for field in self.model._meta.concrete_fields if field.attname == name)
        return value if field.is_relation else field.to_python(value)


@dataclass(frozen=True)
class RemoveRows:
    """Removes the rows that an import made, unless rows of anyone else point at them, or they are `needed`.

    `along` are models whose rows of the same import (or without an import) go with them; `inside` names a foreign key:
    rows inside a parent that the import made and that was kept stay with it.
    """

    model: type[models.Model]
    along: tuple[type[models.Model], ...] = ()
    inside: str | None = None
    then: Callable[[Sequence[int], datetime], None] = no_rows
    """Called with the ids of the rows that went (with `inside`: of their parents)."""
    needed: Callable[[Sequence[int]], Collection[int]] = no_needs
    """Which of these ids something asks for that does not point at them."""

    @property
    def key(self) -> str:
        return f"remove {self.model._meta.db_table}"

    def take_back(self, *, import_id: int, after: int, limit: int, now: datetime) -> TakenBack:
        rows = self._made(import_id, after, limit)
        if not rows:
            return TakenBack(None)
        held = self._held([pk for pk, _ in rows], import_id).union(self.needed([pk for pk, _ in rows]))
        going = [(pk, parent) for pk, parent in rows if pk not in held]
        for child, column in self._pointing():
            if child in self.along:
                _delete(child, column, [pk for pk, _ in going])
        _delete(self.model, "id", [pk for pk, _ in going])
        self.then(sorted({parent if self.inside else pk for pk, parent in going}), now)
        return TakenBack(rows[-1][0], removed=len(going), kept=_counted("has_dependents", len(rows) - len(going)))

    def _made(self, import_id: int, after: int, limit: int) -> list[tuple[int, int]]:
        if _has_import(self.model):
            made = self.model._default_manager.filter(import_id=import_id, pk__gt=after)
        else:
            noted = ImportChange.objects.filter(of_id=import_id, table=self.model._meta.db_table, before={})
            made = self.model._default_manager.filter(pk__in=noted.values("row"), pk__gt=after)
        if self.inside:
            made = made.exclude(**{f"{self.inside}__import_id": import_id, f"{self.inside}__import_id__isnull": False})
        parent = f"{self.inside}_id" if self.inside else "pk"
        return list(made.order_by("pk").values_list("pk", parent)[:limit])

    def _held(self, ids: list[int], import_id: int) -> set[int]:
        held: set[int] = set()
        for child, column in self._pointing():
            others = ""
            given: list[int | list[int]] = [scope.current(), ids]
            if child in self.along:
                if not _has_import(child):
                    continue
                others, given = " AND import_id IS DISTINCT FROM %s", [*given, import_id]
            with connection.cursor() as cursor:
                cursor.execute(
                    f'SELECT DISTINCT "{column}" FROM "{child._meta.db_table}" '  # noqa: S608
                    f'WHERE workspace_id = %s AND "{column}" = ANY(%s){others}',
                    given,
                )
                held.update(pk for (pk,) in cursor.fetchall())
        return held

    def _pointing(self) -> list[tuple[type[models.Model], str]]:
        """Every foreign key of any room that points at this model."""
        return [
            (relation.related_model, relation.field.column)
            for relation in self.model._meta.get_fields(include_hidden=True)
            if isinstance(relation, models.ManyToOneRel)
        ]


def _has_import(model: type[models.Model]) -> bool:
    return any(field.name == "import_id" for field in model._meta.concrete_fields)


def _delete(model: type[models.Model], column: str, ids: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f'DELETE FROM "{model._meta.db_table}" WHERE workspace_id = %s AND "{column}" = ANY(%s)',  # noqa: S608
            [scope.current(), list(ids)],
        )


def _counted(reason: str, rows: int) -> Mapping[str, int]:
    return Counter({reason: rows} if rows else {})
