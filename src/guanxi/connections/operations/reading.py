"""Cells of imported ties: whom they are about, on which account, since when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.channels import operations as channels
from guanxi.channels.models import Account
from guanxi.kit import addresses, bulk, cells
from guanxi.people import queries as people
from guanxi.people.models import Identity
from guanxi.people.port import Choice, ImportContext, ImportField, ImportOption, Objection, Ready, Rejected, Row, Text

Who = tuple[str, str, str]
"""Kind, normalised value, and the corp that gave it."""

WHO_FIELDS = (
    ImportField(
        "customer_number",
        _("Customer number"),
        synonyms=("customer", "customer_id", "member_id", "客户号", "客户编号", "고객번호"),
        example="850",
    ),
    ImportField("email", _("E-mail"), synonyms=("e-mail", "mail", "邮箱", "电子邮箱", "이메일")),
    ImportField("phone", _("Phone"), synonyms=("mobile", "手机", "手机号", "电话", "전화번호", "휴대폰")),
    ImportField("wecom", _("WeCom id of the person"), synonyms=("external_userid", "外部联系人id", "위컴 고객 아이디")),
    ImportField("corp", _("WeCom corp"), synonyms=("corp_id", "corpid", "企业id", "기업 아이디")),
)
ACCOUNT_FIELD = ImportField(
    "account",
    _("Account"),
    required=True,
    synonyms=("channel", "channel_account", "账号", "渠道账号", "계정"),
    example="Lumen on WeCom",
    help=_("By its name, as under Channels."),
)
SINCE_FIELD = ImportField(
    "since",
    pgettext_lazy("column", "Since"),
    required=True,
    synonyms=("added_at", "createtime", "date", "time", "添加时间", "关注时间", "추가일시", "팔로우일시"),
    example="2026-03-14 09:00",
)
ENDED_FIELD = ImportField(
    "ended_at",
    _("Ended at"),
    synonyms=("deleted_at", "until", "removed_at", "结束时间", "删除时间", "종료일시"),
    help=_("Empty: at the time of its beginning."),
)
UNKNOWN_ACCOUNT = ImportOption(
    "unknown_account",
    _("When an account is not known yet"),
    (
        Choice("create", _("Note it as an account of which only ties are kept")),
        Choice("reject", _("Reject the row")),
    ),
    "create",
)
MESSAGES: Mapping[str, Text] = {
    "who_missing": _("Choose a column for the person: customer number, e-mail, phone or WeCom id."),
    "no_person": _("The row has no id of the person."),
    "unknown_account": _("There is no account called %(value)s."),
    "unknown_advisor": _("Nobody of the staff signs in with %(value)s."),
    "unknown_state": _("%(value)s is not a state. Use: %(known)s."),
    "state_missing": _("%(other)s has a time, but %(field)s is empty. Write how it ended: %(known)s."),
    "has_not_ended": _("%(field)s says “%(value)s”, but %(other)s has a time. Correct one of the two."),
    "ends_too_early": _("%(field)s lies before %(other)s: %(value)s."),
    "end_missing": _("%(field)s says “%(value)s”, but %(other)s is empty. Write when they went."),
    "unknown_source": _("%(value)s is not a source that is known."),
    "oneself": _("This person is the advisor themselves."),
    "person_and_staff": _("The row names a person and a member of staff. Give each a row of their own."),
    "invited_by_themselves": _("Nobody invites themselves."),
    "bringer_missing": _("Choose a column for who brought them: customer number, e-mail, phone or WeCom id."),
    "brought_themselves": _("Nobody brings themselves."),
    "cycle": _("They brought, over others, whoever is said to have brought them."),
}
RECORDED = "elsewhere"
"""The kind of an account that a file names and nobody connected."""


class Unfit(ValueError):
    def __init__(self, reason: str, **detail: str | int) -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


def who_objections(columns: Mapping[str, str]) -> list[Objection]:
    named = {field.key for field in WHO_FIELDS} - {"corp"}
    return [] if named & set(columns.values()) else [Objection("who_missing")]


def read(rows: Sequence[Row], understand: Callable[[Row], Any]) -> list[Ready | Rejected]:
    """One answer a row: what `understand` makes of it, or the reason that it gives."""
    return [_answer(row, understand) for row in rows]


def _answer(row: Row, understand: Callable[[Row], Any]) -> Any:
    try:
        return understand(row)
    except Unfit as bad:
        return Rejected(row.row_no, bad.reason, bad.detail)


def text(row: Row, field: str, limit: int, *, required: bool = False) -> str:
    value = cells.seen(row.cells.get(field, ""))
    if len(value) > limit:
        raise Unfit("too_long", field=field, limit=limit)
    if cells.has_control(value):
        raise Unfit("control_character", field=field)
    if required and not value:
        raise Unfit("required", field=field)
    return value


def word(row: Row, field: str, known: type[models.TextChoices], numbers: Mapping[int, str] | None = None) -> str:
    """One of the known words, by its value or as it is shown, or WeCom's number of it; a new number says nothing."""
    value = text(row, field, 40)
    if numbers is not None and value.isdecimal() and len(value) < 6:
        return numbers.get(int(value), "")
    by_name = {"": "", **names_of(known)}
    if value.casefold() not in by_name:
        raise Unfit("unknown_source", value=value)
    return by_name[value.casefold()]


