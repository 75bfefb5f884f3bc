"""Whom a row of a file is about: any of the ids that people were imported with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext_lazy as _

from guanxi.commerce.operations.cells import Cells, Unfit
from guanxi.kit import addresses, crypto
from guanxi.kit.cells import plain
from guanxi.people.models import Identity
from guanxi.people.port import ImportContext, ImportField, Objection, Rejected

Who = tuple[str, str]

WHO_FIELDS = (
    ImportField(
        "customer_number",
        _("Customer number"),
        synonyms=("customer", "customer_id", "household_id", "member_id", "客户号", "客户编号", "고객번호"),
        example="850",
    ),
    ImportField("email", _("E-mail"), synonyms=("e-mail", "mail", "邮箱", "电子邮箱", "이메일")),
    ImportField("phone", _("Phone"), synonyms=("mobile", "手机", "手机号", "电话", "전화번호", "휴대폰")),
)
WHO_MISSING = _("Choose a column for the person: customer number, e-mail or phone.")
NO_PERSON = _("The row has no customer number, e-mail or phone.")


def who_objections(columns: Mapping[str, str]) -> list[Objection]:
    named = {field.key for field in WHO_FIELDS} & set(columns.values())
    return [] if named else [Objection("who_missing")]


def read_who(cells: Cells, context: ImportContext) -> tuple[Who, ...]:
    """The ids that a row gives, the shop's own number first; an address that cannot be one is no id."""
    given = [(field.key, cells.text(field.key, 254)) for field in WHO_FIELDS]
    found = tuple(who for kind, value in given if value and (who := _normal(kind, value, context)))
    if not found:
        raise Unfit("no_person")
    return found


def _normal(kind: str, value: str, context: ImportContext) -> Who | None:
    try:
        match kind:
            case "email":
                return (kind, addresses.email(value))
            case "phone":
                return (kind, addresses.phone(value, context.country))
            case _:
                return (kind, plain(value))
    except addresses.BadAddress:
        return None


def find_people(wanted: Iterable[Who], context: ImportContext) -> dict[Who, int]:
    by_lookup = {(kind, crypto.lookup(context.workspace_id, kind, value)): (kind, value) for kind, value in wanted}
    lookups = [lookup for _kind, lookup in by_lookup]
    found = Identity.objects.filter(lookup__in=lookups).values_list("kind", "lookup", "person")
    return {
        by_lookup[kind, bytes(lookup)]: person for kind, lookup, person in found if (kind, bytes(lookup)) in by_lookup
    }


def unknown_person(row_no: int, who: tuple[Who, ...]) -> Rejected:
    kind, value = who[0]
    return Rejected(row_no, "unknown_person", {"field": kind, "value": value})
