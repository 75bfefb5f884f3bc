"""What every page shows around its own content: the navigation that this role has, and the workspaces to switch to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from guanxi.console.notices.bell import bell
from guanxi.console.session.frame import frame
from guanxi.governance.models import Staff, User
from guanxi.governance.queries import Permission, may, workspaces_of


@dataclass(frozen=True)
class Entry:
    label: Any
    route: str
    icon: str
    permission: Permission | None = None
    key: str = ""
    """The short cut that leads there."""
    mobile: bool = False
    """Whether it stands in the bottom bar of a phone."""


NAVIGATION: list[tuple[Any, list[Entry]]] = [
    ("", [Entry(_("Home"), "home", "house", key="g h", mobile=True)]),
    (
        _("Customers"),
        [
            Entry(_("People"), "people", "users", Permission.PEOPLE_VIEW, "g p", mobile=True),
            Entry(_("Friends"), "friends", "user-check", Permission.PEOPLE_VIEW, "g f"),
            Entry(_("Group chats"), "groups", "message-circle", Permission.PEOPLE_VIEW, "g r"),
            Entry(_("Ladder"), "ladder", "trending-up", Permission.AUDIENCES_VIEW, "g l"),
            Entry(_("Audiences"), "audiences", "filter", Permission.AUDIENCES_VIEW, "g a", mobile=True),
            Entry(_("Imports"), "imports", "upload", Permission.PEOPLE_IMPORT, "g i"),
            Entry(_("Exports"), "exports", "download", Permission.EXPORTS_MAKE, "g x"),
        ],
    ),
    (
        _("Engage"),
        [
            Entry(_("Broadcasts"), "broadcasts", "send", Permission.BROADCASTS_VIEW, "g b", mobile=True),
            Entry(_("Content"), "contents", "layout-template", Permission.CONTENT_VIEW, "g c"),
        ],
    ),
    (
        _("Settings"),
        [
            Entry(_("Workspace"), "workspace", "settings", Permission.WORKSPACE_MANAGE),
            Entry(_("Tags"), "tags", "tag", Permission.TAGS_MANAGE),
            Entry(_("Roles of people"), "roles", "star", Permission.TAGS_MANAGE),
            Entry(_("Strength"), "strength", "scale", Permission.WORKSPACE_MANAGE),
            Entry(_("Channels"), "channels", "mail", Permission.CHANNELS_MANAGE),
            Entry(_("Suppression list"), "suppressions", "ban", Permission.CHANNELS_MANAGE),
            Entry(_("Staff and units"), "staff", "building-2", Permission.WORKSPACE_MANAGE),
            Entry(_("Security"), "security", "shield-check", Permission.WORKSPACE_MANAGE),
            Entry(_("API keys"), "keys", "key-round", Permission.API_KEYS),
            Entry(_("Sources"), "sources", "plug", Permission.SOURCES_MANAGE),
            Entry(_("Webhooks"), "webhooks", "webhook", Permission.WEBHOOKS_MANAGE),
            Entry(_("Health"), "health", "monitor", Permission.HEALTH_VIEW),
            Entry(_("Audit log"), "audit", "history", Permission.AUDIT_VIEW),
        ],
    ),
]


def shell(request: HttpRequest) -> dict[str, Any]:
    theme = getattr(request, "theme", "")
    staff: Staff | None = getattr(request, "staff", None)
    if staff is None:
        return {"theme": theme, "languages": settings.LANGUAGES, "frame": frame(request)}
    slug = request.workspace.slug  # type: ignore[attr-defined]
    return {
        "theme": theme,
        "languages": settings.LANGUAGES,
        "frame": frame(request),
        "workspace": request.workspace,  # type: ignore[attr-defined]
        "staff": staff,
        "nav": navigation(request.path, staff.role, slug),
        "search_url": reverse("find", args=[slug]),
        "people_url": reverse("people", args=[slug]) if may(staff.role, Permission.PEOPLE_VIEW) else "",
        "bell": SimpleLazyObject(lambda: bell(staff)),
        "workspaces": SimpleLazyObject(lambda: switcher(staff.user, slug)),
    }


def switcher(user: User, slug: str) -> list[dict[str, Any]]:
    return [
        {"label": one.name, "url": reverse("home", args=[one.slug]), "icon": "building-2", "current": one.slug == slug}
        for one in workspaces_of(user)
    ]


def navigation(path: str, role: str, slug: str) -> list[dict[str, Any]]:
    groups = []
    for label, entries in NAVIGATION:
        shown = [
            {
                "label": entry.label,
                "url": url,
                "icon": entry.icon,
                "current": path == url or path.startswith(url + "/"),
                "key": entry.key,
                "mobile": entry.mobile,
            }
            for entry in entries
            if entry.permission is None or may(role, entry.permission)
            for url in [reverse(entry.route, args=[slug])]
        ]
        if shown:
            groups.append({"label": label, "entries": shown})
    return groups
