"""The pages and actions that a role has, found by their names in any of the three languages."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from guanxi.console.context import NAVIGATION, Entry
from guanxi.governance.queries import Permission, may

ACTIONS = (
    Entry(_("New person"), "person_new", "user-plus", Permission.PEOPLE_EDIT),
    Entry(_("New import"), "import_new", "upload", Permission.PEOPLE_IMPORT),
    Entry(_("New export"), "export_new", "download", Permission.EXPORTS_MAKE),
    Entry(_("New audience"), "audience_new", "filter", Permission.AUDIENCES_EDIT),
    Entry(_("New rule for a tag"), "tag_rules", "tag", Permission.TAGS_MANAGE),
    Entry(_("New content"), "content_new", "layout-template", Permission.CONTENT_EDIT),
    Entry(_("New broadcast"), "broadcast_new", "send", Permission.BROADCASTS_EDIT),
    Entry(_("Connect a channel"), "channel_new", "mail", Permission.CHANNELS_MANAGE),
    Entry(_("New kind of id"), "id_kind_new", "key-round", Permission.SOURCES_MANAGE),
    Entry(_("New endpoint"), "webhook_new", "webhook", Permission.WEBHOOKS_MANAGE),
    Entry(_("Add staff"), "staff_new", "user-check", Permission.WORKSPACE_MANAGE),
    Entry(_("New unit"), "unit_new", "building-2", Permission.WORKSPACE_MANAGE),
)
OUTSIDE = (Entry(_("Your account"), "account", "user"),)


@dataclass(frozen=True)
class Place:
    label: str
    url: str
    icon: str


NOTICES = Entry(_("Notices"), "notices", "bell")


def pages(text: str, role: str, slug: str) -> list[Place]:
    inside = [*(entry for _label, entries in NAVIGATION for entry in entries), NOTICES]
    found = [_place(entry, [slug]) for entry in inside if _fits(entry, text, role)]
    return found + [_place(entry, []) for entry in OUTSIDE if _fits(entry, text, role)]


def actions(text: str, role: str, slug: str) -> list[Place]:
    return [_place(entry, [slug]) for entry in ACTIONS if _fits(entry, text, role)]


def _place(entry: Entry, arguments: list[str]) -> Place:
    return Place(str(entry.label), reverse(entry.route, args=arguments), entry.icon)


def _fits(entry: Entry, text: str, role: str) -> bool:
    if entry.permission is not None and not may(role, entry.permission):
        return False
    return any(all(_begins(part, name) for part in folded(text).split()) for name in _names(entry.route))


def _begins(part: str, name: str) -> bool:
    """At the start of a word; anywhere in scripts that set no spaces between words."""
    return f" {part}" in f" {name}" or (not part.isascii() and part in name)


@cache
def _names(route: str) -> tuple[str, ...]:
    labels = [entry.label for _label, entries in NAVIGATION for entry in entries if entry.route == route]
    labels += [entry.label for entry in (*ACTIONS, *OUTSIDE, NOTICES) if entry.route == route]
    return tuple(folded(_in(code, label)) for code, _name in settings.LANGUAGES for label in labels)


def _in(language: str, label: Any) -> str:
    with translation.override(language):
        return str(label)


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
