"""Hand-overs of friends: how far each is, stopping it and going on, and taking it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from guanxi.connections import operations as connections
from guanxi.connections import queries
from guanxi.connections.models import FriendHandover, HandoverState
from guanxi.console.access import StaffRequest, may
from guanxi.console.connections.handing_over import REFUSALS
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission
from guanxi.people.queries import UNDO_FOR

SHOWN = 100
TONES = {
    HandoverState.DONE: "ok",
    HandoverState.FAILED: "danger",
    HandoverState.STOPPED: "warn",
    HandoverState.RUNNING: "info",
    HandoverState.UNDOING: "info",
}
PROBLEMS: dict[str, Any] = {
    "taker_left": gettext_lazy(
        "One of those who take over has no access any more, or looks after nobody. It goes on once they do again; "
        "or hand the others over to somebody else."
    ),
    "giver_left": gettext_lazy("Whose friends they are has no access any more."),
    "unexpected": gettext_lazy("Something happened that should not; the log of the worker says where."),
}


@may(Permission.PEOPLE_BULK)
@require_safe
def listing(request: StaffRequest) -> HttpResponse:
    found = list(queries.handovers_of(request.staff)[:SHOWN])
    names = dict(Staff.objects.values_list("pk", "name"))
    listed = [
        {
            "of": one,
            "shares": _shares(one, names),
            "dealt_with": one.friends + one.left_out,
            "back": one.returned + one.kept,
            "tone": TONES.get(HandoverState(one.state), ""),
            "may_undo": queries.may_return(one, request.now),
        }
        for one in found
    ]
    working = any(one.state in queries.HANDOVER_WORKING for one in found)
    return render(request, "connections/handovers.html", {"listed": listed, "working": working})


def _shares(of: FriendHandover, names: dict[int, str]) -> list[tuple[str, int]]:
    return [(names.get(taker, ""), friends) for taker, friends, *_ in of.shares]


def found(request: StaffRequest, public_id: str) -> FriendHandover:
    of: FriendHandover | None = queries.handovers_of(request.staff).filter(public_id=public_id).first()
    if of is None:
        raise Http404
    return of


@may(Permission.PEOPLE_BULK)
@require_safe
def handover(request: StaffRequest, public_id: str) -> HttpResponse:
    of = found(request, public_id)
    names = dict(Staff.objects.filter(pk__in=[taker for taker, *_ in of.shares]).values_list("pk", "name"))
    page = {
        "of": of,
        "working": of.state in queries.HANDOVER_WORKING,
        "shares": _shares(of, names),
        "dealt_with": of.friends + of.left_out,
        "back": of.returned + of.kept,
        "problem": PROBLEMS.get(of.problem),
        "may_undo": queries.may_return(of, request.now),
        "may_resume": queries.may_resume(of),
        "waits": queries.waits_to_return(of, request.now),
        "until": of.at + UNDO_FOR,
    }
    return render(request, "connections/handover.html", page)


def turned(request: StaffRequest, public_id: str, turn: Callable[..., FriendHandover]) -> FriendHandover | None:
    try:
        return turn(of=found(request, public_id), by=request.staff, now=request.now)
    except connections.FriendsKept as refusal:
        left = refusal.reason in ("inactive", "holds_no_people")
        messages.error(request, PROBLEMS["taker_left"] if left else REFUSALS[refusal.reason])
        return None


@may(Permission.PEOPLE_BULK)
@require_POST
def stop(request: StaffRequest, public_id: str) -> HttpResponse:
    turned(request, public_id, connections.stop_handover)
    return redirect("friend_handover", request.workspace.slug, public_id)


@may(Permission.PEOPLE_BULK)
@require_POST
def resume(request: StaffRequest, public_id: str) -> HttpResponse:
    turned(request, public_id, connections.resume_handover)
    return redirect("friend_handover", request.workspace.slug, public_id)


@may(Permission.PEOPLE_BULK)
@require_POST
def undo(request: StaffRequest, public_id: str) -> HttpResponse:
    done = turned(request, public_id, connections.return_friends)
    if done is not None and done.state not in queries.HANDOVER_WORKING:
        said = ngettext("%(n)s friend is back.", "%(n)s friends are back.", done.returned)
        messages.success(request, said % {"n": done.returned})
        return redirect("friend_handovers", request.workspace.slug)
    return redirect("friend_handover", request.workspace.slug, public_id)
