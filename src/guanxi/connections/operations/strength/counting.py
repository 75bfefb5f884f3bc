"""Touches are counted behind the lake: one commit after the other, each once. After an import was taken back, a restore
or a change of the rules everything is counted anew from the lake; both ways give the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from guanxi.connections.models import Bond, StrengthCount
from guanxi.connections.queries import strength as asked
from guanxi.connections.queries import touches as lake
from guanxi.connections.rules import strength as rule
from guanxi.connections.rules.strength import DAYS_KEPT, ROLES, Rules, Touches
from guanxi.events import operations as events
from guanxi.events import queries
from guanxi.kit import bulk
from guanxi.people import operations as people
from guanxi.people.models import Level, LevelProof, Person, Strength

CHUNK = 20_000
COLUMNS = ("person_id", "staff_id", "at", *ROLES, "inward", "outward", "channels", "days")
SENT = "event.sent"


def ask_anew(*, now: datetime) -> None:
    """Everything is to be counted again, at the worker's next turn; once more, if it is being counted just now."""
    StrengthCount.objects.get_or_create()
    StrengthCount.objects.update(anew_since=Coalesce("anew_since", Value(now)), asked=F("asked") + 1)


def _once_more() -> None:
    """Who is merged or gets another role while everything is read may be written as they were: it is read again."""
    StrengthCount.objects.filter(anew_since__isnull=False).update(asked=F("asked") + 1)


def count_rows(table: Any, *, now: datetime) -> None:
    """Add what a part of the lake holds to what is known."""
    by = asked.rules()
    with queries.lake() as tables:
        lake.lend(tables, by)
        tables.register("happened", table)
        sums = lake.run(tables, lake.sums_sql(by, lake.TOUCHES.format(events="happened"))).to_pylist()
        visits = lake.run(tables, lake.VISITS.format(events="happened")).to_pylist()
        signs = lake.run(tables, lake.signs_sql("happened")).to_pylist()
    prove_interactors([(row["person"], row["at"], row["name"]) for row in signs], now)
    given: dict[int, list[tuple[int | None, Touches]]] = defaultdict(list)
    for row in sums:
        given[row["person"]].append((row["staff"], _touches(row)))
    days: dict[int, set[int]] = defaultdict(set)
    for row in visits:
        days[row["person"]].add(row["day"])
    whom = sorted(given.keys() | days.keys())
    for start in range(0, len(whom), CHUNK):
        _add(by, whom[start : start + CHUNK], given, days, now)


def _touches(row: Mapping[str, Any]) -> Touches:
    sums = (row["employee"], row["consumer"], row["opinion_leader"])
    return Touches(row["at"], sums, row["inward"], row["outward"], frozenset(filter(None, row["channels"].split(","))))


def _add(
    by: Rules,
    whom: Sequence[int],
    given: Mapping[int, Sequence[tuple[int | None, Touches]]],
    days: Mapping[int, set[int]],
    now: datetime,
) -> None:
    there = set(Person.objects.filter(pk__in=whom, erased_at=None).values_list("pk", flat=True))
    known = {(bond.person_id, bond.staff_id): bond for bond in Bond.objects.filter(person__in=there)}
    rows: list[tuple[Any, ...]] = []
    for person in whom:
        if person not in there:
            continue
        parts: dict[int | None, list[Touches]] = defaultdict(list)
        for staff, touches in given.get(person, ()):
            parts[staff].append(touches)
        of_brand = known.get((person, None))
        counted = {int(day) for day in of_brand.days.split(",") if day} if of_brand else set()
        fresh = days.get(person, set()) - counted
        if fresh and min(fresh) * rule.DAY < now.timestamp() - DAYS_KEPT * rule.DAY:
            ask_anew(now=now)  # so late, nobody remembers whether that day was counted
            fresh = {day for day in fresh if day * rule.DAY >= now.timestamp() - DAYS_KEPT * rule.DAY}
        for day in fresh:
            parts[None].append(rule.touch(by, "visit", datetime.fromtimestamp(day * rule.DAY, UTC), rule.VISIT_CHANNEL))
        edge = now.timestamp() / rule.DAY - DAYS_KEPT
        kept = ",".join(map(str, sorted(day for day in counted | fresh if day > edge)))
        for staff, some in parts.items():
            before = known.get((person, staff))
            whole = rule.together(by, [*some, *([asked.touches_of(before)] if before else [])])
            if whole is not None:
                rows.append(_row(person, staff, whole, kept if staff is None else ""))
    write_bonds(rows)
    settle({row[0] for row in rows}, by)


