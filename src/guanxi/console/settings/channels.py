"""Where messages leave from, and how many a person gets at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.channels import operations as channels
from guanxi.channels import queries, registry
from guanxi.channels.models import Account
from guanxi.channels.operations import BadAccount
from guanxi.channels.port import Plugin
from guanxi.console.access import StaffRequest, may, sent
from guanxi.console.settings.forms import CapForm, account_form
from guanxi.console.settings.trying import found, returned, shown, tabs
from guanxi.governance.queries import Permission

LISTED_AT_MOST = 200


@dataclass(frozen=True)
class Offered:
    """A kind of account that can be connected."""

    kind: str
    label: str


def plugin_of(kind: str) -> Plugin:
    try:
        return registry.plugin(kind)
    except registry.UnknownChannel:
        raise Http404 from None


def offered() -> list[Offered]:
    return [Offered(kind, _(registry.plugin(kind).label)) for kind in registry.kinds()]


@may(Permission.CHANNELS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def channels_list(request: StaffRequest) -> HttpResponse:
    """The accounts, and the cap, which is saved here."""
    cap = queries.cap()
    form = CapForm(sent(request), initial={name: getattr(cap, name) for name in CapForm.base_fields})
    if form.is_valid():
        channels.set_cap(**form.cleaned_data, by=request.staff)
        messages.success(request, _("Saved. It holds for everything that is sent from now on."))
        return redirect("channels", request.workspace.slug)
    context = {
        "accounts": Account.objects.filter(kind__in=registry.kinds()).order_by("name", "pk")[:LISTED_AT_MOST],
        "recorded": Account.objects.exclude(kind__in=registry.kinds()).order_by("name", "pk")[:LISTED_AT_MOST],
        "kinds": {one.kind: one.label for one in offered()},
        "offered": offered(),
        "form": form,
        "inbox": settings.DEMO_INBOX_URL if request.workspace.is_demo else "",
    }
    return render(request, "settings/channels.html", context, status=422 if form.is_bound else 200)


@may(Permission.CHANNELS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def new_channel(request: StaffRequest) -> HttpResponse:
    kind = request.GET.get("kind", offered()[0].kind)
    plugin = plugin_of(kind)
    form = account_form(plugin.config)(sent(request))
    if form.is_valid():
        try:
            account = channels.connect_account(
                kind=kind, name=form.named, settings=form.account_settings, now=request.now, by=request.staff
            )
        except BadAccount as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("%(name)s is connected. Nothing has been sent yet.") % {"name": account.name})
            return redirect("channels", request.workspace.slug)
    context: dict[str, Any] = {"form": form, "label": _(plugin.label)}
    return render(request, "settings/channel.html", context, status=422 if form.is_bound else 200)


@may(Permission.CHANNELS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def channel(request: StaffRequest, public_id: str) -> HttpResponse:
    account = found(public_id)
    plugin = plugin_of(account.kind)
    form = account_form(plugin.config)(
        sent(request), initial={"account_name": account.name, **account.config}, keeps_secrets=True
    )
    if form.is_valid():
        try:
            channels.edit_account(account=account, name=form.named, settings=form.account_settings, by=request.staff)
        except BadAccount as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": form.named})
            return redirect("channel", request.workspace.slug, public_id)
    context = {
        "form": form,
        "label": _(plugin.label),
        "account": account,
        "abilities": queries.abilities(account),
        **returned(account, request.now),
        "connection": shown(queries.check(account, "connection")),
        "tabs": tabs(request, account, "channel"),
    }
    return render(request, "settings/channel.html", context, status=422 if form.is_bound else 200)


@may(Permission.CHANNELS_MANAGE)
@require_POST
def switch(request: StaffRequest, public_id: str) -> HttpResponse:
    account, active = found(public_id), request.POST.get("active") == "yes"
    channels.set_account_active(account=account, active=active, by=request.staff)
    said = _("%(name)s is on.") if active else _("%(name)s is off. What waits stays until it is on again.")
    messages.success(request, said % {"name": account.name})
    return redirect("channels", request.workspace.slug)


@may(Permission.CHANNELS_MANAGE)
@require_POST
def reconnect(request: StaffRequest, public_id: str) -> HttpResponse:
    account = found(public_id)
    channels.reconnect_account(account=account, by=request.staff)
    messages.success(request, _("%(name)s tries again with the next message.") % {"name": account.name})
    return redirect("channels", request.workspace.slug)
