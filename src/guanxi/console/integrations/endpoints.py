"""Endpoints: which there are, how one is made and changed, and its secret, which is shown once."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guanxi.console.access import StaffRequest, confirmed, may, sent
from guanxi.console.integrations import words
from guanxi.console.integrations.forms import EndpointForm
from guanxi.governance.queries import Permission
from guanxi.integrations import operations as integrations
from guanxi.integrations import queries
from guanxi.integrations.models import Endpoint, EndpointState
from guanxi.integrations.operations import EndpointRefused


def found(public_id: str) -> Endpoint:
    endpoint = Endpoint.objects.select_related("by").filter(public_id=public_id).first()
    if endpoint is None:
        raise Http404
    return endpoint


@may(Permission.WEBHOOKS_MANAGE)
@require_safe
def webhooks(request: StaffRequest) -> HttpResponse:
    listed = [(one, *words.state_of(one)) for one in queries.endpoints()]
    return render(request, "integrations/list.html", {"listed": listed})


@may(Permission.WEBHOOKS_MANAGE)
@confirmed
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_webhook(request: StaffRequest) -> HttpResponse:
    form = EndpointForm(sent(request))
    if form.is_valid():
        try:
            endpoint, secret = integrations.make_endpoint(**form.cleaned_data, by=request.staff, now=request.now)
        except EndpointRefused as refusal:
            form.refuse(refusal)
        else:
            return _secret_page(request, endpoint, secret)
    return render(request, "integrations/edit.html", {"form": form}, status=422 if form.is_bound else 200)


@may(Permission.WEBHOOKS_MANAGE)
@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def edit_webhook(request: StaffRequest, public_id: str) -> HttpResponse:
    endpoint = found(public_id)
    form = EndpointForm(sent(request), initial={"name": endpoint.name, "url": endpoint.url, "events": endpoint.events})
    if form.is_valid():
        try:
            integrations.edit_endpoint(endpoint=endpoint, **form.cleaned_data, by=request.staff, now=request.now)
        except EndpointRefused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": endpoint})
            return redirect("webhook", request.workspace.slug, public_id)
    context = {"form": form, "endpoint": endpoint}
    return render(request, "integrations/edit.html", context, status=422 if form.is_bound else 200)


@may(Permission.WEBHOOKS_MANAGE)
@confirmed
@never_cache
@require_POST
def rotate(request: StaffRequest, public_id: str) -> HttpResponse:
    endpoint = found(public_id)
    secret = integrations.rotate_secret(endpoint=endpoint, by=request.staff, now=request.now)
    return _secret_page(request, endpoint, secret, rotated=True)


def _secret_page(request: StaffRequest, endpoint: Endpoint, secret: str, *, rotated: bool = False) -> HttpResponse:
    context = {"endpoint": endpoint, "secret": secret, "rotated": rotated}
    return render(request, "integrations/secret.html", context)


@may(Permission.WEBHOOKS_MANAGE)
@require_POST
def switch(request: StaffRequest, public_id: str) -> HttpResponse:
    endpoint, on = found(public_id), request.POST.get("on") == "yes"
    integrations.switch_endpoint(endpoint=endpoint, on=on, by=request.staff, now=request.now)
    said = _("%(name)s is on. What waited leaves now.") if on else _("%(name)s is off. It is told nothing new.")
    messages.success(request, said % {"name": endpoint})
    return redirect("webhook", request.workspace.slug, public_id)


@may(Permission.WEBHOOKS_MANAGE)
@require_POST
def test_webhook(request: StaffRequest, public_id: str) -> HttpResponse:
    endpoint = found(public_id)
    if endpoint.state != EndpointState.ON:
        messages.error(request, _("Switch it on first: an endpoint that is off is not called."))
        return redirect("webhook", request.workspace.slug, public_id)
    delivery = integrations.send_test(endpoint=endpoint, now=request.now)
    messages.success(request, _("The test event is on its way. Reload this page to see the answer."))
    return redirect("webhook_delivery", request.workspace.slug, public_id, delivery.public_id)


@may(Permission.WEBHOOKS_MANAGE)
@require_POST
def remove(request: StaffRequest, public_id: str) -> HttpResponse:
    endpoint = found(public_id)
    integrations.remove_endpoint(endpoint=endpoint, by=request.staff, now=request.now)
    messages.success(request, _("%(name)s is deleted.") % {"name": endpoint})
    return redirect("webhooks", request.workspace.slug)
