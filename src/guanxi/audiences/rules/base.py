"""What every part of a rule is made of: typed values, tests of them, and limits."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

MAX_DEPTH = 10
MAX_CLAUSES = 100
MAX_TEXT = 200
MAX_VALUES = 1_000
MAX_NUMBER = 2**53  # beyond it, a number of JSON is no longer exact in every engine

AMOUNT = "amount"

Scalar = str | int | float | bool
Operator = Literal[
    "is",
    "is_not",
    "in",
    "not_in",
    "contains",
    "gt",
    "gte",
    "lt",
    "lte",
    "between",
    "is_set",
    "is_not_set",
]

ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def iso_day(value: str) -> date | None:
    """The day that `YYYY-MM-DD` names, or None when it names none."""
    if not ISO_DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _day(value: object) -> date:
    day = iso_day(value) if isinstance(value, str) else value
    if not isinstance(day, date) or not 1970 <= day.year <= 2200:
        raise PydanticCustomError("wrong_date", "a date as YYYY-MM-DD between 1970 and 2200 is needed")
    return day


def _operand(value: object) -> Scalar | tuple[Scalar, ...] | None:
    if value is None or isinstance(value, Scalar):
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, Scalar) for item in value):
        return tuple(value)
    raise PydanticCustomError("wrong_type", "a text, a number, true, false or a list of them is needed")


Day = Annotated[date, BeforeValidator(_day)]


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def absent(value: object) -> bool:
    return value is None


Operand = Annotated[
    Scalar | tuple[Scalar, ...] | None,
    PlainValidator(_operand),
    PlainSerializer(_plain),
    WithJsonSchema({"type": ["string", "number", "boolean", "array", "null"]}),
]
Key = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
Amount = Annotated[int, Field(ge=-MAX_NUMBER, le=MAX_NUMBER)]


class Part(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        serialize_by_alias=True,
        validate_by_name=True,
        validate_by_alias=True,
    )


class Test(Part):
    """`value` is one value, a list (`in`, `not_in`), a pair with both ends included (`between`) or absent (`is_set`).

    `is_not`, `not_in` and `is_not_set` are the exact opposites of `is`, `in` and `is_set`: they hold for who or what
    has no value at all. Texts are compared letter by letter, in the case they were written in.
    """

    type: str
    op: Operator
    value: Operand = Field(default=None, exclude_if=absent)


def operands(test: Test) -> tuple[Scalar, ...]:
    """The values of a test as a tuple, whatever its operator."""
    if test.value is None:
        return ()
    return test.value if isinstance(test.value, tuple) else (test.value,)
