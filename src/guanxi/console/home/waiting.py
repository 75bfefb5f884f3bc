"""Who waits for this member of staff: on the home page the first of them, and all of them page by page."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from guanxi.connections import queries as connections
from guanxi.connections.queries import Waiting
from guanxi.console.access import StaffRequest, may
from guanxi.console.errors import bad_request
from guanxi.governance.queries import Permission
from guanxi.governance.queries import may as role_may
from guanxi.people import queries as people
from guanxi.people.models import Role
from guanxi.people.queries import BadCursor

SHOWN = 5
WHY: dict[str, tuple[str, Any]] = {
    "wrote": ("message-circle", gettext_lazy("Wrote last")),
    "added": ("user-plus", gettext_lazy("Added you; add them back")),
    "neutral": ("arrow-down", gettext_lazy("Less close: neutral now")),
    "weak": ("arrow-down", gettext_lazy("Less close: weak now")),
}


def first(request: StaffRequest) -> dict[str, Any] | None:
    """None for who sees no people, and while nobody waits."""
    if not role_may(request.staff.role, Permission.PEOPLE_VIEW):
        return None
    mine = people.own_and_visible(request.staff)
    page, more = connections.waiting_page(request.staff, request.now, size=SHOWN, mine=mine)
    unknown = connections.added_and_unknown(request.staff, mine)
    if not page and not unknown:
        return None
    return {"rows": rows(page, request.workspace.slug), "more": more, "unknown": unknown, "order": order()}


def rows(page: Sequence[Waiting], slug: str) -> list[dict[str, Any]]:
    return [
        {
            "name": one.person.name or _("No name"),
            "url": reverse("person", args=[slug, one.person.public_id]),
            "role": one.role.label if one.role != Role.CONSUMER else "",
            "icon": WHY[one.why][0],
            "why": WHY[one.why][1],
            "since": one.since,
        }
        for one in page
    ]


def order() -> str:
    """Opinion leader → Consumer, Employee"""
    places = people.priorities()
    steps = groupby(sorted(places, key=places.__getitem__), key=places.__getitem__)
    return " → ".join(_(", ").join(str(Role(one).label) for one in some) for _priority, some in steps)


@may(Permission.PEOPLE_VIEW)
@require_safe
def waiting(request: StaffRequest) -> HttpResponse:
    after, mine = request.GET.get("after", ""), people.own_and_visible(request.staff)
    try:
        page, following = connections.waiting_page(request.staff, request.now, after=after, mine=mine)
    except BadCursor:
        return bad_request(request)
    context = {
        "waiting": {
            "rows": rows(page, request.workspace.slug),
            "unknown": connections.added_and_unknown(request.staff, mine),
            "order": order(),
        },
        "next": "?" + urlencode({"after": following}) if following else "",
        "first": bool(after),
    }
    return render(request, "home/waiting.html", context)
