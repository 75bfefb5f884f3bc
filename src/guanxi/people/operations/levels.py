"""The ladder: a person stands on the highest level that has an open proof."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from django.db import connection, transaction

from guanxi.events import operations as events
from guanxi.kit import bulk, scope
from guanxi.people.events import LevelLost, LevelReached
from guanxi.people.models import LevelProof, Person
from guanxi.people.operations.journal import note_changes
from guanxi.people.port import TakenBack
from guanxi.people.rules import LADDER, rank

_PROOFS = f"""
SELECT id, person_id, ended_at, ended_by, reference, since, import_id FROM {LevelProof._meta.db_table}
WHERE workspace_id = %s AND proof = %s AND person_id = ANY(%s)
  AND (person_id, coalesce(reference, 0)) IN (SELECT * FROM unnest(%s::bigint[], %s::bigint[]))
ORDER BY since, id
"""  # noqa: S608

_BEST = f"""
SELECT DISTINCT ON (person_id) person_id, level, proof, label, since FROM {LevelProof._meta.db_table}
WHERE workspace_id = %s AND person_id = ANY(%s) AND ended_at IS NULL
ORDER BY person_id, array_position(%s::varchar[], level) DESC, since, id
"""  # noqa: S608

_LAST_ENDS = f"""
SELECT person_id, max(ended_at) FROM {LevelProof._meta.db_table}
WHERE workspace_id = %s AND person_id = ANY(%s) AND level = %s AND ended_at IS NOT NULL
GROUP BY person_id
"""  # noqa: S608

_FIRST = f"""
SELECT person_id FROM (
    SELECT DISTINCT ON (proof.person_id) proof.person_id, proof.import_id FROM {LevelProof._meta.db_table} proof
    JOIN {Person._meta.db_table} person ON person.id = proof.person_id AND person.level = proof.level
    WHERE proof.workspace_id = %s AND proof.person_id = ANY(%s)
    ORDER BY proof.person_id, proof.id) first
WHERE first.import_id = %s
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Proof:
    """Why one person stands on a level: `reference` is the row that proves it (an order), `label` what to call it."""

    person: int
    since: datetime
    reference: int | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time on a level; `because` is the fact that ended it. Without `until` it still holds, since `again` if it did
    not hold for a while."""

    since: datetime
    until: datetime | None = None
    because: str = ""
    again: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """All the times in which one row (`reference`: a friendship) has put a person on a level; none: it never did."""

    person: int
    reference: int
    label: str = ""
    times: Sequence[Stretch] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stood before and stands now, with the proof of it."""

    person: int
    before: str
    level: str
    proof: str = ""
    label: str = ""
    since: datetime | None = None


@transaction.atomic
def prove_level(
    *, level: str, proof: str, proofs: Sequence[Proof], now: datetime, source: str = "", import_id: int | None = None
) -> None:
    """Add proofs of one level, each from its beginning on: a known one of the same reason that it meets goes on from
    the earlier of both beginnings; one that begins after the end of another is a row of its own. Announces who rose."""
    if not proofs:
        return
    people = {one.person for one in proofs}
    lost = _last_ends(level, people)
    wanted = {(one.person, one.reference): one for one in reversed(proofs)}
    met = _met(_known(proof, list(wanted)), wanted)
    # A file adds a row of its own where it knows of an earlier beginning: with the file, that goes again.
    longer = [key for key, rows in met.items() if wanted[key].since < rows[0].since]
    held = met.keys() - longer if import_id is not None else met.keys()
    _set_end([met[key][0] for key in held if met[key][0].ended_at], None, "", import_id)
    if import_id is None:
        inside = [row.pk for rows in met.values() for row in rows[1:] if rows[0].import_id in (None, row.import_id)]
        if inside:
            LevelProof.objects.filter(pk__in=inside).delete()
        if longer:
            bulk.update(LevelProof, ["since"], ((met[key][0].pk, wanted[key].since) for key in longer))
    bulk.insert(
        LevelProof,
        ["person_id", "level", "proof", "reference", "label", "since", "ended_by", "import_id"],
        (
            (one.person, level, proof, one.reference, one.label[:120], one.since, "", import_id)
            for key, one in wanted.items()
            if key not in held
        ),
        or_ignore=True,
    )
    _settle(people, now, source, import_id, begins=lost)


