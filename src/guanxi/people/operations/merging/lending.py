"""What a person shows of those who became them: worked out anew from what is each one's own, after every merge and
every undo, so that the order in which merges are undone does not matter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from guanxi.kit import bulk, names
from guanxi.people.models import Lent, Merge, Person, Trait
from guanxi.people.operations.words import rewrite_words
from guanxi.people.rules.merging import COLUMNS, FILLED, newest, shown

TRAIT = "trait:"
Own = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pick:
    """Whose value was chosen, and when."""

    person: int
    at: datetime


def settle(roots: Iterable[int]) -> None:
    """Make these people show what they and those who became them have."""
    ids = sorted(set(roots))
    members, picks = _members(ids)
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
        chosen = _chosen(root, tree, rows[root], picks[root], loans)
        wanted = shown(own) | {name: own[tree.index(one)][name] for name, one in chosen.items() if name in FILLED}
        if any(rows[root][name] != wanted[name] for name in COLUMNS):
            changed.append((root, *(wanted[name] for name in COLUMNS)))
        kept += [
            (root, name, _text(own[0][name]), _text(wanted[name])) for name in COLUMNS if own[0][name] != wanted[name]
        ]
        for field in sorted({field for one in tree for field in _fields_of(one, traits, loans)}):
            theirs = [_own_trait(one, field, traits, loans) for one in tree]
            best = _best(theirs, tree, chosen.get(f"{TRAIT}{field}"), picks[root].get(f"{TRAIT}{field}"))
            if traits.get((root, field)) != best:
                fields.append((root, field, best))
            if best != theirs[0]:
                kept.append((root, f"{TRAIT}{field}", theirs[0], best))
    _write_columns(changed, {root: rows[root]["name"] for root in ids})
    _write_traits(fields)
    Lent.objects.filter(person__in=ids).delete()
    bulk.insert(Lent, ["person_id", "what", "own", "lent"], kept)


def _members(roots: Sequence[int]) -> tuple[Mapping[int, list[int]], Mapping[int, dict[str, Pick]]]:
    """Who became each of them, in the order of the merges; and whose values were chosen, the latest choice last."""
    found: dict[int, list[int]] = defaultdict(list)
    picks: dict[int, dict[str, Pick]] = defaultdict(dict)
    standing = Merge.objects.filter(undone_at=None, drop__merged_into__in=roots).order_by("pk")
    for root, drop, chosen, at in standing.values_list("drop__merged_into", "drop", "picks", "at"):
        found[int(root or 0)].append(drop)
        picks[int(root or 0)] |= {what: Pick(person, at) for what, person in chosen.items()}
    return found, picks


def _chosen(
    root: int,
    tree: Sequence[int],
    row: Mapping[str, Any],
    picks: Mapping[str, Pick],
    loans: Mapping[tuple[int, str], Lent],
) -> dict[str, int]:
    """The choices that still count: of people who are here, for columns that nobody changed since."""
    found: dict[str, int] = {}
    for what, pick in picks.items():
        loan = loans.get((root, what))
        edited = what in FILLED and loan is not None and _text(row[what]) != loan.lent
        if pick.person in tree and not edited:
            found[what] = pick.person
    return found


def _best(theirs: Sequence[Own | None], tree: Sequence[int], chosen: int | None, pick: Pick | None) -> Own | None:
    """The newest, unless another was chosen and nothing was said since."""
    best = newest(theirs)
    if chosen is None or pick is None or best is None or (best["set_at"] or "") > _text(pick.at):
        return dict(best) if best is not None else None
    return theirs[tree.index(chosen)] or dict(best)


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
        rewrite_words(renamed)


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