@cache
def names_of(known: type[models.TextChoices]) -> Mapping[str, str]:
    """Folded, the values and what the console calls them in any language → value."""
    shown = {name.casefold(): value for value, label in known.choices for name in people.every_language(label)}
    return shown | {value: value for value in known.values}


def instant(row: Row, field: str, context: ImportContext) -> datetime | None:
    value = text(row, field, 60)
    if not value:
        return None
    try:
        found = cells.moment(value, context.timezone)
    except cells.BadCell as error:
        raise Unfit("not_a_date", field=field, value=value) from error
    if found > context.now + timedelta(minutes=10):
        raise Unfit("in_the_future", field=field, value=value)
    return found


def began(row: Row, context: ImportContext) -> datetime:
    found = instant(row, "since", context)
    if found is None:
        raise Unfit("required", field="since")
    return found


def in_order(row: Row, since: datetime | None, until: datetime | None) -> None:
    """Raises Unfit when a tie ends before it begins."""
    if since is not None and until is not None and until < since:
        raise Unfit("ends_too_early", field="ended_at", other="since", value=text(row, "ended_at", 60))


def who(row: Row, context: ImportContext, *, prefix: str = "") -> tuple[Who, ...]:
    """`prefix` begins the fields that name somebody else of the row."""
    corp = text(row, "corp", 64)
    given = [(field.key, text(row, prefix + field.key, 254)) for field in WHO_FIELDS if field.key != "corp"]
    found = tuple(one for kind, value in given if value and (one := _normal(kind, value, corp, context)))
    if not found:
        raise Unfit("no_person")
    return found


def _normal(kind: str, value: str, corp: str, context: ImportContext) -> Who | None:
    try:
        match kind:
            case "email":
                return kind, addresses.email(value), ""
            case "phone":
                return kind, addresses.phone(value, context.country), ""
            case "wecom":
                return (kind, value, corp) if corp else None
            case _:
                return kind, cells.plain(value), ""
    except addresses.BadAddress:
        return None


def find_people(wanted: Iterable[Who]) -> dict[Who, int]:
    """Those whom an id leads to, as who they are by now: one that is shared by many leads to nobody."""
    by_key = {people.identity_key(kind, value, within): (kind, value, within) for kind, value, within in set(wanted)}
    rows = Identity.objects.filter(shared_at=None, person__erased_at=None).extra(
        **bulk.any_of("lookup", [key for _kind, key in by_key])
    )
    found: dict[Who, int] = {}
    for kind, lookup, person, into in rows.values_list("kind", "lookup", "person", "person__merged_into"):
        if (kind, bytes(lookup)) in by_key:
            found[by_key[kind, bytes(lookup)]] = into or person
    return found


def first_known(ids: Sequence[Who], persons: Mapping[Who, int]) -> int | None:
    return next((persons[one] for one in ids if one in persons), None)


def nobody(row_no: int, ids: Sequence[Who], reason: str = "unknown_person") -> Rejected:
    kind, value, _within = ids[0]
    return Rejected(row_no, reason, {"field": kind, "value": value})


def accounts(context: ImportContext) -> dict[str, int]:
    """By folded name; the one that was connected first."""
    known: dict[str, int] = {}
    for pk, name in Account.objects.order_by("-is_active", "pk").values_list("pk", "name"):
        known.setdefault(name.casefold(), pk)
    return known


def add_accounts(names: Iterable[str], context: ImportContext) -> dict[str, int]:
    """As the file wrote each of them first."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(name.casefold(), name)
    return {
        folded: channels.record_account(kind=RECORDED, name=name, now=context.now).pk for folded, name in first.items()
    }
