"""When: stretches of calendar days of the workspace, and days that come round every year."""

from calendar import monthrange
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from guanxi.audiences.rules.base import Day, Part, absent


class Ever(Part):
    type: Literal["ever"] = "ever"


class LastDays(Part):
    """The `days` calendar days of the workspace that end with today, today included."""

    type: Literal["last_days"] = "last_days"
    days: int = Field(ge=1, le=3650)


class Since(Part):
    type: Literal["since"] = "since"
    date: Day


class Between(Part):
    """Both days are included."""

    type: Literal["between"] = "between"
    first: Day
    last: Day

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first > self.last:
            raise PydanticCustomError("wrong_order", "the first day comes after the last")
        return self


class DaysAgo(Part):
    """Calendar days of the workspace counted back from today, which is 0; both ends included, without `most` all
    before."""

    type: Literal["days_ago"] = "days_ago"
    least: int = Field(ge=0, le=3650)
    most: int | None = Field(default=None, ge=0, le=3650, exclude_if=absent)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.most is not None and self.least > self.most:
            raise PydanticCustomError("wrong_order", "least is greater than most")
        return self


class Before(Part):
    """The day itself is not included."""

    type: Literal["before"] = "before"
    date: Day


Window = Annotated[Ever | LastDays | Since | Between | DaysAgo | Before, Field(discriminator="type")]


# Days that come round every year

LEAP_YEAR = 2000


class InMonth(Part):
    """A month of the calendar, or one day of it, as it was written down: 29 February is a day of February alone."""

    type: Literal["month"] = "month"
    month: int = Field(ge=1, le=12)
    day: int | None = Field(default=None, ge=1, le=31, exclude_if=absent)

    @model_validator(mode="after")
    def _on_the_calendar(self) -> Self:
        if self.day is not None and self.day > monthrange(LEAP_YEAR, self.month)[1]:
            raise PydanticCustomError("no_such_day", "the month has no such day")
        return self


class MonthsAhead(Part):
    """The calendar month that comes so many months after that of today in the workspace: 0 is this one, 1 the next."""

    type: Literal["months_ahead"] = "months_ahead"
    months: int = Field(ge=0, le=11)


class NextDays(Part):
    """The `days` calendar days of the workspace that begin with today, today included. In a year without 29 February,
    what is kept of that day comes round on the 28th."""

    type: Literal["next_days"] = "next_days"
    days: int = Field(ge=1, le=366)


Falls = Annotated[InMonth | MonthsAhead | NextDays, Field(discriminator="type")]
