"""The filter of a list of people, as the list, changes of many and saved views take it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from guanxi.api.problems import invalid
from guanxi.api.v1.shapes import Day, In, Line, chosen
from guanxi.governance.models import Staff, Unit
from guanxi.kit.cells import BadCell
from guanxi.people.models import Field as Kept
from guanxi.people.models import Level, Role, TraitKind
from guanxi.people.queries import NONE, ORDERS, TraitWanted, Wanted, tags_for, trait_wanted

Levels = Literal["visitor", "interactor", "fan", "friend", "customer"]
Proven = Literal["interactor", "fan", "friend", "customer"]
Roles = Literal["employee", "leader", "consumer"]
Sorts = Literal["name", "name_back", "newest", "oldest", "seen", "unseen", "close"]
Has = Literal["yes", "no"]
TagId = Annotated[str, Field(pattern=r"^tag_[0-9a-hjkmnp-tv-z]{26}$", max_length=30)]
RANGE = ".."
assert set(Levels.__args__) == set(Level.values)  # type: ignore[attr-defined]
assert set(Roles.__args__) == set(Role.values)  # type: ignore[attr-defined]
assert set(Sorts.__args__) == set(ORDERS)  # type: ignore[attr-defined]


class Fitting(In):
    """Everyone who fits and whom the maker of the key sees. Days are whole days of the workspace's zone."""

    search: str = Field("", max_length=254, description="A name, or a whole e-mail address, phone or customer number.")
    level: Levels | None = Field(None, description="Where they stand now.")
    owner: str | None = Field(None, max_length=40, description="The id of a member of staff, or none.")
    unit: str | None = Field(None, max_length=40, description="The id of a unit, those below not counted; or none.")
    source: Line = Field("", max_length=40, description="By which way they came: import, staff, api, intake …")
    added_from: Day | None = None
    added_to: Day | None = None
    seen_from: Day | None = None
    seen_to: Day | None = None
    email: Has | None = Field(None, description="Whether an e-mail address is known.")
    phone: Has | None = None
    role: Roles | None = None
    strength: Literal["strong", "neutral", "weak"] | None = Field(None, description="With the brand, at this moment.")
    member: Has | None = None
    reached: Proven | None = Field(None, description="Came onto this level; with days, in those.")
    reached_from: Day | None = None
    reached_to: Day | None = None
    lost: Proven | None = Field(None, description="Lost this level, on these days.")
    lost_from: Day | None = None
    lost_to: Day | None = None
    tags_any: list[TagId] = Field([], max_length=50, description="Ids of tags: whoever carries one of them.")
    tags_all: list[TagId] = Field([], max_length=50, description="Whoever carries them all.")
    tags_none: list[TagId] = Field([], max_length=50, description="Whoever carries none of them.")
    trait: list[Annotated[Line, Field(max_length=260)]] = Field(
        [],
        max_length=10,
        description="`city:上海`, `vip:yes`, `points:100..500`, `born:1990-01-01..`; all must fit.",
    )


def wanted(asked: Fitting, staff: Staff, *, sort: str = "name", inside: str = "") -> Wanted:
    """`inside` names the field in problems. Raises the problem for an id, a field or a value that is not there."""
    return Wanted(
        search=asked.search,
        level=asked.level or "",
        owner=_place(Staff.objects.all(), asked.owner, f"{inside}owner"),
        unit=_place(Unit.objects.all(), asked.unit, f"{inside}unit"),
        source=asked.source.strip(),
        added_from=asked.added_from,
        added_to=asked.added_to,
        seen_from=asked.seen_from,
        seen_to=asked.seen_to,
        email=_has(asked.email),
        phone=_has(asked.phone),
        traits=traits(asked.trait, f"{inside}trait"),
        role=asked.role or "",
        strength=asked.strength or "",
        member=_has(asked.member),
        reached=asked.reached or "",
        reached_from=asked.reached_from,
        reached_to=asked.reached_to,
        lost=asked.lost or "",
        lost_from=asked.lost_from,
        lost_to=asked.lost_to,
        tags_any=tags(asked.tags_any, staff, f"{inside}tags_any"),
        tags_all=tags(asked.tags_all, staff, f"{inside}tags_all"),
        tags_none=tags(asked.tags_none, staff, f"{inside}tags_none"),
        sort=sort,
    )


def tags(ids: Sequence[str], staff: Staff | None, name: str) -> tuple[int, ...]:
    if not ids:
        return ()
    found = dict(tags_for(staff).filter(public_id__in=ids).values_list("public_id", "pk"))
    if missing := next((one for one in ids if one not in found), None):
        raise invalid(name, f"There is no tag {missing}.", "unknown_id")
    return tuple(found[one] for one in ids)


def _place(rows: Any, public_id: str | None, field: str) -> int | Literal["none"] | None:
    if public_id == NONE:
        return NONE
    row = chosen(rows, public_id, field)
    return row.pk if row else None


def _has(said: Has | None) -> bool | None:
    return None if said is None else said == "yes"


def traits(lines: Sequence[str], name: str) -> tuple[TraitWanted, ...]:
    parts = [line.partition(":") for line in lines]
    known = {one.key: one for one in Kept.objects.filter(key__in=[key for key, _mark, _text in parts])}
    return tuple(_trait(known.get(key), text, name) for key, _mark, text in parts)


def _trait(field: Kept | None, text: str, name: str) -> TraitWanted:
    if field is None:
        raise invalid(name, "There is no field with this key. Write key:value.", "unknown_field")
    try:
        asked = trait_wanted(field.pk, field.kind, **_bounds(text, field.kind))
    except BadCell:
        raise invalid(name, f"This is not a {field.kind}, nor a range of two.", "wrong_kind") from None
    if not (asked.value or asked.least or asked.most):
        raise invalid(name, "Write key:value, or key:from..to for a number or a date.", "missing")
    return asked


def _bounds(text: str, kind: str) -> dict[str, str]:
    if kind in (TraitKind.NUMBER, TraitKind.DATE) and RANGE in text:
        least, _dots, most = text.partition(RANGE)
        return {"least": least, "most": most}
    return {"value": text}


def as_parts(lines: Sequence[str]) -> dict[str, str]:
    """As the address of the console's list says it. Raises the problem for what is no filter."""
    parts: dict[str, str] = {}
    for line, asked in zip(lines, traits(lines, "filter.trait"), strict=True):
        key = line.partition(":")[0]
        said = {f"trait:{key}": asked.value, f"least:{key}": asked.least, f"most:{key}": asked.most}
        parts |= {name: value for name, value in said.items() if value}
    return parts


def as_lines(parts: Mapping[str, str]) -> list[str]:
    """The other way round."""
    exact = [f"{name[6:]}:{value}" for name, value in parts.items() if name.startswith("trait:") and value]
    ranged = dict.fromkeys(name.partition(":")[2] for name in parts if name.startswith(("least:", "most:")))
    ends = [(key, parts.get(f"least:{key}", ""), parts.get(f"most:{key}", "")) for key in ranged]
    return exact + [f"{key}:{least}{RANGE}{most}" for key, least, most in ends if least or most]
