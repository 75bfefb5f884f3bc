"""The rule language, version 1. A new kind of clause, condition, measure or window is a new `type`."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self, get_args

from pydantic import BeforeValidator, Field, SkipValidation, model_validator
from pydantic_core import PydanticCustomError

from guanxi.audiences.rules.base import Key, Part, Test
from guanxi.audiences.rules.measures import Condition, Measure
from guanxi.audiences.rules.spans import Ever, Falls, Window

VERSION = 1


def _version(value: object) -> object:
    if type(value) is not int or value != VERSION:
        raise PydanticCustomError("unknown_version", f"version {VERSION} is needed")
    return value


Version = Annotated[Literal[1], BeforeValidator(_version)]


class TraitClause(Test):
    type: Literal["trait"] = "trait"
    trait: Key


def _nobody(of: object) -> bool:
    return of == ()


class Yearly(Part):
    """Of whom a day is kept that comes round every year, such as a birthday, and when it does."""

    type: Literal["yearly"] = "yearly"
    trait: Key
    falls: Falls


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
    """How close somebody is at the moment: to the brand, or to the closest of the advisors, and those of the units,
    whose public ids are in `of`. Who never had anything to do with them is weak."""

    type: Literal["strength"] = "strength"
    bands: tuple[Literal["weak", "neutral", "strong"], ...] = Field(min_length=1)
    of: tuple[Key, ...] = Field(default=(), exclude_if=_nobody)


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
    """An `InAudience` with the rule that it stands for, which may be another `Inlined`. Made by `resolved` of clauses
    that were read already, never from JSON."""

    type: Literal["audience"] = "audience"
    audience: Key
    clause: SkipValidation["Clause"]


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
    | Yearly
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


TYPES: tuple[str, ...] = tuple(
    kind for clause in get_args(get_args(Clause)[0]) for kind in get_args(clause.model_fields["type"].annotation)
)


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
