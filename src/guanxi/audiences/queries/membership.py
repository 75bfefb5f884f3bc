"""Who is in the audiences whose members are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from django.db.models import DurationField, ExpressionWrapper, F, Q, QuerySet

from guanxi.audiences.models import Audience, AudienceDay, AudienceMember
from guanxi.audiences.queries.members import LISTED, zone_here
from guanxi.events import queries as events
from guanxi.governance.models import Staff
from guanxi.kit import bulk, clock, scope
from guanxi.people import queries as people

MINUTE = timedelta(minutes=1)
BREATH = timedelta(seconds=10)
SLOWEST = timedelta(minutes=5)


def members_of(audience: Audience) -> QuerySet[AudienceMember]:
    """Whoever was merged away or erased since the last look is left out."""
    rows: QuerySet[AudienceMember] = AudienceMember.objects.filter(audience=audience)
    return rows.filter(person__merged_into=None, person__erased_at=None)


def members_seen(audience: Audience, staff: Staff) -> QuerySet[AudienceMember]:
    """Of them, those whom this member of staff may see, in the order in which they came to us."""
    seen = members_of(audience).filter(person__in=people.visible(staff).order_by().values("pk"))
    return seen.order_by("person_id")


def audiences_of(person: int) -> QuerySet[AudienceMember]:
    """The audiences whose members are kept that this person is in, by name."""
    rows: QuerySet[AudienceMember] = AudienceMember.objects.filter(person=person).select_related("audience")
    return rows.order_by("audience__name", "audience_id")


def listed(audience: int, among: pa.Array | None = None) -> pa.Array:
    """The keys of its members, in no order."""
    if among is None:
        return bulk.numbers(LISTED, [scope.current(), audience])
    asked = bulk.any_number("person_id", among.to_pylist())
    return bulk.numbers(f"{LISTED} AND {asked['where'][0]}", [scope.current(), audience, *asked["params"]])


def day_of(now: datetime) -> date:
    """The calendar day of the workspace."""
    return now.astimezone(ZoneInfo(zone_here())).date()


def today(audience: Audience, *, now: datetime) -> AudienceDay | None:
    found: AudienceDay | None = AudienceDay.objects.filter(audience=audience, day=day_of(now)).first()
    return found


def sizes(audience: Audience, *, days: int, now: datetime) -> Sequence[AudienceDay]:
    """Of the last days, the oldest first; a day on which nobody looked has none."""
    first = day_of(now) - timedelta(days=days - 1)
    return list(AudienceDay.objects.filter(audience=audience, day__gte=first).order_by("day"))


def due() -> QuerySet[Audience]:
    """Those to look at, the longest waiting first, by the wall clock as a lane does its turns. Those that follow every
    change wait for one; some time passes also where nothing happens."""
    wall, mark = clock.wall(), events.mark()
    kept: QuerySet[Audience] = Audience.objects.filter(every__isnull=False, fixed_at=None)
    waits = ExpressionWrapper(F("every") * MINUTE, output_field=DurationField())
    late = Q(looked_at=None) | Q(every__gt=0, looked_at__lt=wall - waits)
    moved = ~Q(lake_commit=mark.commit, lake_change=mark.change) & Q(looked_at__lt=wall - BREATH)
    follows = Q(every=0) & (moved | Q(looked_at__lt=wall - SLOWEST))
    return kept.filter(late | follows).order_by(F("looked_at").asc(nulls_first=True), "pk")


def people_rule(audience: Audience) -> Any:
    """The rule by which other rooms ask who is in it: of a fixed one, its list."""
    if audience.fixed_at is None:
        return audience.rule
    return {"version": 1, "where": {"type": "audience", "audience": audience.public_id}}
