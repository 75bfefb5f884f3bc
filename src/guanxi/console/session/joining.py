"""Coming in by an invitation."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from guanxi.console.access import anyone, sent
from guanxi.console.session import entering
from guanxi.console.session.forms import Join
from guanxi.console.session.passkeys import site_of
from guanxi.console.session.passwords import password_words
from guanxi.governance import operations as governance
from guanxi.governance.operations import Invitation
from guanxi.kit import clock


@anyone
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """GET only asks: previews follow links, and must not use this one up."""
    try:
        invited = governance.check_invitation(token=token, now=clock.wall())
        return join(request, token, invited) if invited.is_known else come_in(request, token, invited)
    except governance.LinkRefused as refusal:
        status = 404 if refusal.reason == "unknown" else 410
        return render(request, "session/link_refused.html", {"reason": refusal.reason}, status=status)


def come_in(request: HttpRequest, token: str, invited: Invitation) -> HttpResponse:
    """The first time: the link makes the login theirs. Without a password, a passkey is made next."""
    passkeys = site_of(request) is not None
    first = {"name": invited.staff.name, "language": get_language()}
    form = Join(sent(request), initial=first, needs_password=not passkeys)
    if form.is_valid():
        given = form.cleaned_data
        try:
            user = governance.accept_invitation(token=token, now=clock.wall(), **given)
        except governance.PasswordRefused as refusal:
            for reason in refusal.reasons:
                form.add_error("password", password_words(reason))
        else:
            home = reverse("home", args=[invited.workspace.slug])
            return entering.begin(request, user, "link", home if given["password"] else "/account#passkeys")
    known = {"form": form, "invited": invited}
    return render(request, "session/come_in.html", known, status=422 if form.is_bound else 200)


def join(request: HttpRequest, token: str, invited: Invitation) -> HttpResponse:
    """A login that is in use: its holder signs in first, as the link proves nothing about who opens it."""
    if not request.user.is_authenticated:
        return redirect(f"{reverse('sign_in')}?{urlencode({'next': request.path})}")
    user = request.user
    if user != invited.link.user:
        return render(request, "session/join.html", {"invited": invited, "other": True}, status=403)
    if request.method != "POST":
        return render(request, "session/join.html", {"invited": invited})
    workspace = governance.join(token=token, user=user, now=clock.wall())
    return redirect("home", workspace.slug)


def address(token: str) -> str:
    return f"{settings.BASE_URL}{reverse('join', args=[token])}"
