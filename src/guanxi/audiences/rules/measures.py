"""Which events of a name count, and how many of them, how much, when."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from guanxi.audiences.rules.base import AMOUNT, Amount, Key, Part, Test, absent
from guanxi.audiences.rules.spans import Window


class PropCondition(Test):
    type: Literal["prop"] = "prop"
    prop: Key


class AmountCondition(Test):
    """Minor units of the workspace's currency."""

    type: Literal["amount"] = "amount"


Condition = Annotated[PropCondition | AmountCondition, Field(discriminator="type")]


class Bound(Part):
    """Over no event at all, every measure is 0: `at_most` and `exactly: 0` hold for people who never did it."""

    type: str
    at_least: Amount | None = Field(default=None, exclude_if=absent)
    at_most: Amount | None = Field(default=None, exclude_if=absent)
    exactly: Amount | None = Field(default=None, exclude_if=absent)

    @model_validator(mode="after")
    def _one_sense(self) -> Self:
        low, high, same = self.at_least, self.at_most, self.exactly
        if low is None and high is None and same is None:
            raise PydanticCustomError("missing_bound", "at_least, at_most or exactly is needed")
        if same is not None and (low is not None or high is not None):
            raise PydanticCustomError("wrong_bound", "exactly stands alone")
        if low is not None and high is not None and low > high:
            raise PydanticCustomError("wrong_order", "at_least is greater than at_most")
        return self


class Count(Bound):
    type: Literal["count"] = "count"


class Sum(Bound):
    """The sum of the events' amounts, in minor units of the workspace's currency, or of a property that is a number,
    each rounded to thousandths."""

    type: Literal["sum"] = "sum"
    of: Key = AMOUNT


class Days(Bound):
    """On how many different calendar days of the workspace."""

    type: Literal["days"] = "days"


class Of(Test):
    """A test of one value of all of them; `of` is a property, or the amount. Over no event there is no value."""

    of: Key


class Min(Of):
    type: Literal["min"] = "min"


class Max(Of):
    type: Literal["max"] = "max"


class Last(Of):
    """The value of the latest event that has one; of those of one instant, the greatest."""

    type: Literal["last"] = "last"


class FirstTime(Part):
    """The first of the events that are counted falls into this window."""

    type: Literal["first_time"] = "first_time"
    within: Window


class LastTime(Part):
    type: Literal["last_time"] = "last_time"
    within: Window


Measure = Annotated[Count | Sum | Days | Min | Max | Last | FirstTime | LastTime, Field(discriminator="type")]


def bounds(measure: Bound) -> list[tuple[str, int]]:
    """The bounds that are set, by name."""
    named = [("at_least", measure.at_least), ("at_most", measure.at_most), ("exactly", measure.exactly)]
    return [(name, number) for name, number in named if number is not None]
