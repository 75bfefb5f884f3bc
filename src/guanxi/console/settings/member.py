"""One member of staff: what they may do here, how they come in, and how they leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.connections import queries as connections
from guanxi.connections.operations import FriendsKept
from guanxi.console.access import StaffRequest, confirmed, may, sent
from guanxi.console.connections.handing_over import REFUSALS as FRIENDS_KEPT
from guanxi.console.session.joining import address
from guanxi.console.settings.forms import Leaving, NewStaff, Place
from guanxi.console.settings.staff import REFUSALS, found
from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission
from guanxi.kit import clock
from guanxi.people import operations as people
from guanxi.people import queries as people_queries

TAKERS_AT_MOST = 500
HANDOVER_REFUSALS: dict[str, Any] = {
    "still_active": gettext_lazy("They have access and keep their people. Take access first."),
    "holds_no_people": gettext_lazy("Choose someone with access who looks after people."),
    "at_work": gettext_lazy("Their people are being handed over already."),
}


@may(Permission.WORKSPACE_MANAGE)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_staff(request: StaffRequest) -> HttpResponse:
    form = NewStaff(sent(request))
    if form.is_valid():
        try:
            one, token = governance.invite(**form.cleaned_data, by=request.staff, now=clock.wall())
        except governance.StaffRefused as refusal:
            form.add_error("email", REFUSALS[refusal.reason])
        else:
            return show_invitation(request, one, token)
    return render(request, "settings/staff_new.html", {"form": form}, status=422 if form.is_bound else 200)


@may(Permission.WORKSPACE_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def member(request: StaffRequest, public_id: str) -> HttpResponse:
    """The page, and the form on it: role and unit."""
    one = found(public_id)
    form = Place(sent(request), initial={"role": one.role, "unit": one.unit})
    if form.is_valid():
        try:
            governance.change_place(staff=one, by=request.staff, **form.cleaned_data)
        except governance.StaffRefused as refusal:
            form.add_error("role", REFUSALS[refusal.reason])
        else:
            messages.success(request, _("Saved. It holds from their next page on."))
            return back(request, one)
    return render(request, "settings/member.html", known(one, form), status=422 if form.is_bound else 200)


def known(one: Staff, form: Place) -> dict[str, Any]:
    return {
        "member": one,
        "form": form,
        "until": queries.invitations([one]).get(one.user_id),
        "held": people_queries.held_by([one]).get(one.pk, 0),
        "friends": connections.held_friends([one]).get(one.pk, 0),
        "changing": connections.friends_changing_hands([one]).get(one.pk),
        "handover": people_queries.handovers([one]).get(one.pk),
        "two_steps": queries.has_second_step(one.user),
    }


def back(request: StaffRequest, one: Staff) -> HttpResponse:
    return redirect("staff_member", request.workspace.slug, one.public_id)


def turned(request: StaffRequest, public_id: str, turn: Callable[[Staff], HttpResponse]) -> HttpResponse:
    """One operation on a member of staff; what it refuses is said on their page."""
    one = found(public_id)
    try:
        return turn(one)
    except governance.StaffRefused as refusal:
        messages.error(request, REFUSALS[refusal.reason])
        return back(request, one)


@may(Permission.WORKSPACE_MANAGE)
@confirmed
@never_cache
@require_POST
def new_link(request: StaffRequest, public_id: str) -> HttpResponse:
    def turn(one: Staff) -> HttpResponse:
        token = governance.link_for_staff(staff=one, by=request.staff, now=clock.wall())
        shown = {"member": one, "link": f"{settings.BASE_URL}/sign-in/{token}"}
        return render(request, "settings/staff_link.html", shown)

    return turned(request, public_id, turn)


@may(Permission.WORKSPACE_MANAGE)
@never_cache
@require_POST
def invite_again(request: StaffRequest, public_id: str) -> HttpResponse:
    def turn(one: Staff) -> HttpResponse:
        token = governance.invite_again(staff=one, by=request.staff, now=clock.wall())
        return show_invitation(request, one, token)

    return turned(request, public_id, turn)


def show_invitation(request: StaffRequest, one: Staff, token: str) -> HttpResponse:
    """Shown once, in the answer itself: nothing keeps it."""
    shown = {"member": one, "link": address(token), "known": queries.is_known(one.user)}
    return render(request, "settings/invitation.html", shown)


@may(Permission.WORKSPACE_MANAGE)
@require_POST
def withdraw(request: StaffRequest, public_id: str) -> HttpResponse:
    def turn(one: Staff) -> HttpResponse:
        governance.withdraw_invitation(staff=one, by=request.staff)
        messages.success(request, _("The invitation of %(name)s is taken back.") % {"name": one.name})
        return redirect("staff", request.workspace.slug)

    return turned(request, public_id, turn)


@may(Permission.WORKSPACE_MANAGE)
@confirmed
@require_POST
def remove_second_step(request: StaffRequest, public_id: str) -> HttpResponse:
    def turn(one: Staff) -> HttpResponse:
        governance.remove_second_step(staff=one, by=request.staff)
        said = _("%(name)s signs in by one step until they set up a second one. They are signed out everywhere.")
        messages.success(request, said % {"name": one.name})
        return back(request, one)

    return turned(request, public_id, turn)


@may(Permission.WORKSPACE_MANAGE)
@confirmed
@require_POST
def give_access(request: StaffRequest, public_id: str) -> HttpResponse:
    def turn(one: Staff) -> HttpResponse:
        governance.set_active(staff=one, active=True, by=request.staff)
        messages.success(request, _("%(name)s has access again.") % {"name": one.name})
        return back(request, one)

    return turned(request, public_id, turn)


@may(Permission.WORKSPACE_MANAGE)
@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: StaffRequest, public_id: str) -> HttpResponse:
    """Access is taken at once; their people go to whoever is chosen, now or later."""
    one = found(public_id)
    held = people_queries.held_by([one]).get(one.pk, 0)
    friends = connections.held_friends([one]).get(one.pk, 0)
    takers = people_queries.takers().exclude(pk=one.pk)[:TAKERS_AT_MOST]
    form = Leaving(sent(request), takers=takers, may_wait=one.is_active)
    if request.method == "POST" and (form.is_valid() or not (held or friends)):
        return turned(request, public_id, lambda one: let_go(request, one, form.cleaned_data.get("to", "later")))
    page = {"member": one, "form": form, "held": held, "friends": friends}
    return render(request, "settings/leave.html", page, status=422 if form.is_bound else 200)


def let_go(request: StaffRequest, one: Staff, to: str) -> HttpResponse:
    if one.is_active:
        governance.set_active(staff=one, active=False, by=request.staff)
        messages.success(request, _("%(name)s has no access any more.") % {"name": one.name})
    if to == "later":
        return back(request, one)
    taker = None if to == "nobody" else found(to)
    try:
        of = people.hand_over(giver=one, taker=taker, by=request.staff, now=request.now)
    except people.HandoverRefused as refusal:
        messages.error(request, HANDOVER_REFUSALS[refusal.reason])
        return back(request, one)
    except FriendsKept as refusal:
        messages.error(request, FRIENDS_KEPT[refusal.reason])
        return back(request, one)
    return redirect("bulk", request.workspace.slug, of.public_id) if of else back(request, one)
