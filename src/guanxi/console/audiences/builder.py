"""The builder of a rule as a page shows it: each condition is a sentence whose parts can be chosen.

The order of the parts comes from the translated sentence, so it is the order of the reader's language.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from guanxi.audiences.queries import LEVELS, Catalogue
from guanxi.console.audiences import more, words
from guanxi.console.audiences.pieces import Options, Piece, arranged, kept
from guanxi.console.audiences.rule import FIGURES, TIMES
from guanxi.console.audiences.sketch import AMOUNT, MORE, Row, Sketch, Test, Trouble
from guanxi.people.models import Level

Observed = Callable[[str, str], Sequence[str]]

JOINS: Options = [("all", pgettext_lazy("fit … of these", "all")), ("any", pgettext_lazy("fit … of these", "any"))]
DID: Options = [
    ("did", pgettext_lazy("… bought a product", "has")),
    ("did_not", pgettext_lazy("… bought a product", "has not")),
]
BOUNDS: Options = [
    ("at_least", pgettext_lazy("… 3 times", "at least")),
    ("at_most", pgettext_lazy("… 3 times", "at most")),
    ("exactly", pgettext_lazy("… 3 times", "exactly")),
    ("between", pgettext_lazy("… 1 and 31 March", "between")),
    ("first_time", pgettext_lazy("… in the last 30 days", "for the first time")),
    ("last_time", pgettext_lazy("… in the last 30 days", "for the last time")),
    ("last", pgettext_lazy("… department is MEAT", "with the last")),
    ("max", pgettext_lazy("… department is MEAT", "with the greatest")),
    ("min", pgettext_lazy("… department is MEAT", "with the smallest")),
]
WINDOWS: Options = [
    ("ever", gettext_lazy("at any time")),
    ("last_days", pgettext_lazy("… 90 days", "in the last")),
    ("since", pgettext_lazy("… 1 March", "since")),
    ("before", pgettext_lazy("… 1 March", "before")),
    ("between", pgettext_lazy("… 1 and 31 March", "between")),
    ("days_ago", pgettext_lazy("… 60 days ago", "at least")),
]
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
    "date": ("is", "is_not", *ORDERED, *KNOWN),
    "flag": ("is", "is_not", *KNOWN),
    "money": ("is", "is_not", *ORDERED),
}
ALL_KINDS = frozenset(OFFERED)
FIGURE_KINDS: dict[str, frozenset[str]] = {
    "last": ALL_KINDS,
    "max": frozenset({"number", "date"}),
    "min": frozenset({"number", "date"}),
}
INPUTS = {"number": "number", "date": "date", "money": "number"}
YES_NO: Options = [("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))]


@dataclass(frozen=True)
class Condition:
    at: int
    pieces: list[Piece]
    error: str = ""

    @property
    def number(self) -> str:
        return str(self.at)


@dataclass(frozen=True)
class Shown:
    """A row as the template shows it."""

    at: str
    kind: str
    pieces: list[Piece]
    error: str = ""
    conditions: list[Condition] = field(default_factory=list)
    may_narrow: bool = False
    closing: list[Piece] = field(default_factory=list)
    levels: list[tuple[str, Any, bool]] = field(default_factory=list)
    rows: list[Shown] = field(default_factory=list)


@dataclass(frozen=True)
class Builder:
    opening: list[Piece]
    rows: list[Shown]
    error: str = ""
    wrong: str = ""
    """The name of the field that is wrong."""


def build(
    sketch: Sketch, catalogue: Catalogue, observed: Observed, trouble: Trouble | None = None, own: str = ""
) -> Builder:
    """`own` is the public id of the audience, which its own rule cannot name."""
    page = _Page(catalogue, observed, trouble, own)
    join = Piece(control="select", name="join", label=_("All or any"), value=sketch.join, options=JOINS)
    return Builder(
        opening=arranged(_("People who fit %(join)s of these:"), join=[join]),
        rows=[page.row(row, str(at)) for at, row in enumerate(sketch.rows)],
        error=page.error("", -1),
        wrong=trouble.control if trouble else "",
    )


@dataclass
class _Page:
    catalogue: Catalogue
    observed: Observed
    trouble: Trouble | None
    own: str

    def error(self, row: str, condition: int) -> str:
        found = self.trouble
        return words.error_text(found.error) if found and (found.row, found.condition) == (row, condition) else ""

    def row(self, row: Row, at: str) -> Shown:
        match row.kind:
            case "group":
                return self._group(row, at)
            case "level":
                return self._level(row, at)
            case "trait":
                pieces = self._test(row.test, at, self._traits(), self._trait_kind, "trait")
                return Shown(at, "trait", pieces, self.error(at, -1))
            case kind if kind in MORE:
                return self._more(row, at)
            case _:
                return self._event(row, at)

    def _group(self, row: Row, at: str) -> Shown:
        join = Piece(control="select", name=f"{at}-join", label=_("All or any"), value=row.join, options=JOINS)
        inner = [self.row(one, f"{at}.{under}") for under, one in enumerate(row.rows)]
        pieces = arranged(_("fit %(join)s of these:"), join=[join])
        return Shown(at, "group", pieces, self.error(at, -1), rows=inner)

    def _level(self, row: Row, at: str) -> Shown:
        levels = [(level, Level(level).label, level in row.levels) for level in LEVELS]
        return Shown(at, "level", [Piece(text=_("Level is one of"))], self.error(at, -1), levels=levels)

    def _more(self, row: Row, at: str) -> Shown:
        events = [(name, words.event_label(name, one.label)) for name, one in self.catalogue.events.items()]
        found = more.pieces(row, at, events, self.catalogue, self.own, lambda: self._window(row, at))
        return Shown(at, row.kind, found, self.error(at, -1), levels=more.ticked(row))

    # What somebody did

    def _event(self, row: Row, at: str) -> Shown:
        event = self.catalogue.events.get(row.event)
        names = [(name, words.event_label(name, one.label)) for name, one in self.catalogue.events.items()]
        opening = arranged(
            _("%(did)s %(event)s"),
            did=[Piece("", "select", f"{at}-did", _("Has or has not"), row.did, DID, reshapes=True)],
            event=[
                Piece("", "select", f"{at}-event", _("What happened"), row.event, kept(names, row.event), reshapes=True)
            ],
        )
        conditions = [
            Condition(place, self._condition(test, row.event, f"{at}-w{place}", place), self.error(at, place))
            for place, test in enumerate(row.where)
        ]
        narrowable = event is not None and bool(event.properties or event.amount)
        return Shown(at, "event", opening, self.error(at, -1), conditions, narrowable, self._closing(row, at))

    def _condition(self, test: Test, event: str, at: str, place: int) -> list[Piece]:
        pattern = _("where %(test)s") if place == 0 else _("and %(test)s")
        return arranged(pattern, test=self._compared(test, event, at))

    def _compared(self, test: Test, event: str, at: str, kinds: Container[str] = ALL_KINDS) -> list[Piece]:
        known = self.catalogue.events.get(event)
        names: list[tuple[str, Any]] = [
            (f"prop:{name}", words.property_label(name, spec.label))
            for name, spec in (known.properties if known else {}).items()
            if spec.kind in kinds
        ]
        if known and known.amount:
            names.append((AMOUNT, words.AMOUNT_LABEL))
        test = test if test.key or not names else Test(names[0][0], test.op, test.value, test.upper)

        def kind_of(key: str) -> str:
            spec = known.properties.get(key.removeprefix("prop:")) if known else None
            return "money" if key == AMOUNT else spec.kind if spec else "text"

        return self._test(test, at, names, kind_of, event)

    def _closing(self, row: Row, at: str) -> list[Piece]:
        window = self._window(row, at)
        if row.did == "did_not":
            return window
        return arranged(_("%(how_often)s %(when)s"), how_often=self._measure(row, at), when=window)

    def _measure(self, row: Row, at: str) -> list[Piece]:
        event = self.catalogue.events.get(row.event)
        units = [("count", _("times")), ("days", _("different days"))]
        if (event and event.amount) or row.measure == "sum":
            units.append(("sum", _("%(currency)s in total") % {"currency": self.catalogue.currency}))
        units += [
            (f"sum:prop:{name}", _("%(name)s in total") % {"name": words.property_label(name, spec.label)})
            for name, spec in (event.properties if event else {}).items()
            if spec.kind == "number"
        ]
        bound = [Piece("", "select", f"{at}-bound", _("At least or at most"), row.bound, BOUNDS, reshapes=True)]
        if row.bound in TIMES:
            return bound
        if row.bound in FIGURES:
            return [*bound, *self._compared(row.test, row.event, at, FIGURE_KINDS[row.bound])]
        number = Piece("", "number", f"{at}-number", _("How many"), row.number)
        if row.bound == "between":
            upper = Piece("", "number", f"{at}-upper", _("How many at most"), row.upper)
            numbers = arranged(_("%(low)s and %(high)s"), low=[number], high=[upper])
        else:
            numbers = [number]
        return arranged(
            pgettext("order of controls", "%(bound)s %(number)s %(unit)s"),
            bound=bound,
            number=numbers,
            unit=[Piece("", "select", f"{at}-measure", _("What is counted"), row.measure, kept(units, row.measure))],
        )

    def _window(self, row: Row, at: str) -> list[Piece]:
        within = Piece("", "select", f"{at}-within", _("When"), row.within, WINDOWS, reshapes=True)
        first = Piece("", "date", f"{at}-first", _("First day"), row.first)
        match row.within:
            case "last_days":
                days = Piece("", "number", f"{at}-days", _("Number of days"), row.days)
                return arranged(_("%(within)s %(days)s days"), within=[within], days=[days])
            case "since" | "before":
                return arranged(pgettext("order of controls", "%(within)s %(date)s"), within=[within], date=[first])
            case "days_ago":
                return arranged(
                    _("%(within)s %(least)s days ago, at most %(most)s"),
                    within=[within],
                    least=[Piece("", "number", f"{at}-days", _("Number of days"), row.days)],
                    most=[Piece("", "number", f"{at}-most", _("At most so many days, may be empty"), row.most)],
                )
            case "between":
                last = Piece("", "date", f"{at}-last", _("Last day"), row.last)
                both = arranged(_("%(low)s and %(high)s"), low=[first], high=[last])
                return arranged(pgettext("order of controls", "%(within)s %(dates)s"), within=[within], dates=both)
            case _:
                return [within]

    # A test of one value

    def _traits(self) -> list[tuple[str, Any]]:
        return [(f"trait:{name}", words.trait_label(name, one.label)) for name, one in self.catalogue.traits.items()]

    def _trait_kind(self, key: str) -> str:
        trait = self.catalogue.traits.get(key.removeprefix("trait:"))
        return trait.kind if trait else "text"

    def _test(
        self, test: Test, at: str, names: list[tuple[str, Any]], kind_of: Callable[[str], str], of: str
    ) -> list[Piece]:
        key = test.key or (names[0][0] if names else "")
        kind = kind_of(key)
        said = OPERATORS | (DAY_OPERATORS if kind == "date" else {})
        operators = [(op, said[op]) for op in OFFERED[kind]]
        op = test.op if test.op in said else "is"
        return arranged(
            pgettext("order of controls", "%(name)s %(op)s %(value)s"),
            name=[Piece("", "select", f"{at}-key", _("What is compared"), key, kept(names, key), reshapes=True)],
            op=[Piece("", "select", f"{at}-op", _("How it is compared"), op, kept(operators, op, said), reshapes=True)],
            value=list(self._values(test, op, kind, at, of, key)),
        )

    def _values(self, test: Test, op: str, kind: str, at: str, of: str, key: str) -> Iterator[Piece]:
        if op in KNOWN:
            return
        control = INPUTS.get(kind, "text")
        if op in ("in", "not_in"):
            control = "several"
        hints = self.observed(of, key) if kind == "text" else ()
        value = Piece("", control, f"{at}-value", _("Value"), test.value, hints=hints)
        if kind == "flag":
            value = Piece("", "select", f"{at}-value", _("Value"), test.value or "yes", YES_NO)
        if op == "between":
            upper = Piece("", control, f"{at}-high", _("Upper value"), test.upper)
            yield from arranged(_("%(low)s and %(high)s"), low=[value], high=[upper])
        else:
            yield value
