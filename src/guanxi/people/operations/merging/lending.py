"""What a person shows of those who became them: worked out anew from what is each one's own, after every merge and
every undo, so that the order in which merges are undone does not matter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from guanxi.kit import bulk, names
from guanxi.people.models import Lent, Merge, NameWord, Person, Trait
from guanxi.people.rules.merging import COLUMNS, newest, shown

TRAIT = "trait:"
Own = dict[str, Any]


def settle(roots: Iterable[int]) -> None:
    """Make these people show what they and those who became them have."""
    ids = sorted(set(roots))
    members = _members(ids)
    everybody = [*ids, *(one for some in members.values() for one in some)]
    rows = {row["pk"]: row for row in Person.objects.filter(pk__in=everybody).values("pk", *COLUMNS)}
    traits = _traits(everybody)
    loans = {(one.person_id, one.what): one for one in Lent.objects.filter(person__in=everybody)}
    kept: list[tuple[int, str, Any, Any]] = []
    changed: list[tuple[Any, ...]] = []
    fields: list[tuple[int, int, Any]] = []
    for root in ids:
        tree = [root, *members[root]]
        own = [_own_columns(rows[one], one, loans) for one in tree]
        wanted = shown(own)
        if any(rows[root][name] != wanted[name] for name in COLUMNS):
            changed.append((root, *(wanted[name] for name in COLUMNS)))
        kept += [
            (root, name, _text(own[0][name]), _text(wanted[name])) for name in COLUMNS if own[0][name] != wanted[name]
        ]
        for field in sorted({field for one in tree for field in _fields_of(one, traits, loans)}):
            theirs = [_own_trait(one, field, traits, loans) for one in tree]
            best = newest(theirs)
            if traits.get((root, field)) != best:
                fields.append((root, field, best))
            if best != theirs[0]:
                kept.append((root, f"{TRAIT}{field}", theirs[0], best))
    _write_columns(changed, {root: rows[root]["name"] for root in ids})
    _write_traits(fields)
    Lent.objects.filter(person__in=ids).delete()
    bulk.insert(Lent, ["person_id", "what", "own", "lent"], kept)


def _members(roots: Sequence[int]) -> Mapping[int, list[int]]:
    """Who became each of them, in the order of the merges."""
    found: dict[int, list[int]] = defaultdict(list)
    standing = Merge.objects.filter(undone_at=None, drop__merged_into__in=roots).order_by("pk")
    for root, drop in standing.values_list("drop__merged_into", "drop"):
        found[int(root or 0)].append(drop)
    return found


def _own_columns(row: Mapping[str, Any], person: int, loans: Mapping[tuple[int, str], Lent]) -> Own:
    return {name: _own_column(row[name], name, loans.get((person, name))) for name in COLUMNS}


def _own_column(value: Any, name: str, loan: Lent | None) -> Any:
    """What is there, unless it is still what was lent."""
    if loan is None or _text(value) != loan.lent:
        return value
    return datetime.fromisoformat(loan.own) if name.endswith("_at") and loan.own else loan.own


def _text(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _traits(people: Sequence[int]) -> dict[tuple[int, int], Own]:
    rows = Trait.objects.filter(person__in=people).values_list("person_id", "field_id", "value", "set_at", "import_id")
    return {
        (person, field): {"value": value, "set_at": _text(set_at), "import_id": import_id}
        for person, field, value, set_at, import_id in rows
    }


def _fields_of(person: int, traits: Mapping[tuple[int, int], Own], loans: Mapping[tuple[int, str], Lent]) -> set[int]:
    held = {field for who, field in traits if who == person}
    return held | {int(what.removeprefix(TRAIT)) for who, what in loans if who == person and what.startswith(TRAIT)}


def _own_trait(
    person: int, field: int, traits: Mapping[tuple[int, int], Own], loans: Mapping[tuple[int, str], Lent]
) -> Own | None:
    value, loan = traits.get((person, field)), loans.get((person, f"{TRAIT}{field}"))
    if loan is None or value != loan.lent:
        return value
    own: Own | None = loan.own
    return own


def _write_columns(changed: Sequence[tuple[Any, ...]], before: Mapping[int, str]) -> None:
    if not changed:
        return
    bulk.update(Person, COLUMNS, changed)
    renamed = [(row[0], row[1]) for row in changed if row[1] != before[row[0]]]
    if renamed:
        bulk.update(Person, ["sort_key"], ((pk, names.sort_key(name)) for pk, name in renamed))
        NameWord.objects.filter(person__in=[pk for pk, _ in renamed]).delete()
        words = ((word, pk) for pk, name in renamed for word in names.words(name))
        bulk.insert(NameWord, ["word", "person_id"], words)


def _write_traits(fields: Sequence[tuple[int, int, Own | None]]) -> None:
    if not fields:
        return
    for person, field, _best in fields:
        Trait.objects.filter(person=person, field=field).delete()
    bulk.insert(
        Trait,
        ["person_id", "field_id", "value", "set_at", "import_id"],
        (
            (person, field, best["value"], best["set_at"] and datetime.fromisoformat(best["set_at"]), best["import_id"])
            for person, field, best in fields
            if best is not None
        ),
    )
