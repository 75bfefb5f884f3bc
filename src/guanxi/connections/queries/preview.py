"""Who would be in another band if strength were counted otherwise: from the lake, of everybody or of a sample.

The sample is everybody whose number, shuffled, is among the lowest of so many parts: the same people each time, and no
sort of people more often than another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guanxi.connections.models import StrengthCount, StrengthRules
from guanxi.connections.queries import recount, strength
from guanxi.connections.queries import touches as lake
from guanxi.connections.rules import strength as rule
from guanxi.connections.rules.strength import Rules
from guanxi.events import queries as events
from guanxi.people.models import Person

LARGEST_SAMPLE = 100_000
EXAMPLES = 10
BANDS = ("weak", "neutral", "strong")
_BAND = "CASE WHEN {c}.strong_until > {at} THEN 2 WHEN {c}.neutral_until > {at} THEN 1 ELSE 0 END"


@dataclass(frozen=True)
class Moved:
    """One of those who change: how close they are now, and would be."""

    person: Person
    before: str
    after: str
    strength_before: float
    strength_after: float


@dataclass(frozen=True)
class Preview:
    """`moves`: (band now, band then) → how many; those who stay are among them. Of `of` people out of `people`."""

    moves: Mapping[tuple[str, str], int]
    of: int
    people: int
    examples: list[Moved]

    @property
    def is_sample(self) -> bool:
        return self.of < self.people

    @property
    def changed(self) -> int:
        return sum(count for (before, after), count in self.moves.items() if before != after)

    def now(self, band: str) -> int:
        return sum(count for (before, _after), count in self.moves.items() if before == band)

    def then(self, band: str) -> int:
        return sum(count for (_before, after), count in self.moves.items() if after == band)


def preview(rules: Rules, at: datetime, sample: int = LARGEST_SAMPLE) -> Preview:
    before, moment = strength.rules(), at.timestamp()
    with events.lake() as tables:
        of, people = chosen(tables, sample)
        for name, by in (("close_now", before), ("close_then", rules)):
            lake.lend(tables, by)
            tables.register(name, lake.run(tables, lake.closeness_sql(by, lake.brand_sql(by, "sampled"))))
        now, then = (_BAND.format(c=c, at=moment) for c in ("a", "b"))
        judged = (
            f"SELECT p.keeper AS person, {now} AS before, {then} AS after FROM "  # noqa: S608
            "(SELECT DISTINCT keeper FROM standing) p LEFT JOIN close_now a ON a.person = p.keeper "
            "LEFT JOIN close_then b ON b.person = p.keeper"
        )
        rows = lake.run(tables, f"SELECT before, after, count(*) AS n FROM ({judged}) GROUP BY ALL").to_pylist()  # noqa: S608
        some = lake.run(
            tables,
            f"SELECT person, before, after FROM ({judged}) WHERE before <> after "  # noqa: S608
            f"ORDER BY hash(person) LIMIT {EXAMPLES}",
        ).to_pylist()
        sums = _strengths(tables, before, rules, [row["person"] for row in some], moment)
    known = Person.objects.in_bulk([row["person"] for row in some])
    examples = [
        Moved(known[row["person"]], BANDS[row["before"]], BANDS[row["after"]], *sums[row["person"]])
        for row in some
        if row["person"] in known
    ]
    return Preview({(BANDS[row["before"]], BANDS[row["after"]]): row["n"] for row in rows}, of, people, examples)


def chosen(tables: events.Lake, sample: int) -> tuple[int, int]:
    """Lend `standing` and the touches of everybody, or of a sample, as `sampled`: how many of how many it holds."""
    tables.register("everybody", lake.standing_table(recount.standing(), strength.every_role()))
    count = "SELECT count(DISTINCT keeper) AS n FROM {}"
    people = lake.run(tables, count.format("everybody"))["n"][0].as_py()
    parts = max(-(-people // sample), 1)
    tables.register(
        "standing",
        lake.run(tables, f"SELECT * FROM everybody WHERE hash(keeper) % {parts} = 0"),  # noqa: S608
    )
    lake.lend(tables, Rules())
    tables.register("sampled", lake.run(tables, lake.touches_of_sql("events", "standing")))
    return lake.run(tables, count.format("standing"))["n"][0].as_py(), people


def _strengths(
    tables: events.Lake, before: Rules, after: Rules, persons: list[int], moment: float
) -> dict[int, tuple[float, float]]:
    found: dict[int, list[float]] = {person: [] for person in persons}
    for by, name in ((before, "close_now"), (after, "close_then")):
        rows = lake.run(
            tables,
            f"SELECT c.person, c.strong_until, p.role FROM {name} c JOIN standing p ON p.person = c.person "  # noqa: S608
            f"WHERE c.person IN ({', '.join(map(str, persons)) or 'NULL'})",
        ).to_pylist()
        held = {row["person"]: (row["strong_until"], row["role"]) for row in rows}
        for person in persons:
            until, role = held.get(person, (None, "consumer"))
            found[person].append(0.0 if until is None else rule.faded(by, role, until, moment))
    return {person: (pair[0], pair[1]) for person, pair in found.items()}


@dataclass(frozen=True)
class Settings:
    """The rules in use with their version, who set them, and how far they are counted."""

    rules: Rules
    version: int
    row: StrengthRules | None
    counting: bool
    todo: int | None
    done: int
    fitted: Mapping[str, Any]


def settings() -> Settings:
    row = StrengthRules.objects.select_related("by").first()
    count = StrengthCount.objects.first()
    counting = count is None or count.counted_at is None or count.anew_since is not None
    return Settings(
        strength.of_row(row) if row else Rules(),
        row.version if row else 0,
        row if row and row.version else None,
        counting,
        count.todo if count else None,
        count.done if count else 0,
        row.fitted if row else {},
    )
