"""Rows that are derived from facts: told in any order and as often as one likes, they end the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.db.models import Q

from guanxi.connections.queries.mirror import tie_keys
from guanxi.events import operations as events
from guanxi.kit import bulk, keys, scope
from guanxi.people.models import Person

Key = tuple[int, ...]
Facts = set[tuple[Any, ...]]


def stands(row: Mapping[str, Any]) -> int:
    """Of a row that is there or not: 1 while it is."""
    return int(row["until"] is None and row["since"] is not None)


@dataclass(frozen=True)
class Noted:
    """A row whose facts were told. `before` is None for a row that is new; `new` are the facts nobody had told yet,
    `told` all that are known."""

    pk: int
    key: Key
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    new: Facts
    told: Facts

    @property
    def changed(self) -> bool:
        return self.before != self.after


def _latest(row: Mapping[str, Any]) -> datetime:
    return max(one for one in row.values() if isinstance(one, datetime))


@dataclass(frozen=True)
class _Behind:
    """Two who became one may each have had the tie. The row of who left stays behind that of who stayed: `rows` is
    front row → rows behind it, `keys` is key of a row behind → key of its front."""

    rows: Mapping[int, Sequence[int]] = field(default_factory=dict)
    keys: Mapping[Key, Key] = field(default_factory=dict)


@dataclass(frozen=True)
class Book:
    """`key` are the columns (numbers) that make a row of `rows` one; `link` leads from a fact to its row, `told` are
    the columns of a fact, and `derive` says what they make of the row. `prefix` begins its public id, if it has one.
    `rank` orders what rows of one person say (the highest is shown), `begins` says that a fact does not end a tie;
    a rank above 0 is a tie that stands.
    """

    rows: type[models.Model]
    facts: type[models.Model]
    link: str
    key: tuple[str, ...]
    told: tuple[str, ...]
    derive: Callable[[Facts], Mapping[str, Any]]
    derived: tuple[str, ...]
    prefix: str = ""
    rank: Callable[[Mapping[str, Any]], int] | None = None
    begins: Callable[[tuple[Any, ...]], bool] | None = None

    def note(self, told: Mapping[Key, Facts], *, source: str, import_id: int | None = None) -> list[Noted]:
        """In the caller's transaction. The rows stay locked until its end."""
        if not told:
            return []
        told, behind = self._whose(told)
        self._add(told, import_id)
        locked = self._locked(told)
        tellers = self.tellers(list(locked))
        known = {pk: set(tellers[pk]) for pk in locked}
        new = {pk: told[key] - known[pk] for pk, (key, _) in locked.items()}
        # What only files told so far stays, when they are taken back, with whoever says the same.
        also = {
            pk: {fact for fact in told[key] & known[pk] if not tellers[pk][fact] & {None, import_id}}
            for pk, (key, _) in locked.items()
        }
        self._write({pk: new[pk] | also[pk] for pk in locked}, source, import_id)
        return self._seen_as_one(self._settle(locked, known, new), behind)

    def again(self, rows: Sequence[int]) -> list[Noted]:
        """After facts of these rows were removed. Rows without any are not among the answers."""
        locked = self._by_id(rows)
        known = self._known(list(locked))
        left = {pk: one for pk, one in locked.items() if known[pk]}
        behind = self._behind(person for (person, *_rest), _row in locked.values()) if self.rank else _Behind()
        return self._seen_as_one(self._settle(left, known, {pk: set() for pk in left}, fresh=False), behind)

    def of(self, people: Iterable[int]) -> list[Noted]:
        """The rows of these people and of those who became them, as what is told of who they are now."""
        ids = list(people)
        mine = self.rows._default_manager.filter(Q(person__in=ids) | Q(person__merged_into__in=ids))
        found = list(mine.values_list("pk", "person__merged_into", *self.key))
        known = self._known([pk for pk, *_rest in found])
        return [
            Noted(pk, (into or person, *rest), None, self.derive(known[pk]), set(), known[pk])
            for pk, into, person, *rest in found
            if known[pk]
        ]

    def show(self, people: Iterable[int]) -> None:
        """Who became whom has changed: the rows of these people say what they say themselves, and of those that have
        rows behind them the one that stands is shown."""
        mine = self.rows._default_manager.filter(person__in=list(people))
        keys_ = {pk: tuple(key) for pk, *key in mine.values_list("pk", *self.key)}
        behind = self._behind(key[0] for key in keys_.values())
        inverse = {back for some in behind.rows.values() for back in some}
        known = self._known([*keys_, *inverse])
        self._shown({pk: [pk, *behind.rows.get(pk, ())] for pk in {*keys_, *behind.rows}}, known)

    # Two who became one

    def _whose(self, told: Mapping[Key, Facts]) -> tuple[Mapping[Key, Facts], _Behind]:
        """Each fact goes to the row that knows it; an end to the row that stands."""
        if self.rank is None or self.begins is None:
            return told, _Behind()
        behind = self._behind(key[0] for key in told)
        concerned = {key for key in behind.keys.values() if key in told}
        if not concerned:
            return told, _Behind()
        found = self._find([*concerned, *behind.keys], lock=False)
        known, by_key = self._known(list(found)), {key: pk for pk, (key, _row) in found.items()}
        whose: dict[Key, Facts] = defaultdict(
            set, {key: set(some) for key, some in told.items() if key not in concerned}
        )
        for front in concerned:
            rows = [front, *(key for key, other in behind.keys.items() if other == front and key in by_key)]
            for fact in told[front]:
                whose[self._row_of(fact, rows, {key: known[by_key[key]] for key in rows if key in by_key})].add(fact)
        return whose, behind

    def _row_of(self, fact: tuple[Any, ...], rows: Sequence[Key], known: Mapping[Key, Facts]) -> Key:
        assert self.rank and self.begins
        knowing = [key for key in rows if fact in known.get(key, ())]
        standing = [key for key in rows if known.get(key) and self.rank(self.derive(known[key])) > 0]
        return next(iter([*knowing, *(() if self.begins(fact) else standing), rows[0]]))

    def _behind(self, people: Iterable[int]) -> _Behind:
        names = ", ".join(f'back."{name}"' for name in self.key)
        equal = " AND ".join(f'front."{name}" = back."{name}"' for name in self.key[1:])
        table, ids = self.rows._meta.db_table, sorted({one for one in people if one})
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT front.id, front.person_id, back.id, {names} FROM {Person._meta.db_table} gone "  # noqa: S608
                f"JOIN {table} back ON back.person_id = gone.id "
                f"JOIN {table} front ON front.person_id = gone.merged_into_id AND {equal} "
                "WHERE gone.workspace_id = %s AND (gone.merged_into_id = ANY(%s) OR "
                "gone.merged_into_id IS NOT NULL AND gone.id = ANY(%s)) ORDER BY back.id",
                [scope.current(), ids, ids],
            )
            found = cursor.fetchall()
        rows: dict[int, list[int]] = defaultdict(list)
        for front, _person, back, *_key in found:
            rows[front].append(back)
        return _Behind(rows, {tuple(key): (person, *key[1:]) for _front, person, _back, *key in found})

    def _seen_as_one(self, noted: list[Noted], behind: _Behind) -> list[Noted]:
        """What happened to a row behind happened to who stayed, and their row shows the one that stands."""
        if not behind.rows:
            return noted
        fronts = {back: front for front, some in behind.rows.items() for back in some}
        concerned = {fronts.get(one.pk, one.pk) for one in noted} & set(behind.rows)
        families = {front: [front, *behind.rows[front]] for front in concerned}
        known = self._known([pk for some in families.values() for pk in some])
        self._shown(families, known)
        own = {
            pk: self.derive(known[pk] - one.new) for one in noted if (pk := one.pk) in families and known[pk] - one.new
        }
        return [
            replace(one, key=behind.keys.get(one.key, one.key), before=own.get(one.pk, one.before)) for one in noted
        ]

    def _shown(self, families: Mapping[int, Sequence[int]], known: Mapping[int, Facts]) -> None:
        rank = self.rank
        assert rank is not None
        held = self.rows._default_manager.filter(pk__in=families).order_by("pk").select_for_update()
        stored = {row["pk"]: row for row in held.values("pk", *self.derived)}
        changes = []
        for front, some in families.items():
            said = [self.derive(known[pk]) for pk in some if known[pk]]
            if not said or front not in stored:
                continue
            best = max(said, key=lambda row: (rank(row), _latest(row)))
            if any(stored[front][name] != best[name] for name in self.derived):
                changes.append((front, *(best[name] for name in self.derived)))
        if changes:
            bulk.update(self.rows, self.derived, changes)
            events.touch("ties", tie_keys(self.rows, [pk for pk, *_ in changes]))  # type: ignore[arg-type]

    def _settle(
        self,
        locked: Mapping[int, tuple[Key, Mapping[str, Any]]],
        known: Mapping[int, Facts],
        new: Mapping[int, Facts],
        *,
        fresh: bool = True,
    ) -> list[Noted]:
        noted = [
            Noted(pk, key, before if known[pk] or not fresh else None, self.derive(told), new[pk], told)
            for pk, (key, before) in locked.items()
            for told in [known[pk] | new[pk]]
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

    def tellers(self, rows: Sequence[int]) -> dict[int, dict[tuple[Any, ...], set[int | None]]]:
        """Row → fact → the imports that told it, and None for everybody else."""
        found: dict[int, dict[tuple[Any, ...], set[int | None]]] = {pk: defaultdict(set) for pk in rows}
        told = self.facts._default_manager.filter(**{f"{self.link}__in": rows})
        for pk, import_id, *fact in told.values_list(self.link, "import_id", *self.told):
            found[pk][tuple(fact)].add(import_id)
        return found

    def told_again(
        self, gone: Sequence[tuple[Any, ...]], left: Sequence[Noted]
    ) -> Mapping[int | None, Sequence[Noted]]:
        """`gone`: facts that were removed (key, row, what was told). What was announced with them, and others said
        after them, is news again, of whoever of them said it first: import, or None → rows with these facts as new."""
        first: dict[tuple[Any, ...], tuple[int, int | None]] = {}
        rows = self.facts._default_manager.filter(**{f"{self.link}__in": [one.pk for one in left]}).order_by("-pk")
        for pk, import_id, *fact in rows.values_list("pk", "import_id", self.link, *self.told):
            first[tuple(fact)] = pk, import_id
        news: dict[int | None, dict[int, Facts]] = defaultdict(lambda: defaultdict(set))
        for pk, *fact in gone:
            kept = first.get(tuple(fact))
            if kept and pk < kept[0]:
                news[kept[1]][fact[0]].add(tuple(fact[1:]))
        by_pk = {one.pk: one for one in left}
        return {
            import_id: [replace(by_pk[row], new=facts) for row, facts in some.items()]
            for import_id, some in news.items()
        }

    def _write(self, new: Mapping[int, Facts], source: str, import_id: int | None) -> None:
        columns = [self.link, *self.told, "told_by", "import_id"]
        rows = ((pk, *fact, source, import_id) for pk, facts in new.items() for fact in sorted(facts, key=str))
        if any(new.values()):
            bulk.insert(self.facts, columns, rows, or_ignore=True)


def _has(model: type[models.Model], name: str) -> bool:
    return any(field.name == name for field in model._meta.concrete_fields)
