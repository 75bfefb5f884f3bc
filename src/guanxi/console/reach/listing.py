"""All broadcasts, and how to find one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from guanxi.channels.models import Message, MessageState
from guanxi.console.access import StaffRequest, may
from guanxi.console.paging import newest_first
from guanxi.governance.queries import Permission
from guanxi.governance.queries import may as role_may
from guanxi.reach.models import Broadcast, BroadcastState

TONES = {
    BroadcastState.PLANNING: "info",
    BroadcastState.SENDING: "info",
    BroadcastState.PAUSED: "warn",
    BroadcastState.DONE: "ok",
}


def found(public_id: str) -> Broadcast:
    related = Broadcast.objects.select_related("audience", "content", "account", "by")
    broadcast = related.filter(public_id=public_id).first()
    if broadcast is None:
        raise Http404
    return broadcast


@dataclass(frozen=True)
class Listed:
    broadcast: Broadcast
    accepted: int
    opened: int


@may(Permission.BROADCASTS_VIEW)
@require_GET
def broadcasts(request: StaffRequest) -> HttpResponse:
    page = newest_first(Broadcast.objects.select_related("audience"), request.GET.get("after", ""))
    figures = _figures(page.rows)
    listed = [Listed(one, *figures[one.origin]) for one in page.rows]
    context = {"listed": listed, "next": page.next, "may_edit": may_edit(request)}
    return render(request, "reach/list.html", context)


def _figures(rows: Sequence[Broadcast]) -> dict[str, tuple[int, int]]:
    """Accepted and opened of each origin, by one question."""
    sent = Message.objects.filter(origin__in=[one.origin for one in rows], state=MessageState.ACCEPTED)
    counted = sent.values_list("origin").annotate(
        accepted=Count("pk"), opened=Count("pk", filter=Q(opened_at__isnull=False))
    )
    found: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    found.update({origin: (accepted, opened) for origin, accepted, opened in counted})
    return found


def may_edit(request: StaffRequest) -> bool:
    return role_may(request.staff.role, Permission.BROADCASTS_EDIT)


def may_send(request: StaffRequest) -> bool:
    return role_may(request.staff.role, Permission.BROADCASTS_SEND)
