"""What people did on a site or in an app: each event as the site calls it, with what it said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from guanxi.acquisition import queries as acquisition
from guanxi.acquisition.queries import MONEY, TRACK, VISITS
from guanxi.console.people.words import trait_words
from guanxi.console.templatetags.figures import money
from guanxi.events.queries import TimelineEntry
from guanxi.kit.money import Money

BEGINS = (TRACK, "visit.")
SAID, LONGEST = 5, 80
NAMES = ("page", "title", "path", "url")
"""What a page is called, the best first."""


def names_of(entries: Sequence[TimelineEntry]) -> dict[str, str]:
    """Of these facts, and of those by which a level was reached."""
    named = (name for entry in entries for name in (entry.name, str(entry.props.get("label", ""))))
    keys = {name for name in named if name.startswith(TRACK)}
    return acquisition.called(keys) if keys else {}


def told_of_site(entry: TimelineEntry, names: Mapping[str, str]) -> tuple[str, str, str]:
    """An icon, what happened, and more of it."""
    if entry.name.startswith(TRACK):
        amount = money(Money(entry.amount_minor, entry.currency)) if entry.amount_minor and entry.currency else ""
        shown = MONEY if amount else ()
        return "monitor", names.get(entry.name, entry.name), _said(entry.props, amount, shown)
    if entry.name == VISITS["group"]:
        return "users", _("Joined a group"), _short(entry.props.get("group", ""))
    of = next((name for name in NAMES if isinstance(entry.props.get(name), str) and entry.props[name]), "")
    called = {"name": _short(entry.props.get(of, ""))}
    if entry.name == VISITS["screen"]:
        title = _("Saw the screen “%(name)s”") % called if of else _("Saw a screen")
    else:
        title = _("Saw the page “%(name)s”") % called if of else _("Saw a page")
    return "eye", title, _said(entry.props, "", (of, *NAMES[:-1], "page_category", "search", "referrer"))


def _said(props: Mapping[str, Any], amount: str, shown: Iterable[str]) -> str:
    plain = {key: value for key, value in props.items() if isinstance(value, str | int | float) and value != ""}
    parts = [f"{key}: {_short(trait_words(value))}" for key, value in plain.items() if key not in shown]
    return " · ".join(part for part in (amount, *parts[:SAID], "…" if len(parts) > SAID else "") if part)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
