"""What needs somebody now, and what yesterday brought."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guanxi.channels import queries as channels
from guanxi.channels.models import Account
from guanxi.commerce import queries as commerce
from guanxi.console.access import StaffRequest
from guanxi.governance.queries import DataScope, Permission, data_scope, may
from guanxi.people import queries as people
from guanxi.people.models import Bulk, BulkState, Import, ImportState
from guanxi.reach.models import Broadcast, BroadcastState

SHOWN = 5
LOOKED_AT = 50
TO_FINISH = (ImportState.UPLOADED, ImportState.CHECKED, ImportState.CANCELLED, ImportState.FAILED)


def needs(request: StaffRequest) -> list[dict[str, Any]]:
    """What does not go on by itself, the most urgent first."""
    role, slug = request.staff.role, request.workspace.slug
    found: list[dict[str, Any]] = []
    if may(role, Permission.CHANNELS_MANAGE):
        found += [
            need("danger", _("%(name)s cannot send: %(problem)s"), "channels", slug, name=one.name, problem=one.problem)
            for one in Account.objects.filter(is_active=True).exclude(problem="")[:SHOWN]
        ]
    if may(role, Permission.BROADCASTS_EDIT):
        found += broadcasts(slug)
    if may(role, Permission.PEOPLE_IMPORT):
        open_ones = Import.objects.filter(state__in=TO_FINISH).order_by("-created_at", "-pk")
        found += [
            need("warn", _("%(name)s is not imported yet: %(state)s"), "import", slug, one.public_id,
                 name=one.filename, state=one.get_state_display())
            for one in open_ones[:SHOWN]
        ]  # fmt: skip
    if may(role, Permission.PEOPLE_BULK):
        stopped = Bulk.objects.filter(by=request.staff, state__in=(BulkState.STOPPED, BulkState.FAILED), undone_at=None)
        found += [
            need("warn", _("%(name)s stopped before its end"), "bulk", slug, one.public_id, name=one.get_act_display())
            for one in stopped.order_by("-pk")[:SHOWN]
        ]
    return found


def broadcasts(slug: str) -> list[dict[str, Any]]:
    recent = list(Broadcast.objects.exclude(state=BroadcastState.DRAFT).order_by("-updated_at", "-pk")[:LOOKED_AT])
    doubtful = channels.with_doubtful([one.origin for one in recent])
    found = []
    for one in recent:
        if one.state == BroadcastState.PAUSED:
            found.append(need("warn", _("%(name)s is paused"), "broadcast", slug, one.public_id, name=one.name))
        if count := doubtful.get(one.origin, 0):
            words = ngettext("%(name)s: %(n)s doubtful message", "%(name)s: %(n)s doubtful messages", count)
            found.append(need("danger", words, "broadcast", slug, one.public_id, name=one.name, n=f"{count:,}"))
    return found[:SHOWN]


def need(tone: str, words: str, route: str, slug: str, *which: str, **said: Any) -> dict[str, Any]:
    icon = "circle-alert" if tone == "danger" else "triangle-alert"
    return {"tone": tone, "icon": icon, "words": words % said, "url": reverse(route, args=[slug, *which])}


def yesterday(request: StaffRequest) -> dict[str, Any] | None:
    """The day before this one in the workspace's zone; money and messages only for who sees everyone."""
    role = request.staff.role
    if not may(role, Permission.PEOPLE_VIEW):
        return None
    until = midnight(request.now)
    since = midnight(until - timedelta(hours=12))
    figures: dict[str, Any] = {"day": since, "people": people.added_between(request.staff, since, until)}
    if data_scope(role) == DataScope.ALL:
        figures["orders"], figures["sales"] = commerce.sold_between(since, until)
        if may(role, Permission.BROADCASTS_VIEW):
            late = Broadcast.objects.filter(updated_at__gte=since).exclude(state=BroadcastState.DRAFT)
            origins = [one.origin for one in late.order_by("-updated_at")[:LOOKED_AT]]
            figures["accepted"] = channels.accepted_between(origins, since, until)
    return figures


def midnight(at: datetime) -> datetime:
    """The begin of the local day."""
    day = timezone.localtime(at).date()
    return timezone.make_aware(datetime(day.year, day.month, day.day))
