"""The second step: a code from an app, or a recovery code."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from guanxi.console.access import anyone
from guanxi.console.session import entering, places
from guanxi.console.session.entering import FirstStep
from guanxi.console.session.forms import RecoveryCode, SecondStep
from guanxi.console.session.passkeys import site_of
from guanxi.console.session.waiting import code_wait_words, retry_after
from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.kit import clock

KINDS: dict[str, type[forms.Form]] = {"code": SecondStep, "recovery": RecoveryCode}


@anyone
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    first = entering.first_step(request)
    if first is None:
        messages.info(request, _("That took too long. Sign in again."))
        return redirect("sign_in")
    if request.method != "POST":
        return page(request, first)
    kind = "recovery" if request.POST.get("kind") == "recovery" else "code"
    form = KINDS[kind](request.POST, auto_id=f"{kind}_%s")
    if not form.is_valid():
        return page(request, first, 422, kind, form)
    place = {"address": places.address_of(request), "device": places.device_of(request, first.user.email)}
    try:
        recovered = governance.use_code(user=first.user, code=form.cleaned_data["code"], now=clock.wall(), **place)
    except governance.CodeRefused:
        form.add_error("code", _("This code does not work. A code of the app works once and for about a minute."))
        return page(request, first, 422, kind, form)
    except governance.TooManyTries as refusal:
        form.add_error("code", code_wait_words(refusal.wait))
        return retry_after(page(request, first, 429, kind, form), refusal.wait)
    response = entering.let_in(request, first.user, first.way, first.to, "recovery_code" if recovered else "app")
    if form.cleaned_data.get("remember"):
        entering.remember(request, response, first.user)
    if recovered:
        tell_how_many_are_left(request, queries.second_steps(first.user).recovery_codes)
    return response


def page(
    request: HttpRequest, first: FirstStep, status: int = 200, kind: str = "", form: forms.Form | None = None
) -> HttpResponse:
    shown = {name: form if name == kind else one(auto_id=f"{name}_%s") for name, one in KINDS.items()}
    known = {"first": first, "steps": queries.second_steps(first.user), "kind": kind, "forms": shown}
    known |= {"passkeys": site_of(request), "next": first.to}
    return render(request, "session/second.html", known, status=status)


def tell_how_many_are_left(request: HttpRequest, left: int) -> None:
    said = ngettext(
        "You used a recovery code. %(n)s is left; make new ones on the page of your account.",
        "You used a recovery code. %(n)s are left; make new ones on the page of your account.",
        left,
    )
    messages.warning(request, said % {"n": left})
