"""One field that finds people, pages and actions: as a page, and as the list under the command palette."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from guanxi.console.access import StaffRequest, any_staff
from guanxi.console.find import places
from guanxi.console.find.recent import recent
from guanxi.governance.queries import Permission
from guanxi.governance.queries import may as role_may
from guanxi.people import queries as people
from guanxi.people.models import Person
from guanxi.people.queries import Wanted

PEOPLE_AT_MOST = 8


@any_staff
@never_cache
@require_safe
def find(request: StaffRequest) -> HttpResponse:
    text, role, slug = request.GET.get("q", "").strip()[:254], request.staff.role, request.workspace.slug
    people_found = found_people(request, text) if role_may(role, Permission.PEOPLE_VIEW) else []
    groups: list[dict[str, Any]] = [
        {"label": _("People") if text else _("Opened last"), "items": people_found},
        {"label": _("Actions"), "items": places.actions(text, role, slug)},
        {"label": _("Pages"), "items": places.pages(text, role, slug)},
    ]
    shown = [group for group in groups if group["items"]]
    template = "find/options.html" if request.headers.get("HX-Request") else "find/find.html"
    return render(request, template, {"text": text, "groups": shown})


def found_people(request: StaffRequest, text: str) -> list[dict[str, Any]]:
    """Who fits, within what this staff may see; without a text, who was opened last."""
    if text:
        rows = people.people_page(request.staff, Wanted(search=text), size=PEOPLE_AT_MOST).people
    else:
        opened = recent(request, request.workspace.slug)
        seen = people.visible(request.staff).filter(public_id__in=opened).select_related("unit")
        rows = sorted(seen, key=lambda one: opened.index(one.public_id))
    return [person_item(one, request.workspace.slug) for one in rows]


def person_item(one: Person, slug: str) -> dict[str, Any]:
    more = " · ".join(filter(None, [one.get_level_display(), one.unit.name if one.unit else ""]))
    url = reverse("person", args=[slug, one.public_id])
    return {"label": one.name or _("No name"), "url": url, "icon": "user", "more": more}
