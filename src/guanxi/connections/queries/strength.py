"""How close a person is: to the brand, to each advisor, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from guanxi.connections.models import Bond, StrengthCount, StrengthRules
from guanxi.connections.rules import strength as rule
from guanxi.connections.rules.strength import Rules, Touches
from guanxi.events.queries import TimelineEntry
from guanxi.governance.models import Staff
from guanxi.people import queries as people
from guanxi.people.models import Person, PersonTag, Role, Strength

TOLD = tuple(one.name for one in rule.MEANINGS)
LATEST = 30
AS = {Role.EMPLOYEE: "employee", Role.LEADER: "opinion_leader", Role.CONSUMER: "consumer"}


def rules() -> Rules:
    """Those of this workspace."""
    row = StrengthRules.objects.first()
    return of_row(row) if row else Rules()


def of_row(row: StrengthRules) -> Rules:
    """A kind or a role that has come since keeps the usual."""
    return Rules(
        {**rule.WEIGHTS, **row.weights},
        {**rule.HALF_LIVES, **row.half_lives},
        row.weak_below,
        row.strong_above,
        row.reciprocal,
        row.per_channel,
    )


def roles_of(persons: Sequence[int]) -> dict[int, str]:
    """As what somebody is counted; who is missing is an ordinary consumer."""
    return {pk: AS[role] for pk, role in people.roles_of(persons).items()}


def every_role() -> dict[int, str]:
    rows = PersonTag.objects.filter(slot=0).values_list("person_id", "tag__role")
    return {pk: AS[Role(role)] for pk, role in rows}


def touches_of(bond: Bond) -> Touches:
    channels = frozenset(filter(None, bond.channels.split(",")))
    sums = (bond.employee, bond.consumer, bond.opinion_leader)
    return Touches(bond.at, sums, bond.inward, bond.outward, channels)


@dataclass(frozen=True)
class Because:
    """The latest touch of a kind, and how many of it were among the latest."""

    kind: str
    at: datetime
    count: int


@dataclass(frozen=True)
class Close:
    """How close a person is to the brand (`staff` is None) or to one advisor. `weaker_at`: when the band falls next."""

    staff: Staff | None
    strength: float
    band: str
    strong_until: datetime | None
    neutral_until: datetime | None
    weaker_at: datetime | None
    because: list[Because]


@dataclass(frozen=True)
class Closeness:
    role: str
    brand: Close
    advisors: list[Close]
    counted: bool
    """Whether everything that is in the lake is in it."""


def closeness(person: Person, at: datetime) -> Closeness:
    """With everybody merged into them. Advisors with whom there was anything, the closest first."""
    same, by = people.same(person), rules()
    role = roles_of([person.pk]).get(person.pk, "consumer")
    bonds: dict[int | None, list[Bond]] = defaultdict(list)
    for bond in Bond.objects.filter(person__in=same):
        bonds[bond.staff_id].append(bond)
    staff = {one.pk: one for one in Staff.objects.filter(pk__in=[pk for pk in bonds if pk])}
    told = people.timeline(person, limit=LATEST, names=TOLD) if bonds else []
    visited = _visited(bonds.get(None, []), person.last_seen_at, at)
    brand = _close(by, None, bonds.get(None, []), role, at, [*_reasons(told), *visited])
    advisors = [
        _close(by, staff[pk], of, role, at, _reasons(told, staff[pk].public_id)) for pk, of in bonds.items() if pk
    ]
    count = StrengthCount.objects.first()
    return Closeness(
        role,
        brand,
        sorted(advisors, key=lambda one: one.strength, reverse=True),
        count is not None and count.counted_at is not None and count.anew_since is None,
    )


def _close(
    by: Rules, staff: Staff | None, bonds: Sequence[Bond], role: str, at: datetime, because: list[Because]
) -> Close:
    whole = rule.together(by, [touches_of(bond) for bond in bonds])
    if whole is None:
        return Close(staff, 0.0, "weak", None, None, None, [])
    strong, neutral = (rule.until(by, whole, role, edge) for edge in (by.strong_above, by.weak_below))
    band = rule.band(strong, neutral, at)
    weaker = {"strong": strong, "neutral": neutral, "weak": None}[band]
    ordered = sorted(because, key=lambda one: one.at, reverse=True)
    return Close(staff, rule.strength(by, whole, role, at), band, strong, neutral, weaker, ordered)


def _reasons(told: Sequence[TimelineEntry], advisor: str = "") -> list[Because]:
    kinds = {one.name: one for one in rule.MEANINGS}
    found: dict[str, Because] = {}
    for entry in told:
        meaning = kinds[entry.name]
        if meaning.whose or (advisor and entry.props.get("advisor") != advisor):
            continue
        kind = meaning.kind or str(entry.props.get("kind", ""))
        known = found.get(kind)
        found[kind] = Because(kind, known.at if known else entry.at, (known.count if known else 0) + 1)
    return list(found.values())


def _visited(bonds: Sequence[Bond], seen: datetime | None, at: datetime) -> list[Because]:
    """A visit is known by its day in UTC only. The moment is that at which they were last seen, if it was on this day,
    else its noon: then it is the same day nearly everywhere."""
    days = [int(day) for bond in bonds for day in bond.days.split(",") if day]
    if not days:
        return []
    begins = datetime.fromtimestamp(max(days) * rule.DAY, UTC)
    if seen is not None and begins <= seen < begins + timedelta(days=1):
        moment = seen
    else:
        moment = min(begins + timedelta(hours=12), at)
    return [Because("visit", moment, len(set(days)))]


def bands_of(persons: Sequence[int], at: datetime) -> dict[int, str]:
    """In which band each of them is at that moment, with the brand."""
    rows = Strength.objects.filter(person__in=persons).values_list("person", "strong_until", "neutral_until")
    known = {person: rule.band(strong, neutral, at) for person, strong, neutral in rows}
    return {person: known.get(person, "weak") for person in persons}
