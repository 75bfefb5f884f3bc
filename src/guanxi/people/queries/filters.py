"""Whom a list shows: those whom a member of staff may see, and of them those who were asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, Q, QuerySet, Subquery

from guanxi.governance import queries as governance
from guanxi.governance.models import Staff, Workspace
from guanxi.kit import clock, scope
from guanxi.people.models import Membership, Person, PersonTag, Role, Strength, Tag, Trait, TraitKind
from guanxi.people.queries.sides import Side, Without
from guanxi.people.registry import also_owned
from guanxi.people.rules import canonical

NONE: Literal["none"] = "none"
SORTS = ("name", "name_back", "newest", "oldest", "seen", "unseen", "close")


def visible(staff: Staff) -> QuerySet[Person]:
    """The people whom this member of staff may see: all, those of the unit and below, one's own and friends, or none.

    A manager whose place is no unit stands at the top of the tree: the whole workspace is below.
    """
    people = listed()
    match governance.data_scope(staff.role):
        case "unit" if staff.unit is not None:
            return people.filter(unit_id__in=governance.unit_and_below(staff.unit))
        case "all" | "unit":
            return people
        case "own":
            return people.filter(_among(own(staff)))
        case _:
            return people.none()


def listed() -> QuerySet[Person]:
    people: QuerySet[Person] = Person.objects.filter(merged_into=None, erased_at=None)
    return people


def _among(keys: QuerySet[Any]) -> Func:
    """Read first, then looked up: joined with everyone, these few made the database read all of a million people."""
    one = {"arg_joiner": " = ANY(", "template": "%(expressions)s)"}
    return Func(F("pk"), ArraySubquery(keys), output_field=BooleanField(), **one)


def within(keys: QuerySet[Any]) -> Func:
    """Among these, asked of one row after the other: the keys are read once and kept."""
    one = {"arg_joiner": " IN ", "template": "(%(expressions)s) IS TRUE"}
    return Func(F("pk"), Subquery(keys), output_field=BooleanField(), **one)


def own(staff: Staff) -> QuerySet[Any]:
    """Whose owner they are, and whom rooms above call theirs."""
    owned = Person.objects.filter(owner=staff, merged_into=None, erased_at=None).order_by().values("pk")
    return owned.union(*also_owned(staff))


def own_and_visible(staff: Staff) -> list[int]:
    """Keys of one's own people whom one may see: a friend may belong to another unit."""
    mine = list(own(staff).values_list("pk", flat=True))
    if governance.data_scope(staff.role) == "own":
        return mine
    return list(visible(staff).filter(pk__in=mine).values_list("pk", flat=True))


class Mine(Side):
    """Whom a member of staff sees of their own, together with other sides: read once for all of them."""

    def ids(self) -> tuple[str, list[Any]]:
        return f"SELECT person_id FROM ({self.fits}) mine(person_id)", list(self.given)  # noqa: S608


def mine(staff: Staff) -> Mine | None:
    """Nothing for those who see all people, or those of a unit."""
    if governance.data_scope(staff.role) != "own":
        return None
    sql, given = own(staff).query.sql_with_params()
    return Mine("", sql, tuple(given))


@dataclass(frozen=True)
class TraitWanted:
    """One field: exactly `value`, or from `least` to `most`, both counted. In canonical text, as traits are kept."""

    field: int
    kind: str
    value: str = ""
    least: str = ""
    most: str = ""


@dataclass(frozen=True)
class Wanted:
    """What a list shows. Days are whole days of the workspace's zone; `sort` is one of SORTS; None asks for nothing."""

    search: str = ""
    level: str = ""
    owner: int | Literal["none"] | None = None
    unit: int | Literal["none"] | None = None
    source: str = ""
    added_from: date | None = None
    added_to: date | None = None
    seen_from: date | None = None
    seen_to: date | None = None
    email: bool | None = None
    phone: bool | None = None
    traits: tuple[TraitWanted, ...] = ()
    tags_any: tuple[int, ...] = ()
    tags_all: tuple[int, ...] = ()
    tags_none: tuple[int, ...] = ()
    strength: str = ""
    member: bool | None = None
    role: str = ""
    reached: str = ""
    reached_from: date | None = None
    reached_to: date | None = None
    lost: str = ""
    lost_from: date | None = None
    lost_to: date | None = None
    sort: str = "name"


