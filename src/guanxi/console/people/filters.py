"""The filters of a list beyond level, owner and unit: what an address says, what is asked for, and how each reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from guanxi.console.choices import asked_day
from guanxi.console.people.level_filter import LevelFilter
from guanxi.console.people.standing_filter import StandingFilter
from guanxi.console.people.tag_filter import TagFilter
from guanxi.console.templatetags.figures import day
from guanxi.console.templatetags.ways import SOURCES
from guanxi.console.trait_names import trait_name
from guanxi.governance.models import Staff
from guanxi.kit.cells import BadCell, has_control
from guanxi.people import queries
from guanxi.people.models import Field, TraitKind
from guanxi.people.queries import TraitWanted, trait_wanted

DAYS = ("added_from", "added_to", "seen_from", "seen_to")
HAS = ("email", "phone")
OFFERED_AT_MOST = 40
"""Fields in the menu; an address may ask for any field."""


@dataclass(frozen=True)
class Said:
    """A filter in words, and the parts of the address that say it."""

    words: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Offered:
    """A field in the menu. `value`, or `least` and `most`, is what it is filtered by now."""

    field: Field
    value: str
    least: str
    most: str

    @property
    def label(self) -> str:
        return trait_name(self.field.key, self.field.label)

    @property
    def input(self) -> str:
        return "date" if self.field.kind == TraitKind.DATE else "text"

    @property
    def choices(self) -> list[tuple[str, str]]:
        if self.field.kind == TraitKind.CHOICE:
            more = [self.value] if self.value and self.value not in self.field.choices else []
            return [("", _("Any")), *((one, one) for one in (*self.field.choices, *more))]
        return [("", _("Any")), ("yes", _("Yes")), ("no", _("No"))]


class Filters:
    """Raises Http404 for what is no day, no yes or no, no field, or no value of its field."""

    def __init__(self, given: QueryDict, fields: Sequence[Field], staff: Staff) -> None:
        self.fields, self.tags, self.standing = fields, TagFilter(given, staff), StandingFilter(given)
        self.levels = LevelFilter(given)
        self.source = given.get("source", "").strip()[:40]
        self.days = {name: asked_day(given.get(name, "")) for name in DAYS}
        self.has = {name: given.get(name, "") for name in HAS}
        if has_control(self.source) or not {*self.has.values()} <= {"", "yes", "no"}:
            raise Http404
        keys = {one.key for one in fields}
        self.texts: dict[str, str] = {}
        for name in given:
            form, _mark, key = name.partition(":")
            if form in ("trait", "least", "most") and (text := given.get(name, "").strip()[:200]):
                if key not in keys or has_control(text):
                    raise Http404
                self.texts[name] = text
        self.traits = [(one, wanted) for one in fields if (wanted := self._trait(one))]

    def _trait(self, field: Field) -> TraitWanted | None:
        value, least, most = (self.texts.get(f"{form}:{field.key}", "") for form in ("trait", "least", "most"))
        if not (value or least or most):
            return None
        try:
            return trait_wanted(field.pk, field.kind, value=value, least=least, most=most)
        except BadCell as error:
            raise Http404 from error

    @property
    def wanted(self) -> dict[str, Any]:
        has = {name: None if not said else said == "yes" for name, said in self.has.items()}
        traits = tuple(wanted for _field, wanted in self.traits)
        rest = self.standing.wanted | self.tags.wanted | self.levels.wanted
        return {"source": self.source, "traits": traits, **self.days, **has, **rest}

    @cached_property
    def parts(self) -> dict[str, str]:
        days = {name: at.isoformat() if at else "" for name, at in self.days.items()}
        texts = dict(sorted(self.texts.items()))
        rest = self.standing.parts | self.tags.parts | self.levels.parts
        return {"source": self.source, **days, **self.has, **rest, **texts}

    def said(self) -> Iterator[Said]:
        if self.source:
            yield Said(_("Source: %(source)s") % {"source": SOURCES.get(self.source, self.source)}, ("source",))
        for words, first, last in (
            (_("Added %(days)s"), "added_from", "added_to"),
            (_("Last seen %(days)s"), "seen_from", "seen_to"),
        ):
            if self.days[first] or self.days[last]:
                yield Said(words % {"days": between(day(self.days[first]), day(self.days[last]))}, (first, last))
        for words, parts, from_day, to_day in self.levels.sentences():
            said = {"what": words, "days": between(day(from_day), day(to_day))} if from_day or to_day else None
            yield Said(_("%(what)s %(days)s") % said if said else words, parts)
        if self.has["email"]:
            yield Said(
                _("Has an e-mail address") if self.has["email"] == "yes" else _("Has no e-mail address"), HAS[:1]
            )
        if self.has["phone"]:
            yield Said(_("Has a phone") if self.has["phone"] == "yes" else _("Has no phone"), HAS[1:])
        for words, part in (*self.standing.sentences(), *self.tags.sentences()):
            yield Said(words, (part,))
        for field, wanted in self.traits:
            parts = tuple(f"{form}:{field.key}" for form in ("trait", "least", "most"))
            yield Said(f"{trait_name(field.key, field.label)}: {_in_words(wanted)}", parts)

    @cached_property
    def offered(self) -> list[Offered]:
        return [
            Offered(one, *(self.texts.get(f"{form}:{one.key}", "") for form in ("trait", "least", "most")))
            for one in self.fields[:OFFERED_AT_MOST]
        ]

    @cached_property
    def source_options(self) -> list[tuple[str, str]]:
        known = dict.fromkeys([*queries.sources(), *filter(None, [self.source])])
        return [("", _("Any source")), *((key, str(SOURCES.get(key, key))) for key in known)]

    @property
    def has_options(self) -> list[tuple[str, str]]:
        return [("", _("Any")), ("yes", _("Yes")), ("no", _("No"))]


def between(first: str, last: str) -> str:
    if first and last:
        return _("from %(first)s to %(last)s") % {"first": first, "last": last}
    if first:
        return _("from %(first)s on") % {"first": first}
    return _("up to %(last)s") % {"last": last}


def _in_words(wanted: TraitWanted) -> str:
    if wanted.value:
        if wanted.kind == TraitKind.YES_NO:
            return _("Yes") if wanted.value == "yes" else _("No")
        return wanted.value
    ends = [wanted.least, wanted.most]
    if wanted.kind == TraitKind.DATE:
        ends = [day(date.fromisoformat(one)) if one else "" for one in ends]
    return between(*ends)
