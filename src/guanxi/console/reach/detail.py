"""A broadcast after it was confirmed: how far it is, what came of it, and what is doubtful."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from guanxi.audiences import queries as audiences
from guanxi.channels import queries as channels
from guanxi.channels.models import Message
from guanxi.channels.operations import NotDoubtful
from guanxi.console.access import StaffRequest, may
from guanxi.console.audiences.views import in_words as rule_words
from guanxi.console.audiences.words import number
from guanxi.console.reach.listing import found, may_edit, may_send
from guanxi.console.reach.words import in_words, named
from guanxi.governance.queries import Permission
from guanxi.people import queries as people
from guanxi.reach import operations as reach
from guanxi.reach import queries
from guanxi.reach.models import Broadcast, BroadcastState
from guanxi.reach.operations import WrongState

MOVING = (BroadcastState.PLANNING, BroadcastState.SENDING)
DOUBTFUL_AT_ONCE = 200


@may(Permission.BROADCASTS_VIEW)
@require_GET
def broadcast(request: StaffRequest, public_id: str) -> HttpResponse:
    broadcast = found(public_id)
    if broadcast.state == BroadcastState.DRAFT and may_edit(request):
        return redirect("broadcast_review", request.workspace.slug, public_id)
    return shown(request, broadcast)


def shown(request: StaffRequest, broadcast: Broadcast, *, refused: str = "", status: int = 200) -> HttpResponse:
    results = queries.results(broadcast, now=request.now)
    context = progress_of(broadcast) | {
        "refused": refused,
        "results": results,
        "bounced": named(results.bounced),
        "failed": named(results.failed),
        "effect": in_words(results.sales, broadcast) if broadcast.started_at else None,
        "acts": broadcast.acts.select_related("by").order_by("pk"),
        "doubtful": _doubtful(request, broadcast),
        "audience_words": rule_words(broadcast.rule, audiences.catalogue()) if broadcast.rule else "",
        "may_send": may_send(request),
    }
    return render(request, "reach/broadcast.html", context, status=status)


def progress_of(broadcast: Broadcast) -> dict[str, Any]:
    tally = channels.tally(broadcast.origin)
    to_send = tally.recipients - tally.skipped - tally.held_out - tally.cancelled
    return {
        "broadcast": broadcast,
        "tally": tally,
        "to_send": to_send,
        "settled": to_send - tally.waiting,
        "skipped": named(channels.reasons(broadcast.origin, "skipped")),
        "moving": broadcast.state in MOVING,
    }


@may(Permission.BROADCASTS_VIEW)
@require_GET
def progress(request: StaffRequest, public_id: str) -> HttpResponse:
    """The figures alone, asked for every two seconds while something moves; then the whole page is asked for once."""
    broadcast = found(public_id)
    answer = render(request, "reach/_progress.html", progress_of(broadcast))
    if broadcast.state not in MOVING:
        answer.headers["HX-Refresh"] = "true"
    return answer


def _doubtful(request: StaffRequest, broadcast: Broadcast) -> list[tuple[Message, bool]]:
    """With whether this member of staff may see who it is."""
    found = list(channels.doubtful(broadcast.origin)[:DOUBTFUL_AT_ONCE])
    seen = set(
        people.visible(request.staff).filter(pk__in=[one.person_id for one in found]).values_list("pk", flat=True)
    )
    return [(one, one.person_id in seen) for one in found]


@may(Permission.BROADCASTS_SEND)
@require_POST
def pause(request: StaffRequest, public_id: str) -> HttpResponse:
    broadcast = found(public_id)
    try:
        reach.pause(broadcast=broadcast, by=request.staff, now=request.now)
    except WrongState as now:
        return _refused(request, broadcast, now)
    messages.success(request, _("Paused. Nothing more starts until you resume."))
    return redirect("broadcast", request.workspace.slug, public_id)


@may(Permission.BROADCASTS_SEND)
@require_POST
def resume(request: StaffRequest, public_id: str) -> HttpResponse:
    broadcast = found(public_id)
    try:
        reach.resume(broadcast=broadcast, by=request.staff, now=request.now)
    except WrongState as now:
        return _refused(request, broadcast, now)
    messages.success(request, _("It goes on."))
    return redirect("broadcast", request.workspace.slug, public_id)


@may(Permission.BROADCASTS_SEND)
@require_POST
def cancel(request: StaffRequest, public_id: str) -> HttpResponse:
    broadcast = found(public_id)
    try:
        reach.cancel(broadcast=broadcast, by=request.staff, now=request.now)
    except WrongState as now:
        return _refused(request, broadcast, now)
    messages.success(request, _("Stopped. Who has it keeps it; nobody else gets it."))
    return redirect("broadcast", request.workspace.slug, public_id)


@may(Permission.BROADCASTS_SEND)
@require_POST
def doubtful(request: StaffRequest, public_id: str) -> HttpResponse:
    """Staff decide about messages of which it is not known whether they left."""
    broadcast = found(public_id)
    chosen = channels.doubtful(broadcast.origin).filter(
        public_id__in=request.POST.getlist("message")[:DOUBTFUL_AT_ONCE]
    )
    decided = list(chosen)
    if not decided:
        messages.error(request, _("Tick first the people whom you decide about."))
        return redirect("broadcast", request.workspace.slug, public_id)
    again = request.POST.get("do") == "again"
    decide = reach.send_again if again else reach.count_as_sent
    try:
        decide(broadcast=broadcast, messages=decided, by=request.staff, now=request.now)
    except (WrongState, NotDoubtful):
        words = _(
            "Some of these were decided meanwhile, or the broadcast was stopped. Nothing was changed; look again."
        )
        return shown(request, found(public_id), refused=words, status=409)
    messages.success(request, _decided(len(decided), again))
    return redirect("broadcast", request.workspace.slug, public_id)


def _decided(count: int, again: bool) -> str:
    if again:
        said = ngettext("%(n)s message goes out again.", "%(n)s messages go out again.", count)
    else:
        said = ngettext("%(n)s message counts as sent.", "%(n)s messages count as sent.", count)
    return said % {"n": number(count)}


def _refused(request: StaffRequest, broadcast: Broadcast, now: WrongState) -> HttpResponse:
    fresh = found(broadcast.public_id)
    words = _("This does not go any more: the broadcast is now “%(state)s”.") % {"state": fresh.get_state_display()}
    return shown(request, fresh, refused=words, status=409)
