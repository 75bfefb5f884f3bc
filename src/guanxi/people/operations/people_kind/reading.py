"""From the cells of a row to what it says of a person."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, TypeVar

from babel import Locale

from guanxi.kit import addresses, cells
from guanxi.people.models import IdentityKind
from guanxi.people.port import ImportContext, Ready, Rejected, Row
from guanxi.people.rules import canonical
from guanxi.people.rules.kinds import BUILT_IN, ID_LIMIT, BadId, Kind, read_id
from guanxi.people.rules.tags import BadName, folded, split_names, tag_name

TRAIT = "trait:"
IDENTITIES = tuple(kind.value for kind in IdentityKind)
LIMITS = {"name": 120, "customer_number": 120, "owner": 254, "unit": 120, "email": 254, "phone": 60, "tags": 1_000}
TRAIT_LIMIT = 200
T = TypeVar("T")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,6})?")
_NOT_THAT = {"number": "not_a_number", "date": "not_a_date", "yes_no": "not_yes_or_no", "choice": "not_a_choice"}


@dataclass(frozen=True, slots=True)
class ReadId:
    kind: Kind
    value: str
    within: str = ""


@dataclass(frozen=True, slots=True)
class ReadyPerson:
    row_no: int
    keys: tuple[tuple[str, str], ...]
    """What no other row of the file has, too: (field, normalised value)."""
    ids: tuple[ReadId, ...]
    name: str
    owner: str
    unit: str
    language: str
    country: str
    created_at: datetime | None
    consent: bool | None
    member: bool | None
    member_since: datetime | None
    traits: tuple[tuple[str, str], ...]
    tags: tuple[tuple[str, str], ...] = ()
    """(group or "", tag)"""
    role: str = ""

    @property
    def email(self) -> str:
        return next((one.value for one in self.ids if one.kind.key == IdentityKind.EMAIL), "")


class _Bad(Exception):
    def __init__(self, reason: str, **detail: str | int) -> None:
        self.reason, self.detail = reason, detail


def read_rows(rows: Sequence[Row], context: ImportContext) -> list[Ready | Rejected]:
    return [_read(row, context) for row in rows]


def _read(row: Row, context: ImportContext) -> ReadyPerson | Rejected:
    try:
        return _person(row, context)
    except _Bad as bad:
        return Rejected(row.row_no, bad.reason, bad.detail)


def _person(row: Row, context: ImportContext) -> ReadyPerson:
    given = {field: cells.seen(text) for field, text in row.cells.items()}
    for field, text in given.items():
        _check_text(field, text)
    keys = tuple((kind, value) for kind in IDENTITIES if (value := _identity(kind, given.get(kind, ""), context)))
    ids = [ReadId(BUILT_IN[kind], value) for kind, value in keys]
    for field, column in context.ids.items():
        if text := given.get(field, ""):
            ids.append(ReadId(column.kind, _other_id(field, text, column.kind, context), column.within))
            keys += ((field, ids[-1].value),) if column.kind.proves else ()
    if not keys:  # by what a household shares only a row without proofs is found
        keys = tuple((one.kind.key, one.value) for one in ids)
    if not ids:
        raise _Bad("nobody")
    return ReadyPerson(
        row_no=row.row_no,
        keys=keys,
        ids=tuple(ids),
        name=" ".join(given.get("name", "").split()),
        owner=given.get("owner", "").casefold(),
        unit=given.get("unit", "").casefold(),
        language=_read_cell("language", given, language, "unknown_language") or "",
        country=_read_cell("country", given, country, "unknown_country") or "",
        created_at=_read_cell("created", given, lambda text: cells.moment(text, context.timezone), "not_a_date"),
        consent=_consent(given, context),
        **_member(given, context),
        traits=_traits(given, context),
        tags=_tags(given.get("tags", "")),
        role=_role(given.get("role", "")),
    )


def _check_text(field: str, text: str) -> None:
    limit = TRAIT_LIMIT if field.startswith(TRAIT) else LIMITS.get(field, TRAIT_LIMIT)
    if len(text) > limit:
        raise _Bad("too_long", field=field, limit=limit)
    if cells.has_control(text):
        raise _Bad("control_character", field=field)


def _identity(kind: str, text: str, context: ImportContext) -> str:
    if not text:
        return ""
    try:
        match kind:
            case IdentityKind.EMAIL:
                return addresses.email(text)
            case IdentityKind.PHONE:
                return addresses.phone(text, context.country)
            case _:
                return cells.plain(text)
    except addresses.BadAddress:
        raise _Bad(f"bad_{kind}", field=kind, value=text) from None


def _other_id(field: str, text: str, kind: Kind, context: ImportContext) -> str:
    try:
        return read_id(kind.key, text, context.country)
    except BadId as bad:
        if bad.reason == "too_long":
            raise _Bad("too_long", field=field, limit=ID_LIMIT) from None
        raise _Bad(bad.reason, field=field, value=text) from None


def _read_cell(field: str, given: Mapping[str, str], read: Callable[[str], T], reason: str) -> T | None:
    if not (text := given.get(field, "")):
        return None
    try:
        return read(text)
    except cells.BadCell:
        raise _Bad(reason, field=field, value=text) from None


def _consent(given: Mapping[str, str], context: ImportContext) -> bool | None:
    match context.options.get("consent"):
        case "column":
            return _read_cell("consent", given, cells.yes_no, "not_yes_or_no")
        case "statement":
            return True
        case _:
            return None


def _member(given: Mapping[str, str], context: ImportContext) -> dict[str, Any]:
    """A day says yes."""
    said = _read_cell("member", given, cells.yes_no, "not_yes_or_no")
    since = _read_cell("member_since", given, lambda text: cells.moment(text, context.timezone), "not_a_date")
    if since is not None and since > context.now:
        raise _Bad("in_the_future", field="member_since", value=given["member_since"])
    if said is False and since is not None:
        raise _Bad("member_and_not")
    return {"member": True if since is not None else said, "member_since": since}


def _traits(given: Mapping[str, str], context: ImportContext) -> tuple[tuple[str, str], ...]:
    read = []
    for key, kind in context.traits.items():
        field, choices = TRAIT + key, context.choices.get(key, ())
        value = _read_cell(field, given, partial(canonical, kind=kind, choices=choices), _NOT_THAT.get(kind, ""))
        if value is not None:
            read.append((key, value))
    return tuple(read)


def _tags(cell: str) -> tuple[tuple[str, str], ...]:
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for one in split_names(cell):
        group, mark, name = one.partition(":")
        try:
            named = (tag_name(group), tag_name(name)) if mark else ("", tag_name(one))
        except BadName:
            raise _Bad("bad_tag", value=one[:TRAIT_LIMIT]) from None
        found.setdefault((folded(named[0]), folded(named[1])), named)
    return tuple(found.values())


ROLES = {
    "employee": "employee",
    "staff": "employee",
    "员工": "employee",
    "직원": "employee",
    "leader": "leader",
    "opinion leader": "leader",
    "opinion_leader": "leader",
    "kol": "leader",
    "koc": "leader",
    "意见领袖": "leader",
    "达人": "leader",
    "오피니언 리더": "leader",
    "인플루언서": "leader",
    "consumer": "consumer",
    "普通用户": "consumer",
    "消费者": "consumer",
    "普通消费者": "consumer",
    "소비자": "consumer",
    "일반 소비자": "consumer",
}


def _role(text: str) -> str:
    if not text:
        return ""
    try:
        return ROLES[" ".join(text.casefold().split())]
    except KeyError:
        raise _Bad("bad_role", value=text) from None


@lru_cache(maxsize=4096)
def country(text: str) -> str:
    """ISO 3166, two letters, from the code or from the name in one of our languages."""
    code = cells.plain(text).upper()
    if code in _names("territories").values():
        return code
    try:
        return _names("territories")[code.casefold()]
    except KeyError:
        raise cells.BadCell(text) from None


@lru_cache(maxsize=4096)
def language(text: str) -> str:
    value = cells.plain(text).casefold().replace("_", "-")
    if found := _names("languages").get(value):
        return found.lower()
    if not _LANGUAGE.fullmatch(value):
        raise cells.BadCell(text)
    return value


@lru_cache(maxsize=2)
def _names(table: str) -> dict[str, str]:
    """Folded name → code."""
    found: dict[str, str] = {}
    for locale in ("en", "zh_Hans", "ko"):
        for code, name in getattr(Locale.parse(locale), table).items():
            if code.isalpha() and (table == "languages" or len(code) == 2):
                found.setdefault(name.casefold(), code)
    return found