def _met(
    rows: Sequence[_Row], wanted: Mapping[tuple[int, int | None], Proof]
) -> Mapping[tuple[int, int | None], Sequence[_Row]]:
    """Those that hold at some time from the wanted beginning on, the earliest first."""
    met: dict[tuple[int, int | None], list[_Row]] = defaultdict(list)
    for row in rows:
        key = row.person, row.reference
        if row.ended_at is None or max(row.since, row.ended_at) >= wanted[key].since:
            met[key].append(row)
    return met


@transaction.atomic
def end_proof(
    *,
    proof: str,
    references: Sequence[tuple[int, int | None]],
    because: str,
    now: datetime,
    source: str = "",
    import_id: int | None = None,
) -> None:
    """These (person, reference) pairs prove nothing any more, `because` of a fact (`order.refunded`).

    Announces who fell, at `now`: pass the time when it happened.
    """
    if not references:
        return
    open_ones = [row for row in _known(proof, references) if row.ended_at is None]
    _set_end(open_ones, now, because, import_id)
    _settle({person for person, _ in references}, now, source, import_id, because)


@transaction.atomic
def prove_times(
    *,
    level: str,
    proof: str,
    reasons: Sequence[Reason],
    now: datetime,
    source: str = "",
    import_id: int | None = None,
    undoing: bool = False,
    among: Collection[int] = (),
) -> None:
    """The proofs of these reasons become these times, whatever was thought before: in whichever order things are
    told, what follows from the same is the same. A reason is named once.

    Announces who rose and who fell, each at the time when it happened; never a rise before the fall from the same
    level. While an import is taken back, what was announced by it goes with it: then only who stands by a proof that
    is new is told of. `among`: people who were one, of whom any may have the proof of another.
    """
    if not reasons:
        return
    known: dict[int | None, list[_Row]] = defaultdict(list)
    for row in _known(proof, [(who, one.reference) for one in reasons for who in {one.person, *among}]):
        known[row.reference].append(row)
    begins = {} if undoing else _last_ends(level, {one.person for one in reasons})
    ended: dict[int, tuple[datetime, str]] = {}
    again: dict[int, datetime] = {}
    others: list[tuple[int, int, datetime, datetime | None, str]] = []
    fresh: list[tuple[Reason, Stretch]] = []
    gone: list[int] = []
    for one in reasons:
        rows = known[one.reference]
        pairs, new, old = _paired(rows, one.times)
        others += [
            (row.pk, one.person, time.since, time.until, time.because)
            for row, time in pairs
            if (row.person, row.since, row.ended_at, row.ended_by) != (one.person, time.since, time.until, time.because)
        ]
        fresh += [(one, time) for time in new]
        gone += [row.pk for row in old]
        for row, time in pairs:
            if row.ended_at is not None and time.until is None and time.again is not None:
                again[one.person] = min(again.get(one.person, time.again), time.again)
        last = one.times[-1] if one.times else None
        if last and last.until and any(row.ended_at is None for row in rows):
            ended[one.person] = max(ended.get(one.person, (last.until, last.because)), (last.until, last.because))
    if gone:
        LevelProof.objects.filter(pk__in=gone).delete()
    if others:
        bulk.update(LevelProof, ["person_id", "since", "ended_at", "ended_by"], others)
    if fresh:
        bulk.insert(
            LevelProof,
            ["person_id", "level", "proof", "reference", "label", "since", "ended_at", "ended_by", "import_id"],
            (
                (
                    *(one.person, level, proof, one.reference, one.label[:120]),
                    *(time.since, time.until, time.because, import_id),
                )
                for one, time in fresh
            ),
        )
    new_now = {one.person for one, time in fresh if time.until is None} if undoing else None
    begins |= {person: max(at, begins.get(person, at)) for person, at in again.items()}
    everybody = {*among, *(one.person for one in reasons)}
    _settle(everybody, now, source, import_id, ended=ended, begins=begins, risen=new_now)


def _paired(
    rows: Sequence[_Row], times: Sequence[Stretch]
) -> tuple[list[tuple[_Row, Stretch]], Sequence[Stretch], Sequence[_Row]]:
    """Which row says which time: one of the same beginning, else any that is left over. Then the times that have no
    row yet, and the rows that say nothing any more."""
    by_start = {row.since: row for row in rows}
    same = [(by_start[time.since], time) for time in times if time.since in by_start]
    taken, said = {row.pk for row, _ in same}, {time.since for _, time in same}
    left = [row for row in rows if row.pk not in taken]
    new = [time for time in times if time.since not in said]
    moved = list(zip(left, new, strict=False))
    return [*same, *moved], new[len(moved) :], left[len(moved) :]


