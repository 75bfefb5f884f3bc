"""The passkeys of one's own login."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from guanxi.console.access import confirmed, signed_in
from guanxi.console.account import agents
from guanxi.console.account.forms import PasskeyName
from guanxi.console.account.two_steps import back, codes_page
from guanxi.console.session.passkeys import challenge_for, no_passkeys_here, refusal_words, site_of, take_challenge
from guanxi.governance import operations as governance
from guanxi.governance.models import User
from guanxi.governance.operations import PasskeyRefused
from guanxi.kit import clock


@signed_in
@confirmed
@never_cache
@require_POST
def options(request: HttpRequest) -> HttpResponse:
    site = site_of(request)
    if site is None:
        return no_passkeys_here()
    challenge = challenge_for(request, "add")
    asked = governance.options_to_add(user=cast(User, request.user), site=site, challenge=challenge)
    return HttpResponse(asked, content_type="application/json")


@signed_in
@confirmed
@never_cache
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Nameless, it is called by the browser that it was made in."""
    form = PasskeyName(request.POST)
    if not form.is_valid():
        messages.error(request, _("A name has at most 60 letters."))
        return back()
    name = form.cleaned_data["name"] or agents.words(request.headers.get("User-Agent", ""))
    try:
        challenge, site = take_challenge(request, "add"), site_of(request)
        if site is None:
            raise PasskeyRefused("wrong")
        codes = governance.add_passkey(
            user=cast(User, request.user),
            name=name,
            credential=request.POST.get("credential", ""),
            challenge=challenge,
            site=site,
            here=request.session.session_key or "",
            now=clock.wall(),
        )
    except PasskeyRefused as refusal:
        messages.error(request, refusal_words(refusal))
        return back()
    messages.success(request, _("Your passkey is kept. You are signed out on every other device."))
    return codes_page(request, codes) if codes else back()


@signed_in
@confirmed
@require_POST
def remove(request: HttpRequest, public_id: str) -> HttpResponse:
    here = request.session.session_key or ""
    if governance.remove_passkey(user=cast(User, request.user), public_id=public_id, here=here, now=clock.wall()):
        messages.success(request, _("That passkey opens nothing here any more. Remove it from your device too."))
    else:
        messages.info(request, _("That passkey was removed already."))
    return redirect("/account#passkeys")
