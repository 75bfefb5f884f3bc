"""Addresses that get nothing, whatever they agreed to."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from guanxi.console.access import StaffRequest, may, sent
from guanxi.console.errors import bad_request
from guanxi.console.settings.forms import SuppressionForm
from guanxi.governance import operations as governance
from guanxi.governance.models import SuppressionReason
from guanxi.governance.operations import ComplaintStands
from guanxi.governance.queries import Permission
from guanxi.people import queries
from guanxi.people.models import IdentityKind
from guanxi.people.queries import BadCursor


@may(Permission.CHANNELS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def suppressions(request: StaffRequest) -> HttpResponse:
    """The list; an e-mail address that is typed is put on it, or taken off."""
    form = SuppressionForm(sent(request))
    if form.is_valid():
        _kind, address = queries.identity_key(IdentityKind.EMAIL, form.cleaned_data["email"])
        if request.POST.get("do") == "remove":
            _remove(request, address)
        else:
            _add(request, address)
        return redirect("suppressions", request.workspace.slug)
    try:
        page, after = queries.suppressions(after=request.GET.get("after", ""))
    except BadCursor:
        return bad_request(request)
    channels, reasons = dict(IdentityKind.choices), dict(SuppressionReason.choices)
    context = {
        "listed": [(one, channels.get(one.channel, one.channel), reasons.get(one.reason, one.reason)) for one in page],
        "next": f"?after={after}" if after else "",
        "first": bool(request.GET.get("after")),
        "form": form,
    }
    return render(request, "settings/suppressions.html", context, status=422 if form.is_bound else 200)


def _add(request: StaffRequest, address: bytes) -> None:
    added = governance.suppress_many(
        channel=IdentityKind.EMAIL,
        addresses=[address],
        reason=SuppressionReason.MANUAL,
        now=request.now,
        by=request.staff,
    )
    if added:
        messages.success(request, _("The address is on the list. It gets nothing from now on."))
    else:
        messages.info(request, _("The address was on the list already."))


def _remove(request: StaffRequest, address: bytes) -> None:
    try:
        removed = governance.unsuppress(channel=IdentityKind.EMAIL, address=address, by=request.staff)
    except ComplaintStands:
        said = _("They reported a message as spam. Staff cannot take that back, so the address stays on the list.")
        messages.error(request, said)
        return
    if removed:
        messages.success(request, _("The address is off the list. Consent decides again what it gets."))
    else:
        messages.info(request, _("The address is not on the list."))
