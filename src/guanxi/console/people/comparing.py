"""Two people side by side, and why they may be the same, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.commerce import queries as commerce
from guanxi.console.people.origins import origin, senders
from guanxi.console.people.words import trait_words
from guanxi.console.templatetags.figures import country_name, day, hour, language_name
from guanxi.console.trait_names import trait_name, trait_value
from guanxi.people import queries
from guanxi.people.models import Pair, Person
from guanxi.people.queries import Card

EVIDENCE: Mapping[str, Any] = {
    "name_same": gettext_lazy("The same name"),
    "name_near": gettext_lazy("Nearly the same name"),
    "name_swapped": gettext_lazy("The same name, in another order"),
    "name_sound": gettext_lazy("Names that sound the same"),
    "birth_same": gettext_lazy("The same date of birth"),
    "birth_part": gettext_lazy("The same date of birth, as far as it is known"),
    "birth_near": gettext_lazy("Nearly the same date of birth"),
    "email_near": gettext_lazy("Nearly the same e-mail address"),
    "phone_near": gettext_lazy("Nearly the same phone number"),
    "place_same": gettext_lazy("The same place"),
    "other_same": gettext_lazy("Other fields that agree"),
}


@dataclass(frozen=True)
class Line:
    """One thing of both. `pick`: its name in the form, when the two differ and one of them must go."""

    label: Any
    one: Any
    other: Any
    pick: str = ""


@dataclass(frozen=True)
class Compared:
    one: Card
    other: Card
    lines: list[Line]
    against: str
    """Kinds of which each has an id of their own, though a person has one."""


def compared(one: Person, other: Person) -> Compared:
    mine, theirs = queries.cards([one.pk, other.pk])
    kinds = queries.against_merging(one, other)
    labels = queries.kind_labels() if kinds else {}
    against = _(", ").join(str(labels.get(kind, kind)) for kind in kinds)
    return Compared(mine, theirs, list(_lines(mine, theirs)), against)


def _lines(mine: Card, theirs: Card) -> Iterator[Line]:
    one, other = mine.person, theirs.person
    yield _line(_("Name"), one.name, other.name, "name")
    yield Line(_("Level"), one.get_level_display(), other.get_level_display())
    for kind in dict.fromkeys(each.label for card in (mine, theirs) for each in card.identities):
        yield Line(kind, _shown(mine, kind), _shown(theirs, kind))
    spent = [commerce.totals(each) for each in (one, other)]
    yield Line(_("Orders"), spent[0].orders, spent[1].orders)
    yield Line(_("Owner"), one.owner.name if one.owner else "", other.owner.name if other.owner else "")
    yield Line(_("Added"), day(one.created_at), day(other.created_at))
    if one.language or other.language:
        yield _line(
            _("Language"), _named(language_name, one.language), _named(language_name, other.language), "language"
        )
    if one.country or other.country:
        yield _line(_("Country"), _named(country_name, one.country), _named(country_name, other.country), "country")
    traits = [{each.key: each for each in card.traits} for card in (mine, theirs)]
    for key in dict.fromkeys([*traits[0], *traits[1]]):
        both = [of.get(key) for of in traits]
        label = trait_name(key, next(each.label for each in both if each))
        values = [trait_value(key, trait_words(each.value)) if each else "" for each in both]
        yield _line(label, values[0], values[1], f"trait:{key}")


def _named(name: Callable[[str], str], code: str) -> str:
    return name(code) if code else ""


def _line(label: Any, one: Any, other: Any, pick: str) -> Line:
    return Line(label, one, other, pick if one and other and one != other else "")


def _shown(card: Card, label: str) -> str:
    return " · ".join(each.shown for each in card.identities if each.label == label)


def picks_of(both: Compared, posted: Mapping[str, str]) -> dict[str, int]:
    """Name of a line → the person whose value is to be shown."""
    whose = {card.person.public_id: card.person.pk for card in (both.one, both.other)}
    return {
        line.pick: whose[picked]
        for line in both.lines
        if line.pick and (picked := posted.get(f"pick-{line.pick}", "")) in whose
    }


def evidence(pairs: Iterable[Pair]) -> list[list[str]]:
    """Of each pair, why they may be one, and what speaks against it."""
    pairs = list(pairs)
    because = [pair.evidence["because"] for pair in pairs if "because" in pair.evidence]
    ids = queries.shown_ids(one["identity"] for one in because if one["identity"]) if because else {}
    sent, labels = senders(one["sender"] for one in because), queries.kind_labels()
    return [list(_evidence(pair, labels, ids, sent)) for pair in pairs]


def _evidence(pair: Pair, labels: Mapping[str, Any], ids: Mapping[int, str], sent: Mapping[str, str]) -> Iterator[str]:
    yield from (str(EVIDENCE[key]) for key in pair.evidence.get("for", []) if key in EVIDENCE)
    kinds = _(", ").join(str(labels.get(kind, kind)) for kind in pair.evidence.get("conflict", []))
    if kinds and (because := pair.evidence.get("because")):
        came = f"{labels.get(because['kind'], because['kind'])} {ids.get(because['identity'], '')}".strip()
        yield _("%(id)s came with both, but each has their own: %(kinds)s") % {"id": came, "kinds": kinds}
        at = datetime.fromisoformat(because["at"])
        yield f"{origin(because['source'], because['sender'], because['said'], sent)} · {day(at)} {hour(at)}"
    elif kinds:
        yield _("An id of both came together, but each has their own: %(kinds)s") % {"kinds": kinds}
    elif pair.origin == "conflict":
        yield _("They were one here, and somebody parted them")
