"""A list of people as its address says it: search, filters as sentences, order, page, and who stands beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from guanxi.governance.models import Staff, Unit
from guanxi.governance.queries import DataScope, data_scope
from guanxi.people.models import Level
from guanxi.people.queries import Wanted

CHOICES_AT_MOST = 500
SORTS = ("name", "newest")


@dataclass(frozen=True)
class Chip:
    """A filter in words, and the list without it."""

    words: str
    without: str


class Asked:
    """What an address asks for. Raises Http404 for a level, owner, unit or order that is not there."""

    def __init__(self, given: QueryDict, staff: Staff) -> None:
        self.search = given.get("q", "").strip()[:100]
        self.sort = given.get("sort", "name")
        self.level = given.get("level", "")
        self.after = given.get("after", "")
        self.person = given.get("person", "")
        self.owners = {} if data_scope(staff.role) == DataScope.OWN else _by_key(Staff.objects.order_by("name", "pk"))
        self.units = _by_key(Unit.objects.order_by("path"))
        self.owner: Staff | None = _one(self.owners, given.get("owner", ""))
        self.unit: Unit | None = _one(self.units, given.get("unit", ""))
        if self.sort not in SORTS or self.level not in ("", *Level.values):
            raise Http404

    @property
    def wanted(self) -> Wanted:
        return Wanted(
            search=self.search,
            level=self.level,
            owner=self.owner.pk if self.owner else None,
            unit=self.unit.pk if self.unit else None,
            sort=self.sort,
        )

    @property
    def filtered(self) -> bool:
        return bool(self.search or self.level or self.owner or self.unit)

    @property
    def parts(self) -> dict[str, str]:
        """The address, without the page and the person beside it."""
        return {
            "q": self.search,
            "level": self.level,
            "owner": self.owner.public_id if self.owner else "",
            "unit": self.unit.public_id if self.unit else "",
            "sort": "" if self.sort == "name" else self.sort,
        }

    def url(self, **changed: str) -> str:
        said = {name: value for name, value in (self.parts | changed).items() if value}
        return "?" + urlencode(said)

    @property
    def by_name(self) -> str:
        return self.url(sort="")

    @property
    def by_newest(self) -> str:
        return self.url(sort="newest")

    @property
    def same_page(self) -> str:
        return self.url(after=self.after)

    @property
    def chips(self) -> list[Chip]:
        found = []
        if self.level:
            found.append(Chip(_("Level is %(level)s") % {"level": Level(self.level).label}, self.url(level="")))
        if self.owner:
            found.append(Chip(_("Owner is %(name)s") % {"name": self.owner.name}, self.url(owner="")))
        if self.unit:
            found.append(Chip(_("Unit is %(name)s") % {"name": self.unit.name}, self.url(unit="")))
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


def _one(known: dict[str, Any], key: str) -> Any:
    if key and key not in known:
        raise Http404
    return known.get(key)