def trait_wanted(field: int, kind: str, *, value: str = "", least: str = "", most: str = "") -> TraitWanted:
    """From what somebody wrote. Raises BadCell."""
    read = TraitKind.TEXT if kind == TraitKind.CHOICE else kind  # one that is offered no more can be looked for, too
    value, least, most = (canonical(text.strip(), read) if text.strip() else "" for text in (value, least, most))
    return TraitWanted(field, kind, value, least, most)


def zone_of(wanted: Wanted) -> ZoneInfo | None:
    """The workspace's, where days were asked for."""
    if not any(isinstance(value, date) for value in vars(wanted).values()):
        return None
    return ZoneInfo(Workspace.objects.values_list("timezone", flat=True).get(pk=scope.current()))


def plain(wanted: Wanted, zone: ZoneInfo | None) -> Q:
    """What the row of a person says itself."""
    asked = Q()
    if wanted.level:
        asked &= Q(level=wanted.level)
    if wanted.owner is not None:
        asked &= Q(owner=None) if wanted.owner == NONE else Q(owner=wanted.owner)
    if wanted.unit is not None:
        asked &= Q(unit=None) if wanted.unit == NONE else Q(unit=wanted.unit)
    if wanted.source:
        asked &= Q(source=wanted.source)
    if wanted.email is not None:
        asked &= Q(has_email=wanted.email)
    if wanted.phone is not None:
        asked &= Q(has_phone=wanted.phone)
    asked &= _days("created_at", moments(wanted.added_from, wanted.added_to, zone))
    return asked & _days("last_seen_at", moments(wanted.seen_from, wanted.seen_to, zone))


def _days(column: str, between: Between) -> Q:
    since, until = between
    asked = Q()
    if since:
        asked &= Q(**{f"{column}__gte": since})
    if until:
        asked &= Q(**{f"{column}__lt": until})
    return asked


Between = tuple[datetime | None, datetime | None]


def moments(first: date | None, last: date | None, zone: ZoneInfo | None) -> Between:
    """The beginning of the first day and the end of the last."""
    until = last + timedelta(days=1) if last and last < date.max else None
    return (
        datetime.combine(first, time(), zone) if first else None,
        datetime.combine(until, time(), zone) if until else None,
    )


def traits_of(wanted: Wanted) -> list[Side]:
    return [_trait(one) for one in wanted.traits]


def tags_of_list(wanted: Wanted) -> list[Side]:
    """The sides of tags and of the role. A consumer is who has no row that says otherwise."""
    table = PersonTag._meta.db_table
    sides = [Side(table, "tag_id = %s", (tag,)) for tag in wanted.tags_all]
    if wanted.tags_any:
        sides.append(Side(table, "tag_id = ANY(%s)", (list(wanted.tags_any),)))
    without = list(wanted.tags_none)
    if wanted.role:
        roles = dict(Tag.objects.exclude(role="").values_list("role", "pk"))
        if wanted.role == Role.CONSUMER:
            without += roles.values()
        else:
            sides.append(Side(table, "tag_id = %s", (roles.get(wanted.role, 0),)))
    return [*sides, Without(table, "tag_id = ANY(%s)", (without,))] if without else sides


def _trait(one: TraitWanted) -> Side:
    table, fits = Trait._meta.db_table, "field_id = %s"
    given: list[Any] = [one.field]
    if one.value:
        return Side(table, f"{fits} AND value = %s", (*given, one.value))
    column = "number" if one.kind == TraitKind.NUMBER else "value"
    for compared, bound in ((">=", one.least), ("<=", one.most)):
        if bound:
            fits += f" AND {column} {compared} %s"
            given.append(float(bound) if one.kind == TraitKind.NUMBER else bound)
    return Side(table, fits, tuple(given))


def standing_of_list(wanted: Wanted) -> list[Side]:
    """The sides of strength, as it is at this moment, and of membership."""
    table, sides = Strength._meta.db_table, list[Side]()
    now = clock.now()
    match wanted.strength:
        case "strong":
            sides.append(Side(table, "strong_until > %s", (now,)))
        case "neutral":
            sides.append(Side(table, "neutral_until > %s AND strong_until <= %s", (now, now)))
        case "weak":
            sides.append(Without(table, "neutral_until > %s", (now,)))
    if wanted.member is not None:
        kind = Side if wanted.member else Without
        sides.append(kind(Membership._meta.db_table, "ended_at IS NULL", ()))
    return sides
