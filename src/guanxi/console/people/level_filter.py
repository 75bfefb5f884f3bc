"""The part of a list's filter that asks who reached a level, and who lost one, in which days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from guanxi.console.choices import asked_day
from guanxi.people.models import Level

PROVEN = tuple(one.value for one in Level if one != Level.VISITOR)
ENDS = ("reached_from", "reached_to", "lost_from", "lost_to")


class LevelFilter:
    """Raises Http404 for what is no level that is proven, and for no day."""

    def __init__(self, given: QueryDict) -> None:
        self.reached, self.lost = given.get("reached", ""), given.get("lost", "")
        self.days = {name: asked_day(given.get(name, "")) for name in ENDS}
        if not {self.reached, self.lost} <= {"", *PROVEN}:
            raise Http404

    @property
    def wanted(self) -> dict[str, Any]:
        return {"reached": self.reached, "lost": self.lost, **self.days}

    @property
    def parts(self) -> dict[str, str]:
        days = {name: at.isoformat() if at else "" for name, at in self.days.items()}
        return {"reached": self.reached, "lost": self.lost, **days}

    def sentences(self) -> Iterator[tuple[str, tuple[str, ...], date | None, date | None]]:
        """In words, the parts of the address, and the days from and to."""
        if any((self.reached, self.days["reached_from"], self.days["reached_to"])):
            words = (
                _("Reached %(level)s") % {"level": Level(self.reached).label} if self.reached else _("Reached a level")
            )
            yield words, ("reached", *ENDS[:2]), self.days["reached_from"], self.days["reached_to"]
        if any((self.lost, self.days["lost_from"], self.days["lost_to"])):
            words = _("Lost %(level)s") % {"level": Level(self.lost).label} if self.lost else _("Lost a level")
            yield words, ("lost", *ENDS[2:]), self.days["lost_from"], self.days["lost_to"]

    @property
    def options(self) -> list[tuple[str, str]]:
        return [("", _("Any level")), *((key, str(Level(key).label)) for key in PROVEN)]
