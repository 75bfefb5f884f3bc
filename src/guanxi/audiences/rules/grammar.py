"""The rule language, version 1. A new kind of clause, condition, measure or window is a new `type`."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

VERSION = 1

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


def _version(value: object) -> object:
    if type(value) is not int or value != VERSION:
        raise PydanticCustomError("unknown_version", f"version {VERSION} is needed")
    return value


Version = Annotated[Literal[1], BeforeValidator(_version)]
Day = Annotated[date, BeforeValidator(_day)]


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _absent(value: object) -> bool:
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
    value: Operand = Field(default=None, exclude_if=_absent)


# Windows


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
    most: int | None = Field(default=None, ge=0, le=3650, exclude_if=_absent)

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


# Which events


class PropCondition(Test):
    type: Literal["prop"] = "prop"
    prop: Key


class AmountCondition(Test):
    """Minor units of the workspace's currency."""

    type: Literal["amount"] = "amount"


Condition = Annotated[PropCondition | AmountCondition, Field(discriminator="type")]


# How many of them


class Bound(Part):
    """Over no event at all, every measure is 0: `at_most` and `exactly: 0` hold for people who never did it."""

    type: str
    at_least: Amount | None = Field(default=None, exclude_if=_absent)
    at_most: Amount | None = Field(default=None, exclude_if=_absent)
    exactly: Amount | None = Field(default=None, exclude_if=_absent)

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


# Clauses


class TraitClause(Test):
    type: Literal["trait"] = "trait"
    trait: Key


class Level(Part):
    type: Literal["level"] = "level"
    levels: tuple[Literal["visitor", "interactor", "fan", "friend", "customer"], ...] = Field(min_length=1)


class Role(Part):
    """Somebody who is nothing else is a consumer."""

    type: Literal["role"] = "role"
    roles: tuple[Literal["employee", "leader", "consumer"], ...] = Field(min_length=1)


class Member(Part):
    type: Literal["member"] = "member"


class Strength(Part):
    """How close somebody is to the brand at the moment."""

    type: Literal["strength"] = "strength"
    bands: tuple[Literal["weak", "neutral", "strong"], ...] = Field(min_length=1)


class Tagged(Part):
    """Who carries one of these tags, by their public ids."""

    type: Literal["tag"] = "tag"
    tags: tuple[Key, ...] = Field(min_length=1)


class Tie(Part):
    """Friends of staff, followers of accounts, people in group chats, and those whom somebody brought.

    `of` are public ids: advisors and units of `friend`, accounts of `follow`, groups of `group`; empty: any. `ended` is
    a tie that was and is no more.
    """

    type: Literal["tie"] = "tie"
    kind: Literal["friend", "follow", "group", "referral"]
    of: tuple[Key, ...] = ()
    state: Literal["active", "ended"] = "active"


class Agreed(Part):
    """What the ledger says of the address that a message would go to: yes, no, or nothing at all (`none`, also without
    an address)."""

    type: Literal["consent"] = "consent"
    channel: Key
    purpose: Literal["marketing", "transactional"] = "marketing"
    state: Literal["given", "withdrawn", "none"] = "given"


class Reachable(Part):
    """A message of this purpose would go to them now, but for limits and control groups: there is an address that is on
    no list, and what the purpose asks for was agreed to."""

    type: Literal["reachable"] = "reachable"
    channel: Key
    purpose: Literal["marketing", "transactional"] = "marketing"


class Did(Part):
    """Events of one name, all of `where`, inside `within`; every measure of `having`, or at least one event."""

    type: Literal["did"] = "did"
    event: Key
    where: tuple[Condition, ...] = ()
    having: tuple[Measure, ...] = ()
    within: Window = Ever()


class DidNot(Part):
    type: Literal["did_not"] = "did_not"
    event: Key
    where: tuple[Condition, ...] = ()
    within: Window = Ever()


class Step(Part):
    event: Key
    where: tuple[Condition, ...] = ()


class Gap(Part):
    """Time that passes by the clock: a day is 24 hours."""

    unit: Literal["minutes", "hours", "days"]
    number: int = Field(ge=1, le=10_000)

    @property
    def microseconds(self) -> int:
        return self.number * {"minutes": 60, "hours": 3_600, "days": 86_400}[self.unit] * 1_000_000


