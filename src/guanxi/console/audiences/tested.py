"""A test of one value in the builder: what is compared, how, and with what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from guanxi.console.audiences import yearly
from guanxi.console.audiences.pieces import Options, Piece, arranged, kept, select
from guanxi.console.audiences.sketch import Test
from guanxi.people.models import Level, Role

Observed = Callable[[str, str], Sequence[str]]

OPERATORS: dict[str, Any] = {
    "is": pgettext_lazy("operator", "is"),
    "is_not": pgettext_lazy("operator", "is not"),
    "in": pgettext_lazy("operator", "is one of"),
    "not_in": pgettext_lazy("operator", "is none of"),
    "contains": pgettext_lazy("operator", "contains"),
    "gt": pgettext_lazy("operator", "is more than"),
    "gte": pgettext_lazy("operator", "is at least"),
    "lt": pgettext_lazy("operator", "is less than"),
    "lte": pgettext_lazy("operator", "is at most"),
    "between": pgettext_lazy("operator", "is between"),
    "is_set": pgettext_lazy("operator", "is known"),
    "is_not_set": pgettext_lazy("operator", "is not known"),
}
DAY_OPERATORS: dict[str, Any] = {
    "gt": pgettext_lazy("operator of days", "is after"),
    "gte": pgettext_lazy("operator of days", "is on or after"),
    "lt": pgettext_lazy("operator of days", "is before"),
    "lte": pgettext_lazy("operator of days", "is on or before"),
}
ALWAYS = ("is", "is_not", "in", "not_in")
ORDERED = ("gt", "gte", "lt", "lte", "between")
KNOWN = ("is_set", "is_not_set")
OFFERED: dict[str, tuple[str, ...]] = {
    "text": (*ALWAYS, "contains", *KNOWN),
    "number": (*ALWAYS, *ORDERED, *KNOWN),
    "date": (*ALWAYS, *ORDERED, *KNOWN),
    "flag": ("is", "is_not", *KNOWN),
    "money": (*ALWAYS, *ORDERED, *KNOWN),
}
INPUTS = {"number": "number", "date": "date", "money": "number"}
YES_NO: Options = [("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))]
# Texts that a room writes itself, with its words for them.
SET_VALUES: dict[str, Options] = {"prop:level": Level.choices, "prop:role": Role.choices}


def tested(
    test: Test,
    at: str,
    names: Options,
    kind_of: Callable[[str], str],
    observed: Callable[[str], Sequence[str]],
    yearly_too: bool = False,
) -> list[Piece]:
    """`yearly_too`: days may be asked for as they come round every year."""
    key = test.key or (names[0][0] if names else "")
    kind = kind_of(key)
    round_the_year = yearly.OPERATORS if yearly_too else {}
    said = OPERATORS | (DAY_OPERATORS if kind == "date" else {}) | round_the_year
    operators = [(op, said[op]) for op in (*OFFERED[kind], *(round_the_year if kind == "date" else ()))]
    op = test.op if test.op in said else "is"
    return arranged(
        pgettext("order of controls", "%(name)s %(op)s %(value)s"),
        name=[select(f"{at}-key", _("What is compared"), key, kept(names, key), reshapes=True)],
        op=[select(f"{at}-op", _("How it is compared"), op, kept(operators, op, said), reshapes=True)],
        value=list(_values(test, op, kind, at, key, observed)),
    )


def _values(
    test: Test, op: str, kind: str, at: str, key: str, observed: Callable[[str], Sequence[str]]
) -> Iterator[Piece]:
    if op in KNOWN:
        return
    if op in yearly.OPERATORS:
        yield from yearly.values(test, op, at)
        return
    control = INPUTS.get(kind, "text")
    if op in ("in", "not_in"):
        control = "several"
    hints = observed(key) if kind == "text" else ()
    value = Piece("", control, f"{at}-value", _("Value"), test.value, hints=hints)
    choices = YES_NO if kind == "flag" else SET_VALUES.get(key, ())
    if choices and control != "several":
        value = select(f"{at}-value", _("Value"), test.value or choices[0][0], kept(choices, test.value))
    if op == "between":
        upper = Piece("", control, f"{at}-high", _("Upper value"), test.upper)
        yield from arranged(_("%(low)s and %(high)s"), low=[value], high=[upper])
    else:
        yield value
