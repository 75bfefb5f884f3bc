"""Who works in this workspace, and where."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from guanxi.console.access import StaffRequest, may
from guanxi.governance import queries
from guanxi.governance.models import Staff, Unit
from guanxi.governance.queries import Permission
from guanxi.people import queries as people_queries

REFUSALS: dict[str, Any] = {
    "bad_email": gettext_lazy("This is not an e-mail address."),
    "already_staff": gettext_lazy("Someone with this e-mail is on the list already. Open them there."),
    "invited": gettext_lazy("They are invited and come in by their link. Invite them again if it is lost."),
    "not_invited": gettext_lazy("This invitation was taken up or taken back already."),
    "no_access": gettext_lazy("Give access again first."),
    "works_elsewhere": gettext_lazy(
        "They work in other workspaces too, so it is not for one of them to open their login. They can use a recovery "
        "code, or whoever runs the server prints a link with “guanxi signin-link”."
    ),
    "above_own_role": gettext_lazy("This role may do more than your own. Choose another."),
    "unknown_role": gettext_lazy("Choose one of the roles."),
    "last_owner": gettext_lazy(
        "This is the last owner. Make someone else owner first, so that the workspace stays reachable."
    ),
}
LISTED_AT_MOST = 500


def found(public_id: str) -> Staff:
    member = Staff.objects.filter(public_id=public_id).select_related("user", "unit").first()
    if member is None:
        raise Http404
    return member


@may(Permission.WORKSPACE_MANAGE)
@require_GET
def staff(request: StaffRequest) -> HttpResponse:
    listed = Staff.objects.select_related("user", "unit").order_by("-is_active", "-is_invited", "name", "pk")
    people = list(listed[:LISTED_AT_MOST])
    units = [(unit, unit.path.count("/") - 1) for unit in Unit.objects.order_by("path")[:LISTED_AT_MOST]]
    until = queries.invitations(people)
    gone = [one for one in people if not one.is_active]
    held, moving = people_queries.held_by(gone), people_queries.handovers(gone)
    members = [
        {"is": one, "until": until.get(one.user_id), "held": held.get(one.pk, 0), "handover": moving.get(one.pk)}
        for one in people
    ]
    return render(request, "settings/staff.html", {"members": members, "units": units})