def _row(person: int, staff: int | None, of: Touches, days: str) -> tuple[Any, ...]:
    return (person, staff, of.at, *of.sums, of.inward, of.outward, ",".join(sorted(of.channels)), days)


def write_bonds(rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        changed = ", ".join(f"{name} = EXCLUDED.{name}" for name in COLUMNS[2:])
        bulk.insert(Bond, COLUMNS, rows, on_conflict=f"(person_id, staff_id) DO UPDATE SET {changed}")


def settle(persons: Iterable[int], by: Rules | None = None) -> None:
    """Write down until when these people, or whom they became, are close to the brand."""
    by = by or asked.rules()
    ids = list(persons)
    whom = {keeper or pk for pk, keeper in Person.objects.filter(pk__in=ids).values_list("pk", "merged_into")}
    same = dict(
        Person.objects.filter(Q(pk__in=whom) | Q(merged_into__in=whom), erased_at=None).values_list("pk", "merged_into")
    )
    bonds: dict[int, list[Touches]] = defaultdict(list)
    for bond in Bond.objects.filter(person__in=same, staff=None):
        bonds[same[bond.person_id] or bond.person_id].append(asked.touches_of(bond))
    roles = asked.roles_of(sorted(whom))
    rows = []
    for person in sorted(whom & same.keys()):
        whole = rule.together(by, bonds.get(person, []))
        role = roles.get(person, "consumer")
        neutral = rule.until(by, whole, role, by.weak_below) if whole else None
        if whole is not None and neutral is not None:
            rows.append((person, rule.until(by, whole, role, by.strong_above), neutral))
    _tell(rows)
    without = sorted(whom - {person for person, *_ in rows})
    if without and Strength.objects.filter(person__in=without).delete()[0]:
        events.touch("people", without)


def _tell(rows: Sequence[tuple[int, datetime | None, datetime]]) -> None:
    if not rows:
        return
    people.hold_strength(rows)


def settle_merged(happened: Sequence[events.Happened]) -> None:
    """Two became one, or parted: the touches of each are still known, so they are only summed again."""
    _once_more()
    settle({one for each in happened for one in (each.fact.person, each.fact.merged)})


def settle_roles(happened: Sequence[events.Happened]) -> None:
    """Of an opinion leader it fades slower, of an employee faster."""
    _once_more()
    settle({each.fact.person for each in happened})


def after_import(happened: Sequence[events.Happened]) -> None:
    """What an import brought leaves with it."""
    for each in happened:
        if each.fact.state == "undone":
            ask_anew(now=each.at)


def prove_interactors(signs: Sequence[tuple[int, datetime, str]], now: datetime) -> None:
    """Whoever did something of their own is an interactor: once proven, it stays."""
    first = {person: (at, name) for person, at, name in signs}
    keepers = _keepers(first)
    best: dict[int, tuple[datetime, str]] = {}
    for person, (at, name) in first.items():
        if (keeper := keepers.get(person)) and (keeper not in best or at < best[keeper][0]):
            best[keeper] = (at, name)
    whom = sorted(best)
    for start in range(0, len(whom), CHUNK):
        part = whom[start : start + CHUNK]
        proven = set(
            LevelProof.objects.filter(person__in=part, level=Level.INTERACTOR, proof=SENT).values_list(
                "person", flat=True
            )
        )
        proofs = [people.Proof(one, best[one][0], None, best[one][1]) for one in part if one not in proven]
        people.prove_level(level=Level.INTERACTOR, proof=SENT, proofs=proofs, now=now, source="intake")


def _keepers(persons: Iterable[int]) -> dict[int, int]:
    """Who they are now; erased people are nobody."""
    found = Person.objects.filter(erased_at=None).extra(**bulk.any_number("people_person.id", persons))
    return {pk: keeper or pk for pk, keeper in found.values_list("pk", "merged_into")}
