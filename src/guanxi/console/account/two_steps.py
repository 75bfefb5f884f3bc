"""Signing in by two steps: the app, and the recovery codes."""

from __future__ import annotations

import io
from typing import cast

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guanxi.console.access import confirmed, sent, signed_in
from guanxi.console.account.forms import AppCode
from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import User
from guanxi.kit import clock

OFFERED = "authenticator"


def offered_in(request: HttpRequest) -> str:
    """The secret waits in the session until a code shows that the app has it."""
    offered: str = request.session.get(OFFERED) or governance.offer_authenticator(user=cast(User, request.user))
    request.session[OFFERED] = offered
    return offered


def back() -> HttpResponse:
    return redirect("/account#two-steps")


@signed_in
@confirmed
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def authenticator(request: HttpRequest) -> HttpResponse:
    user, offered = cast(User, request.user), offered_in(request)
    form = AppCode(sent(request))
    if form.is_valid():
        code, here = form.cleaned_data["code"], request.session.session_key or ""
        try:
            codes = governance.turn_on_authenticator(user=user, offered=offered, code=code, here=here, now=clock.wall())
        except governance.CodeRefused:
            form.add_error("code", _("This code does not fit. Look whether the clock of your phone is right."))
        else:
            del request.session[OFFERED]
            messages.success(request, _("Signing in now takes two steps. You are signed out on every other device."))
            return codes_page(request, codes) if codes else back()
    known = {"form": form, "offer": governance.open_offer(user=user, offered=offered)}
    known["steps"] = queries.second_steps(user)
    return render(request, "account/authenticator.html", known, status=422 if form.is_bound else 200)


@signed_in
@confirmed
@never_cache
@require_safe
def qr_code(request: HttpRequest) -> HttpResponse:
    """The offered secret as a picture of its own: the page policy allows no drawing inside the page."""
    offer = governance.open_offer(user=cast(User, request.user), offered=offered_in(request))
    drawn = io.BytesIO()
    segno.make(offer.uri, error="m").save(drawn, kind="svg", scale=4, border=4, light="white", xmldecl=False)
    return HttpResponse(drawn.getvalue(), content_type="image/svg+xml")


@signed_in
@confirmed
@require_POST
def turn_off(request: HttpRequest) -> HttpResponse:
    here = request.session.session_key or ""
    governance.turn_off_authenticator(user=cast(User, request.user), here=here, now=clock.wall())
    messages.success(request, _("The app is not asked for any more."))
    return back()


@signed_in
@confirmed
@never_cache
@require_POST
def renew_codes(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    if not queries.has_second_step(user):
        return back()
    return codes_page(request, governance.renew_recovery_codes(user=user))


def codes_page(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """Shown once, in the answer itself: nothing keeps them."""
    return render(request, "account/recovery_codes.html", {"codes": codes})
