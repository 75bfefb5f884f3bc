"""A list of people as its address says it: search, filters as sentences, order, page, and who stands beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal
from urllib.parse import urlencode

from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from guanxi.console.people.columns import DEFAULT, SHOWN_AT_MOST, Column, columns, fields
from guanxi.console.people.filters import Filters
from guanxi.governance.models import Staff, Unit
from guanxi.governance.queries import DataScope, data_scope
from guanxi.people.models import Level
from guanxi.people.queries import NONE, ORDERS, Wanted

CHOICES_AT_MOST = 500


@dataclass(frozen=True)
class Place:
    """An owner or a unit that a list may be narrowed to."""

    pk: int
    name: str
    depth: int = 0


@dataclass(frozen=True)
class Chip:
    """A filter in words, and the list without it."""

    words: str
    without: str


class Asked:
    """What an address asks for. Raises Http404 for a level, an order or a field that is not there, and for no day.

    An owner or unit that is not there, or not there for this reader, fits nobody: a shared view may name one.
    """

    def __init__(self, given: QueryDict, staff: Staff) -> None:
        self.search = given.get("q", "").strip()[:254]
        self.sort = given.get("sort") or "name"
        self.level = given.get("level", "")
        self.after = given.get("after", "")
        self.person = given.get("person", "")
        self.view = given.get("view", "")
        self.owners = {} if data_scope(staff.role) == DataScope.OWN else _owners()
        self.units = _units()
        self.owner_key, self.unit_key = given.get("owner", "")[:40], given.get("unit", "")[:40]
        self.owner, self.unit = self.owners.get(self.owner_key), self.units.get(self.unit_key)
        kept = fields()
        self.known, self.filters = columns(kept), Filters(given, kept, staff)
        wished = [key for part in given.getlist("cols") for key in part.split(",")]
        self.chosen = [self.known[key] for key in dict.fromkeys(wished) if key in self.known][:SHOWN_AT_MOST]
        if not self.chosen:
            self.chosen = [self.known[key] for key in DEFAULT]
        if self.sort not in ORDERS or self.level not in ("", *Level.values):
            raise Http404

    @property
    def gone(self) -> bool:
        """Whether it asks for an owner or unit that is not there for this reader."""
        named = ((self.owner_key, self.owner), (self.unit_key, self.unit))
        return any(key and key != NONE and not row for key, row in named)

    @property
    def wanted(self) -> Wanted:
        return Wanted(
            search=self.search,
            level=self.level,
            owner=_place(self.owner_key, self.owner),
            unit=_place(self.unit_key, self.unit),
            sort=self.sort,
            **self.filters.wanted,
        )

    @property
    def filtered(self) -> bool:
        return bool(self.search or self.narrowed)

    @property
    def narrowed(self) -> bool:
        return bool(self.level or self.owner_key or self.unit_key or any(self.filters.parts.values()))

    @property
    def cols(self) -> str:
        """The columns as an address names them, "" for the usual ones."""
        keys = tuple(one.key for one in self.chosen)
        return "" if keys == DEFAULT else ",".join(keys)

    @cached_property
    def parts(self) -> dict[str, str]:
        """The address, without the page and the person beside it: what a saved view keeps."""
        return {
            "q": self.search,
            "level": self.level,
            "owner": self.owner_key,
            "unit": self.unit_key,
            **self.filters.parts,
            "sort": "" if self.sort == "name" else self.sort,
            "cols": self.cols,
        }

    @property
    def kept(self) -> dict[str, str]:
        """The parts that say something, with the view that is open: hidden fields of a form that changes another."""
        return {name: value for name, value in (self.parts | {"view": self.view}).items() if value}

    @property
    def besides(self) -> dict[str, str]:
        """What a form that sets filters and order leaves as it is."""
        return {name: value for name, value in self.kept.items() if name in ("q", "cols", "view")}

    def without(self, *names: str) -> str:
        return self.url(**dict.fromkeys(names, ""))

    def url(self, **changed: str) -> str:
        said = {name: value for name, value in (self.parts | {"view": self.view} | changed).items() if value}
        return "?" + urlencode(said, safe=",:")

    def beside(self, person: str) -> str:
        """The same page with this person beside it."""
        return f"{self.same_page}{'&' if self.same_page != '?' else ''}person={person}"

    @property
    def usual(self) -> str:
        return self.url(cols="")

    @property
    def by_name(self) -> str:
        return self.url(sort="name_back" if self.sort == "name" else "")

    @property
    def by_added(self) -> str:
        return self.url(sort="oldest" if self.sort == "newest" else "newest")

    @property
    def by_seen(self) -> str:
        return self.url(sort="unseen" if self.sort == "seen" else "seen")

    @property
    def unfiltered(self) -> str:
        return self.without("level", "owner", "unit", *self.filters.parts)

    @property
    def sort_options(self) -> list[tuple[str, str]]:
        return [
            ("", _("Name, A first")),
            ("name_back", _("Name, Z first")),
            ("newest", _("Newest first")),
            ("oldest", _("Oldest first")),
            ("seen", _("Seen last, first")),
            ("unseen", _("Not seen for longest, first")),
            ("close", _("Closest to the brand first")),
        ]

    @cached_property
    def same_page(self) -> str:
        return self.url(after=self.after)

    @property
    def offered(self) -> list[tuple[Column, bool]]:
        """Every column, the chosen ones first and in their order; and whether it is chosen."""
        rest = [one for one in self.known.values() if one not in self.chosen]
        return [(one, True) for one in self.chosen] + [(one, False) for one in rest]

    @property
    def chips(self) -> list[Chip]:
        found = []
        if self.level:
            found.append(Chip(_("Level is %(level)s") % {"level": Level(self.level).label}, self.url(level="")))
        if self.owner_key:
            name = self.owner.name if self.owner else _("nobody") if self.owner_key == NONE else _("not there")
            found.append(Chip(_("Owner is %(name)s") % {"name": name}, self.url(owner="")))
        if self.unit_key:
            name = self.unit.name if self.unit else _("none") if self.unit_key == NONE else _("not there")
            found.append(Chip(_("Unit is %(name)s") % {"name": name}, self.url(unit="")))
        return found + [Chip(one.words, self.without(*one.parts)) for one in self.filters.said()]

    @property
    def level_options(self) -> list[tuple[str, str]]:
        return [("", _("Any level")), *((str(value), str(label)) for value, label in Level.choices)]

    @property
    def owner_options(self) -> list[tuple[str, str]]:
        return [("", _("Any owner")), (NONE, _("No owner")), *((key, owner.name) for key, owner in self.owners.items())]

    @property
    def unit_options(self) -> list[tuple[str, str]]:
        indented = ((key, "\u2003" * unit.depth + unit.name) for key, unit in self.units.items())
        return [("", _("Any unit")), (NONE, _("No unit")), *indented]


def _place(key: str, row: Place | None) -> int | Literal["none"] | None:
    if not key:
        return None
    if key == NONE:
        return NONE
    return row.pk if row else 0


def _owners() -> dict[str, Place]:
    rows = Staff.objects.order_by("name", "pk").values_list("public_id", "pk", "name")
    return {key: Place(pk, name) for key, pk, name in rows[:CHOICES_AT_MOST]}


def _units() -> dict[str, Place]:
    rows = Unit.objects.order_by("path").values_list("public_id", "pk", "name", "path")
    return {key: Place(pk, name, path.count("/") - 1) for key, pk, name, path in rows[:CHOICES_AT_MOST]}
