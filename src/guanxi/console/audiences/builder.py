"""The builder of a rule as a page shows it: each condition is a sentence whose parts can be chosen.

The order of the parts comes from the translated sentence, so it is the order of the reader's language.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from guanxi.audiences.queries import Catalogue, RuleError, parse_rule
from guanxi.console.audiences import more, words
from guanxi.console.audiences.did import Did
from guanxi.console.audiences.errors import error_text
from guanxi.console.audiences.names import trait_label
from guanxi.console.audiences.pieces import Options, Piece, arranged, select
from guanxi.console.audiences.rule import kept_clause
from guanxi.console.audiences.sketch import Row, Sketch, Trouble
from guanxi.console.audiences.tested import Observed, tested

JOINS: Options = [
    ("all", gettext_lazy("all of this is true")),
    ("any", gettext_lazy("at least one of this is true")),
    ("none", gettext_lazy("none of this is true")),
    ("not_all", gettext_lazy("not all of this is true")),
]


@dataclass(frozen=True)
class Shown:
    """A row as the template shows it; `number` is its place among those beside it, `last` whether it is the last."""

    at: str
    kind: str
    pieces: list[Piece]
    number: int = 1
    last: bool = True
    error: str = ""
    negated: bool = False
    rows: list[Shown] = field(default_factory=list)

    @property
    def nested(self) -> bool:
        return "." in self.at

    @property
    def spoken(self) -> str:
        """`2.1` as people count."""
        return ".".join(str(int(part) + 1) for part in self.at.split("."))


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
    join = select("join", _("All, any or none"), sketch.join, JOINS)
    return Builder(
        opening=arranged(_("People of whom %(join)s"), join=[join]),
        rows=page.rows(sketch.rows, ""),
        error=page.error(""),
        wrong=trouble.control if trouble else "",
    )


@dataclass
class _Page:
    catalogue: Catalogue
    observed: Observed
    trouble: Trouble | None
    own: str

    def error(self, row: str) -> str:
        found = self.trouble
        return error_text(found.error) if found and found.row == row and not found.detail else ""

    def rows(self, rows: tuple[Row, ...], outer: str) -> list[Shown]:
        places = [f"{outer}.{at}".lstrip(".") for at in range(len(rows))]
        return [self._row(row, at, place, len(rows)) for place, (row, at) in enumerate(zip(rows, places, strict=True))]

    def _row(self, row: Row, at: str, place: int, of: int) -> Shown:
        pieces = self._pieces(row, at)
        if row.negated:
            pieces = arranged(_("It is not true: %(condition)s"), condition=pieces)
        inner = self.rows(row.rows, at)
        return Shown(at, row.kind, pieces, place + 1, place + 1 == of, self.error(at), row.negated, inner)

    def _pieces(self, row: Row, at: str) -> list[Piece]:
        did = Did(self.catalogue, self.observed, self.trouble)
        match row.kind:
            case "group":
                join = select(f"{at}-join", _("All, any or none"), row.join, JOINS)
                return arranged(pgettext("a group of conditions", "%(join)s"), join=[join])
            case "trait":
                values = partial(self.observed, "trait")
                return tested(row.test, at, self._traits(), self._trait_kind, values, yearly_too=True)
            case "event":
                return did.event(row, at)
            case "sequence":
                return did.sequence(row, at)
            case "top":
                return did.top(row, at)
            case "strength":
                return more.strength(row, at, self.catalogue)
            case "tag":
                return more.tag(row, at, self.catalogue)
            case "tie":
                return more.tie(row, at, self.catalogue)
            case "agreed":
                return more.agreed(row, at, self.catalogue)
            case "audience":
                return more.audience(row, at, self.catalogue, self.own)
            case "kept":
                return more.kept_as_it_is(row, at, self._said)
            case kind:
                return more.PLAIN[kind](row, at)

    def _said(self, text: str) -> str:
        """A condition in words, or as it is written when it cannot be read."""
        try:
            rule = parse_rule({"version": 1, "where": kept_clause(text)}, self.catalogue, self.own)
        except RuleError:
            return text
        return words.whole(rule, self.catalogue)

    def _traits(self) -> Options:
        return [(f"trait:{name}", trait_label(name, one.label)) for name, one in self.catalogue.traits.items()]

    def _trait_kind(self, key: str) -> str:
        trait = self.catalogue.traits.get(key.removeprefix("trait:"))
        return trait.kind if trait else "text"