def settle_proofs(proofs: Sequence[int], now: datetime) -> None:
    """After proofs (by id) were put back by undo: levels follow, without a fact for what never happened."""
    people = sorted(set(LevelProof.objects.filter(pk__in=proofs).values_list("person_id", flat=True)))
    stand(people)
    events.touch("people", people)


@dataclass(frozen=True)
class TakeBackProofs:
    """The step of undo that removes the proofs of an import, a number of people at a time."""

    key: str = "proofs"

    def take_back(self, *, import_id: int, after: int, limit: int, now: datetime) -> TakenBack:
        made = LevelProof.objects.filter(import_id=import_id)
        people = list(
            made.filter(person_id__gt=after)
            .order_by("person_id")
            .values_list("person_id", flat=True)
            .distinct()[:limit]
        )
        if not people:
            return TakenBack(None)
        raised = _raised_by(import_id, people)
        removed, _ = made.filter(person_id__in=people).delete()
        standing = [one for one in stand(people) if one.person in raised and one.before == one.level and one.since]
        # The fact that told of the level is retracted with the import; another proof now tells of it.
        events.announce_many(
            [
                events.Happened(LevelReached(one.person, one.level, one.proof, one.label), one.since or now)
                for one in standing
            ],
            received_at=now,
            source="import",
        )
        events.touch("people", people)
        return TakenBack(people[-1], removed=removed)


def _raised_by(import_id: int, people: Sequence[int]) -> set[int]:
    """People whose oldest proof of their level is the import's: it announced that they had reached it."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, [scope.current(), list(people), import_id])
        return {person for (person,) in cursor.fetchall()}


class _Row(NamedTuple):
    pk: int
    person: int
    ended_at: datetime | None
    ended_by: str
    reference: int | None
    since: datetime
    import_id: int | None


def _known(proof: str, references: Sequence[tuple[int, int | None]]) -> list[_Row]:
    people = [person for person, _ in references]
    with connection.cursor() as cursor:
        cursor.execute(
            _PROOFS,
            [scope.current(), proof, people, people, [reference or 0 for _, reference in references]],
        )
        return [_Row(*row) for row in cursor.fetchall()]


def _last_ends(level: str, people: Collection[int]) -> dict[int, datetime]:
    """When they last fell from the level, or one of several proofs of it ended."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST_ENDS, [scope.current(), list(people), level])
        return dict(cursor.fetchall())


def _set_end(rows: Sequence[_Row], at: datetime | None, by: str, import_id: int | None) -> None:
    if not rows:
        return
    bulk.update(LevelProof, ["ended_at", "ended_by"], ((row.pk, at, by) for row in rows))
    if import_id is not None:
        after = {"ended_at": at, "ended_by": by}
        changes = [(row.pk, {"ended_at": row.ended_at, "ended_by": row.ended_by}, after) for row in rows]
        note_changes(import_id=import_id, model=LevelProof, changes=changes)


def _settle(
    people: Iterable[int],
    now: datetime,
    source: str,
    import_id: int | None,
    because: str = "",
    *,
    ended: Mapping[int, tuple[datetime, str]] = MappingProxyType({}),
    begins: Mapping[int, datetime] = MappingProxyType({}),
    risen: Collection[int] | None = None,
) -> None:
    """`ended`: when and why somebody falls, where it is not now. `begins`: before which nobody rises, because they were
    told to have fallen. `risen`: only of them anything is announced."""
    ids = sorted(people)
    facts: list[events.Happened] = []
    for one in stand(ids):
        if rank(one.level) > rank(one.before):
            if risen is None or one.person in risen:
                rose = LevelReached(one.person, one.level, one.proof, one.label, import_id)
                since = one.since or now
                facts.append(events.Happened(rose, max(since, begins.get(one.person, since))))
        elif one.level != one.before and risen is None:
            at, why = ended.get(one.person, (now, because))
            facts.append(events.Happened(LevelLost(one.person, one.before, why, import_id=import_id), at))
    events.announce_many(facts, received_at=now, source=source)
    events.touch("people", ids)


def stand(people: Sequence[int]) -> list[Standing]:
    """Set the level of these people by their open proofs."""
    ids = sorted(set(people))
    before = dict(
        Person.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True).values_list("pk", "level")
    )
    with connection.cursor() as cursor:
        cursor.execute(_BEST, [scope.current(), ids, list(LADDER)])
        best = {row[0]: row[1:] for row in cursor.fetchall()}
    standings = [Standing(person, was, *best.get(person, (LADDER[0],))) for person, was in before.items()]
    bulk.update(Person, ["level"], ((one.person, one.level) for one in standings if one.level != one.before))
    return standings
