"""How people move on the ladder."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import invalid
from guanxi.api.v1.fitting import Levels
from guanxi.api.v1.shapes import Day, In, Line, Out, chosen
from guanxi.governance.models import Unit
from guanxi.governance.queries import Permission
from guanxi.insight import queries
from guanxi.insight.queries import LadderWanted

router = Router(tags=["Insight"])
USUAL, LONGEST = 90, 731


class LadderAsked(In):
    """Whole days of the workspace's zone, both counted; the last 90 when left out."""

    first: Day | None = None
    last: Day | None = None
    unit: str | None = Field(None, max_length=40, description="The id of a unit, those below not counted.")
    source: Line = Field("", max_length=40)


class FlowOut(Out):
    level: Levels
    now: int = Field(description="How many stand on it now.")
    reached: int
    lost: int
    reached_by_day: list[int] = Field(description="From the first day to the last.")
    lost_by_day: list[int]


class ConversionOut(Out):
    """Of `of` people who came onto `from_level` at least `days` ago, `done` came onto `to_level` within them; `early`
    came too lately to tell."""

    from_level: Levels
    to_level: Levels
    days: int
    of: int
    done: int
    early: int


class TimeOut(Out):
    """Days on a level, of those who left it in this time."""

    level: Levels
    people: int
    lower_quartile: float
    median: float
    upper_quartile: float


class LadderOut(Out):
    first: date
    last: date
    came: int = Field(description="People who were new in this time.")
    members: int
    levels: list[FlowOut]
    conversions: list[ConversionOut]
    times: list[TimeOut]


@router.get("/ladder", **op(Permission.AUDIENCES_VIEW, LadderOut))
def get_ladder(request: ApiRequest, asked: Query[LadderAsked]) -> LadderOut:
    """How people move on the ladder

    Of the people whom the maker of the key sees.
    """
    last = asked.last or timezone.localdate(request.now)
    first = asked.first or last - timedelta(days=USUAL - 1)
    if not 0 <= (last - first).days < LONGEST:
        raise invalid("first", "The first day comes before the last, by two years at most.")
    unit = chosen(Unit.objects.all(), asked.unit, "unit")
    wanted = LadderWanted(first, last, unit.pk if unit else None, asked.source.strip())
    found = queries.ladder(request.staff, wanted, now=request.now)
    return LadderOut(
        first=first,
        last=last,
        came=found.came,
        members=found.members,
        levels=[
            FlowOut(
                level=each.level,  # type: ignore[arg-type]
                now=each.now,
                reached=each.reached,
                lost=each.lost,
                reached_by_day=list(each.reached_by_day),
                lost_by_day=list(each.lost_by_day),
            )
            for each in found.flows
        ],
        conversions=[
            ConversionOut(
                from_level=each.level,  # type: ignore[arg-type]
                to_level=each.aim,  # type: ignore[arg-type]
                days=each.days,
                of=each.of,
                done=each.done,
                early=each.early,
            )
            for each in found.conversions
        ],
        times=[
            TimeOut(
                level=each.level,  # type: ignore[arg-type]
                people=each.people,
                lower_quartile=round(each.lower, 3),
                median=round(each.median, 3),
                upper_quartile=round(each.upper, 3),
            )
            for each in found.times
        ],
    )
