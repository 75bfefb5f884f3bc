"""Days that come round every year: the words, the choices of the builder, and what they are as a clause."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from babel.dates import format_skeleton, get_month_names
from babel.numbers import format_decimal
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext, pgettext, pgettext_lazy

from guanxi.console.audiences.pieces import Options, Piece, arranged, counted, kept, select
from guanxi.console.audiences.sketch import Test, number_of
from guanxi.console.templatetags import figures

Width = Literal["abbreviated", "wide"]
LEAP_YEAR = 2000
# By the name of the operator in the form.
OPERATORS: dict[str, Any] = {
    "this_month": pgettext_lazy("birthday …", "comes round this month"),
    "next_month": pgettext_lazy("birthday …", "comes round next month"),
    "month": pgettext_lazy("birthday … May", "comes round in"),
    "next_days": pgettext_lazy("birthday … 7 days", "comes round within the next"),
}
AHEAD = {"this_month": 0, "next_month": 1}


# A clause in words


def said(name: str, falls: str, params: Mapping[str, Any]) -> str:
    """`falls` is the type, `params` what it says."""
    match falls:
        case "month" if params.get("day") is not None:
            day = date(LEAP_YEAR, params["month"], params["day"])
            return _("%(name)s comes round on %(day)s") % {"name": name, "day": _day(day)}
        case "month":
            return _("%(name)s comes round in %(month)s") % {"name": name, "month": month_name(params["month"])}
        case "months_ahead":
            return _ahead(name, params["months"])
        case _:
            return _next(name, params["days"])


def _ahead(name: str, months: int) -> str:
    if months == 0:
        return _("%(name)s comes round this month") % {"name": name}
    if months == 1:
        return _("%(name)s comes round next month") % {"name": name}
    return _("%(name)s comes round in the month that is %(months)s months ahead") % {"name": name, "months": months}


def _next(name: str, days: int) -> str:
    if days == 1:
        return _("%(name)s comes round today") % {"name": name}
    text = ngettext(
        "%(name)s comes round within the next %(days)s day", "%(name)s comes round within the next %(days)s days", days
    )
    return text % {"name": name, "days": format_decimal(days, locale=figures.locale())}


def _day(day: date) -> str:
    return str(format_skeleton("MMMMd", day, locale=figures.locale()))


def month_name(month: int) -> str:
    locale = figures.locale()
    width: Width = "abbreviated" if locale.startswith("zh") else "wide"  # 5月 and not 五月, as in 5月20日
    return str(get_month_names(width, "stand-alone", locale=locale)[month])


# In the builder


def values(test: Test, op: str, at: str) -> list[Piece]:
    """The controls behind the operator."""
    match op:
        case "month":
            months: Options = [(str(month), month_name(month)) for month in range(1, 13)]
            return arranged(
                pgettext("order of controls", "%(month)s %(day)s"),
                month=[select(f"{at}-value", _("Month"), test.value or "1", kept(months, test.value))],
                day=[Piece("", "number", f"{at}-high", _("Day of the month, may be empty"), test.upper)],
            )
        case "next_days":
            days = Piece("", "number", f"{at}-value", _("Number of days"), test.value or "7")
            pattern = npgettext("comes round within the next", "%(days)s day", "%(days)s days", counted(days.value))
            return arranged(pattern, days=[days])
        case _:
            return []


def clause_of(test: Test) -> dict[str, Any]:
    return {"type": "yearly", "trait": test.key, "falls": _falls(test)}


def _falls(test: Test) -> dict[str, Any]:
    match test.op:
        case "month":
            day = {"day": number_of(test.upper)} if test.upper else {}
            return {"type": "month", "month": number_of(test.value or "1")} | day
        case "next_days":
            return {"type": "next_days", "days": number_of(test.value or "7")}
        case op:
            return {"type": "months_ahead", "months": AHEAD[op]}


def test_of(clause: Mapping[str, Any]) -> Test:
    """Raises KeyError for what the builder has no words for."""
    key, falls = clause["trait"], clause["falls"]
    match falls["type"]:
        case "month":
            return Test(key, "month", str(falls["month"]), str(falls.get("day") or ""))
        case "next_days":
            return Test(key, "next_days", str(falls["days"]))
        case _:
            ops = {months: op for op, months in AHEAD.items()}
            return Test(key, ops[falls["months"]])
