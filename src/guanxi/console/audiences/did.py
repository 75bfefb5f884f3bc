"""What people did, in the builder: events with their details, how often, how much, when, and what came after what."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from guanxi.audiences.queries import Catalogue
from guanxi.console.audiences.errors import error_text
from guanxi.console.audiences.names import INTERNAL, event_label, property_label
from guanxi.console.audiences.pieces import (
    CLOSE,
    OPEN,
    Options,
    Piece,
    arranged,
    button,
    counted,
    kept,
    select,
    taken,
)
from guanxi.console.audiences.rule import FIGURES, TIMES
from guanxi.console.audiences.sketch import AMOUNT, Measure, Row, Step, Test, Trouble, Window
from guanxi.console.audiences.tested import Observed, tested
from guanxi.console.audiences.words import AMOUNT_LABEL

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
THEN: Options = [
    ("then", pgettext_lazy("has paid … paid again", "and then")),
    ("then_not", pgettext_lazy("has paid … paid again", "and not")),
]
UNITS: Options = [
    ("minutes", pgettext_lazy("within 3 …", "minutes")),
    ("hours", pgettext_lazy("within 3 …", "hours")),
    ("days", pgettext_lazy("within 3 …", "days")),
]
ENDS: Options = [
    ("top", pgettext_lazy("the … 5 percent", "top")),
    ("bottom", pgettext_lazy("the … 5 percent", "bottom")),
]
BY: Options = [
    ("count", pgettext_lazy("top by …", "number of times")),
    ("sum", pgettext_lazy("top by …", "amount in total")),
    ("days", pgettext_lazy("top by …", "number of days")),
]
ALL_KINDS = frozenset({"text", "number", "date", "flag"})
FIGURE_KINDS: dict[str, frozenset[str]] = {
    "last": ALL_KINDS,
    "max": frozenset({"number", "date"}),
    "min": frozenset({"number", "date"}),
}


@dataclass(frozen=True)
class Did:
    catalogue: Catalogue
    observed: Observed
    trouble: Trouble | None

    def event(self, row: Row, at: str) -> list[Piece]:
        did = select(f"{at}-did", _("Has or has not"), row.did, DID, reshapes=True)
        said = arranged(
            pgettext(
                "has / bought a product / in 90 days / where … / at least 3 times",
                "%(did)s %(event)s %(when)s %(where)s %(measures)s",
            ),
            did=[did],
            event=[self._named(row.step.event, f"{at}-event", _("What happened"))],
            where=self._where(row.step, at, at),
            measures=self._measures(row, at) if row.did != "did_not" else self._unshown(row, at),
            when=self.window(row.window, at),
        )
        measure = [button(f"measure:{at}", _("Say how often or how much"))] if row.did != "did_not" else []
        return [*said, *self._narrow(row.step, f"narrow:{at}", _("Add a detail")), *measure]

    def sequence(self, row: Row, at: str) -> list[Piece]:
        more = row.more
        first = self._named(row.step.event, f"{at}-event", _("What happened first"))
        following = self._named(row.following.event, f"{at}-n-event", _("What followed"))
        said = arranged(
            _("Has %(first)s %(then)s %(next)s within %(gap)s, the former %(when)s"),
            first=[first, *self._where(row.step, at, at)],
            then=[select(f"{at}-then", _("Whether it followed"), more["then"], THEN)],
            next=[following, *self._where(row.following, f"{at}-n", at)],
            gap=arranged(
                pgettext("order of controls", "%(number)s %(unit)s"),
                number=[Piece("", "number", f"{at}-gap", _("How long"), more["gap"])],
                unit=[select(f"{at}-unit", _("Minutes, hours or days"), more["unit"], UNITS)],
            ),
            when=self.window(row.window, at),
        )
        of_first = self._narrow(row.step, f"narrow:{at}", _("Add a detail of the first"))
        return [*said, *of_first, *self._narrow(row.following, f"narrow_next:{at}", _("Add a detail of the second"))]

    def top(self, row: Row, at: str) -> list[Piece]:
        more = row.more
        event = self._named(row.step.event, f"{at}-event", _("What happened"))
        said = arranged(
            _("Is in the %(end)s %(percent)s percent of those who have %(event)s %(when)s, by %(by)s"),
            end=[select(f"{at}-end", _("Top or bottom"), more["end"], ENDS)],
            percent=[Piece("", "number", f"{at}-percent", _("How many percent"), more["percent"])],
            event=[event, *self._where(row.step, at, at)],
            when=self.window(row.window, at),
            by=[select(f"{at}-by", _("What is compared"), more["by"], BY)],
        )
        return [*said, *self._narrow(row.step, f"narrow:{at}", _("Add a detail"))]

    def _named(self, event: str, name: str, label: str) -> Piece:
        names = [(key, event_label(key, one.label)) for key, one in self.catalogue.events.items()]
        return select(name, label, event, kept(names, event), reshapes=True)

    # Details

    def _where(self, step: Step, begins: str, at: str) -> list[Piece]:
        """`begins` is where the names of the fields begin, `at` the row."""
        found: list[Piece] = []
        for place, test in enumerate(step.where):
            inner, detail = f"{begins}-w{place}", f"{begins}-w{place}".removeprefix(f"{at}-")
            pattern = _("where %(test)s") if place == 0 else _("and %(test)s")
            shown = arranged(pattern, test=self._compared(test, step.event, inner))
            found += self._detail(shown, inner, f"{begins}-where", place, f"less:{at}:{detail}")
        return found

    def _narrow(self, step: Step, act: str, text: str) -> list[Piece]:
        event = self.catalogue.events.get(step.event)
        return [button(act, text)] if event is not None and (event.properties or event.amount) else []

    def _detail(self, shown: list[Piece], begins: str, listed: str, place: int, act: str) -> list[Piece]:
        hidden = Piece(control="hidden", name=listed, value=str(place))
        remove = taken(act, _("Remove detail %(n)s") % {"n": place + 1})
        found = [OPEN, hidden, *shown, remove]
        if self.trouble and self.trouble.detail == begins:
            found.append(Piece(error_text(self.trouble.error), "error"))
        return [*found, CLOSE]

    def _compared(self, test: Test, event: str, at: str, kinds: Container[str] = ALL_KINDS) -> list[Piece]:
        known = self.catalogue.events.get(event)
        names: list[tuple[str, Any]] = [
            (f"prop:{name}", property_label(name, spec.label))
            for name, spec in (known.properties if known else {}).items()
            if spec.kind in kinds and name not in INTERNAL
        ]
        if known and known.amount:
            names.append((AMOUNT, AMOUNT_LABEL))

        def kind_of(key: str) -> str:
            spec = known.properties.get(key.removeprefix("prop:")) if known else None
            return "money" if key == AMOUNT else spec.kind if spec else "text"

        return tested(test, at, names, kind_of, lambda key: self.observed(event, key))

    def _measures(self, row: Row, at: str) -> list[Piece]:
        found: list[Piece] = []
        for place, measure in enumerate(row.having):
            inner = f"{at}-h{place}"
            shown = self._measure(measure, row.step.event, inner)
            found += self._detail(shown, inner, f"{at}-having", place, f"less:{at}:h{place}")
        return found

    def _unshown(self, row: Row, at: str) -> list[Piece]:
        """What has not happened is not measured; the measures wait in the form until it is *has* again."""
        return [replace(one, control="hidden") for one in self._measures(row, at) if one.name and one.name != "do"]

    def _measure(self, measure: Measure, event: str, at: str) -> list[Piece]:
        bound = [select(f"{at}-bound", _("At least or at most"), measure.bound, BOUNDS, reshapes=True)]
        if measure.bound in TIMES:
            pattern = pgettext("order of controls", "%(bound)s %(when)s")
            return arranged(pattern, bound=bound, when=self.window(measure.window, at))
        if measure.bound in FIGURES:
            return [*bound, *self._compared(measure.test, event, at, FIGURE_KINDS[measure.bound])]
        number = Piece("", "number", f"{at}-number", _("How many"), measure.number)
        numbers = [number]
        if measure.bound == "between":
            upper = Piece("", "number", f"{at}-upper", _("How many at most"), measure.upper)
            numbers = arranged(_("%(low)s and %(high)s"), low=[number], high=[upper])
        units = kept(self._units(event, measure.unit), measure.unit)
        return arranged(
            pgettext("order of controls", "%(bound)s %(number)s %(unit)s"),
            bound=bound,
            number=numbers,
            unit=[select(f"{at}-measure", _("What is counted"), measure.unit, units)],
        )

    def _units(self, event: str, chosen: str) -> Options:
        known = self.catalogue.events.get(event)
        units = [("count", _("times")), ("days", _("different days"))]
        if (known and known.amount) or chosen == "sum":
            units.append(("sum", _("%(currency)s in total") % {"currency": self.catalogue.currency}))
        units += [
            (f"sum:prop:{name}", _("%(name)s in total") % {"name": property_label(name, spec.label)})
            for name, spec in (known.properties if known else {}).items()
            if spec.kind == "number"
        ]
        return units

    def window(self, window: Window, at: str) -> list[Piece]:
        within = select(f"{at}-within", _("When"), window.within, WINDOWS, reshapes=True)
        first = Piece("", "date", f"{at}-first", _("First day"), window.first)
        days = Piece("", "number", f"{at}-days", _("Number of days"), window.days)
        match window.within:
            case "last_days":
                pattern = ngettext("%(within)s %(days)s day", "%(within)s %(days)s days", counted(window.days))
                return arranged(pattern, within=[within], days=[days])
            case "since":
                return arranged(pgettext("order of controls", "%(within)s %(date)s"), within=[within], date=[first])
            case "before":
                day = Piece("", "date", f"{at}-first", _("Day"), window.first)
                return arranged(pgettext("before a day", "%(within)s %(date)s"), within=[within], date=[day])
            case "days_ago":
                most = Piece("", "number", f"{at}-most", _("At most so many days, may be empty"), window.most)
                pattern = ngettext(
                    "%(within)s %(least)s day ago, at most %(most)s",
                    "%(within)s %(least)s days ago, at most %(most)s",
                    counted(window.days),
                )
                return arranged(pattern, within=[within], least=[days], most=[most])
            case "between":
                last = Piece("", "date", f"{at}-last", _("Last day"), window.last)
                both = arranged(_("%(low)s and %(high)s"), low=[first], high=[last])
                return arranged(pgettext("order of controls", "%(within)s %(dates)s"), within=[within], dates=both)
            case _:
                return [within]
