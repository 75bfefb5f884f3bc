"""A list of people as its address says it: search, filters as sentences, order, page, and who stands beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from guanxi.console.people.columns import DEFAULT, SHOWN_AT_MOST, Column, columns
from guanxi.governance.models import Staff, Unit
from guanxi.governance.queries import DataScope, data_scope
from guanxi.people.models import Level
from guanxi.people.queries import ORDERS, Wanted

CHOICES_AT_MOST = 500


@dataclass(frozen=True)
class Chip:
    """A filter in words, and the list without it."""

    words: str
    without: str


class Asked:
    """What an address asks for. Raises Http404 for a level or order that is not there.

    An owner or unit that is not there, or not there for this reader, fits nobody: a shared view may name one.
    """

    def __init__(self, given: QueryDict, staff: Staff) -> None:
        self.search = given.get("q", "").strip()[:100]
        self.sort = given.get("sort", "name")
        self.level = given.get("level", "")
        self.after = given.get("after", "")
        self.person = given.get("person", "")
        self.view = given.get("view", "")
        self.owners = {} if data_scope(staff.role) == DataScope.OWN else _by_key(Staff.objects.order_by("name", "pk"))
        self.units = _by_key(Unit.objects.order_by("path"))
        self.owner_key, self.unit_key = given.get("owner", "")[:40], given.get("unit", "")[:40]
        self.owner: Staff | None = self.owners.get(self.owner_key)
        self.unit: Unit | None = self.units.get(self.unit_key)
        self.known = columns()
        wished = [key for part in given.getlist("cols") for key in part.split(",")]
        self.chosen = [self.known[key] for key in dict.fromkeys(wished) if key in self.known][:SHOWN_AT_MOST]
        if not self.chosen:
            self.chosen = [self.known[key] for key in DEFAULT]
        if self.sort not in ORDERS or self.level not in ("", *Level.values):
            raise Http404

    @property
    def gone(self) -> bool:
        """Whether it asks for an owner or unit that is not there for this reader."""
        return bool((self.owner_key and not self.owner) or (self.unit_key and not self.unit))

    @property
    def wanted(self) -> Wanted:
        return Wanted(
            search=self.search,
            level=self.level,
            owner=0 if self.owner_key and not self.owner else self.owner.pk if self.owner else None,
            unit=0 if self.unit_key and not self.unit else self.unit.pk if self.unit else None,
            sort=self.sort,
        )

    @property
    def filtered(self) -> bool:
        return bool(self.search or self.level or self.owner_key or self.unit_key)

    @property
    def cols(self) -> str:
        """The columns as an address names them, "" for the usual ones."""
        keys = tuple(one.key for one in self.chosen)
        return "" if keys == DEFAULT else ",".join(keys)

    @property
    def parts(self) -> dict[str, str]:
        """The address, without the page and the person beside it: what a saved view keeps."""
        return {
            "q": self.search,
            "level": self.level,
            "owner": self.owner_key,
            "unit": self.unit_key,
            "sort": "" if self.sort == "name" else self.sort,
            "cols": self.cols,
        }

    @property
    def kept(self) -> dict[str, str]:
        """The parts that say something, with the view that is open: hidden fields of a form that changes another."""
        return {name: value for name, value in (self.parts | {"view": self.view}).items() if value}

    def url(self, **changed: str) -> str:
        said = {name: value for name, value in (self.parts | {"view": self.view} | changed).items() if value}
        return "?" + urlencode(said, safe=",:")

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
            name = self.owner.name if self.owner else _("not there")
            found.append(Chip(_("Owner is %(name)s") % {"name": name}, self.url(owner="")))
        if self.unit_key:
            name = self.unit.name if self.unit else _("not there")
            found.append(Chip(_("Unit is %(name)s") % {"name": name}, self.url(unit="")))
        return found

    @property
    def level_options(self) -> list[tuple[str, str]]:
        return [("", _("Any level")), *((str(value), str(label)) for value, label in Level.choices)]

    @property
    def owner_options(self) -> list[tuple[str, str]]:
        return [("", _("Any owner")), *((key, owner.name) for key, owner in self.owners.items())]

    @property
    def unit_options(self) -> list[tuple[str, str]]:
        indented = ((key, "\u2003" * (unit.path.count("/") - 1) + unit.name) for key, unit in self.units.items())
        return [("", _("Any unit")), *indented]


def _by_key(rows: QuerySet[Any]) -> dict[str, Any]:
    return {row.public_id: row for row in rows[:CHOICES_AT_MOST]}
