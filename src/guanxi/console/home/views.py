"""What is going on here: figures, and the work that is open."""

from __future__ import annotations

from typing import Any

from babel.numbers import format_percent
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from guanxi.console.access import StaffRequest, any_staff, may
from guanxi.console.home.mine import turn_to
from guanxi.console.home.now import needs, yesterday
from guanxi.console.home.steps import first_steps
from guanxi.console.home.team import week
from guanxi.console.home.waiting import first
from guanxi.console.templatetags.figures import locale
from guanxi.events import queries as events
from guanxi.governance import operations as governance
from guanxi.governance.queries import Permission
from guanxi.governance.queries import may as role_may
from guanxi.people import queries as people
from guanxi.people.models import Import, ImportState, Level
from guanxi.people.registry import import_kind
from guanxi.reach.models import Broadcast, BroadcastState

SHOWN = 5
AT_WORK = (ImportState.CHECKING, ImportState.RUNNING, ImportState.UNDOING)
IMPORT_TONES = {ImportState.DONE: "ok", ImportState.FAILED: "danger", ImportState.CHECKED: "info"}
BROADCAST_TONES = {BroadcastState.DONE: "ok", BroadcastState.SENDING: "info", BroadcastState.PAUSED: "warn"}


@any_staff
@require_safe
def home(request: StaffRequest) -> HttpResponse:
    role, slug = request.staff.role, request.workspace.slug
    page: dict[str, Any] = {
        "demo": request.workspace.is_demo,
        "today": request.now,
        "needs_password": not request.user.has_usable_password(),
        "may_play": role_may(role, Permission.WORKSPACE_MANAGE),
        "may_import": role_may(role, Permission.PEOPLE_IMPORT),
        "steps": first_steps(role, slug),
        "needs": needs(request),
        "waiting_for": first(request),
        "turn_to": turn_to(request),
        "yesterday": yesterday(request),
        "week": week(request),
        "levels": None,
    }
    if role_may(role, Permission.PEOPLE_VIEW):
        counts = people.level_counts(request.staff)
        page |= {"people": sum(counts.values()), "levels": levels(counts, slug), "waiting": events.waiting()}
    if page["may_import"]:
        latest = Import.objects.order_by("-created_at", "-id")[:SHOWN]
        page["imports"] = [import_row(one, slug) for one in latest]
        page["running"] = any(row["is_running"] for row in page["imports"])
    if role_may(role, Permission.BROADCASTS_VIEW):
        page["broadcasts"] = broadcasts()
    return render(request, "home/home.html", page)


def levels(counts: dict[str, int], slug: str) -> list[dict[str, Any]]:
    """The ladder from its top, each with its share of all."""
    total = sum(counts.values())
    return [
        {
            "label": level.label,
            "count": counts.get(level, 0),
            "share": format_percent(counts.get(level, 0) / total if total else 0, locale=locale()),
            "url": f"{reverse('people', args=[slug])}?level={level}",
        }
        for level in reversed(Level)
    ]


def import_row(one: Import, slug: str) -> dict[str, Any]:
    total = one.total_rows or 0
    return {
        "kind": import_kind(one.kind).label,
        "url": reverse("import", args=[slug, one.public_id]),
        "name": one.filename,
        "state": one.get_state_display(),
        "tone": IMPORT_TONES.get(ImportState(one.state), ""),
        "is_running": one.state in AT_WORK,
        "done": one.done_rows if total else None,
        "total": total or 100,
        "words": f"{one.get_state_display()} · {one.done_rows:,} / {total:,}" if total else one.get_state_display(),
        "at": one.created_at,
    }


def broadcasts() -> list[dict[str, Any]]:
    latest = Broadcast.objects.select_related("audience").order_by("-updated_at", "-id")[:SHOWN]
    return [{"one": one, "tone": BROADCAST_TONES.get(BroadcastState(one.state), "")} for one in latest]


@may(Permission.WORKSPACE_MANAGE)
@require_POST
def next_day(request: StaffRequest) -> HttpResponse:
    if not request.workspace.is_demo:
        raise Http404
    governance.play_forward(workspace=request.workspace)
    messages.success(request, _("It is the next day. Its purchases arrive within a minute."))
    return redirect("home", request.workspace.slug)