class Then(Part):
    """`first` inside `within`, and `next` later than it by at most `gap`.

    `then_not`: such a `first` after which no `next` came; one whose `gap` has not passed yet says nothing.
    """

    type: Literal["then", "then_not"]
    first: Step
    next: Step
    gap: Gap
    within: Window = Ever()

    def steps(self) -> list[tuple[str, Step]]:
        return [("first", self.first), ("next", self.next)]


class Top(Part):
    """The first `percent` of the people who have such events, by `by`; of equals, those who came first to us.

    One person at least. Who has no value (money in other currencies only) is not counted among them.
    """

    type: Literal["top", "bottom"]
    percent: int = Field(ge=1, le=99)
    by: Literal["count", "sum", "days"]
    event: Key
    where: tuple[Condition, ...] = ()
    within: Window = Ever()


class Share(Part):
    """So many of a hundred people, by chance but always the same ones. The same `seed` cuts everybody the same way:
    the shares 0-10 and 10-20 of one seed have nobody in common."""

    type: Literal["share"] = "share"
    percent: int = Field(ge=1, le=99)
    skip: int = Field(default=0, ge=0, le=99)
    seed: str = Field(default="", max_length=40)

    @model_validator(mode="after")
    def _in_a_hundred(self) -> Self:
        if self.skip + self.percent > 100:
            raise PydanticCustomError("wrong_bound", "skip and percent are at most 100 together")
        return self


class InAudience(Part):
    """Everybody who fits the rule of another audience."""

    type: Literal["audience"] = "audience"
    audience: Key


class Inlined(Part):
    """An `InAudience` with the rule that it stands for. Made by `resolved`, never read from JSON."""

    type: Literal["audience"] = "audience"
    audience: Key
    clause: "Clause"


class All(Part):
    type: Literal["all"] = "all"
    clauses: tuple["Clause", ...] = Field(alias="all", min_length=1)


class Any(Part):
    type: Literal["any"] = "any"
    clauses: tuple["Clause", ...] = Field(alias="any", min_length=1)


class Not(Part):
    type: Literal["not"] = "not"
    clause: "Clause" = Field(alias="not")


Clause = Annotated[
    TraitClause
    | Level
    | Role
    | Member
    | Strength
    | Tagged
    | Tie
    | Agreed
    | Reachable
    | Did
    | DidNot
    | Then
    | Top
    | Share
    | InAudience
    | All
    | Any
    | Not,
    Field(discriminator="type"),
]


class Rule(Part):
    """`model_dump_json()` is the canonical text: two rules that say the same words are equal letter by letter."""

    version: Version
    where: Clause


def clauses_of(rule: Rule) -> Iterator[tuple[str, int, "Clause"]]:
    """Every clause with its path and depth (the first is at depth 1), in the order of reading."""
    waiting: list[tuple[str, int, Clause]] = [("where", 1, rule.where)]
    while waiting:
        path, depth, clause = waiting.pop()
        yield path, depth, clause
        waiting += [(under, depth + 1, inner) for under, inner in reversed(children(path, clause))]


def children(path: str, clause: "Clause | Inlined") -> list[tuple[str, "Clause"]]:
    match clause:
        case All() | Any():
            return [(f"{path}.{clause.type}[{at}]", inner) for at, inner in enumerate(clause.clauses)]
        case Not():
            return [(f"{path}.not", clause.clause)]
        case Inlined():
            return [(f"{path}.rule", clause.clause)]
        case _:
            return []


def name_of(key: str) -> str:
    """`city` of `trait:city`."""
    return key.partition(":")[2]


def operands(test: Test) -> tuple[Scalar, ...]:
    """The values of a test as a tuple, whatever its operator."""
    if test.value is None:
        return ()
    return test.value if isinstance(test.value, tuple) else (test.value,)


def bounds(measure: Bound) -> list[tuple[str, int]]:
    """The bounds that are set, by name."""
    named = [("at_least", measure.at_least), ("at_most", measure.at_most), ("exactly", measure.exactly)]
    return [(name, number) for name, number in named if number is not None]
