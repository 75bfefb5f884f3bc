"""How this browser shows every page: a narrow or wide bar, tight or roomy rows, single keys on or off, the first steps
or not."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from guanxi.console.access import anyone
from guanxi.console.session.entering import back_to
from guanxi.console.session.places import YEAR

CHOICES = {
    "side": ("wide", "narrow"),
    "density": ("tight", "roomy"),
    "keys": ("on", "off"),
    "steps": ("shown", "hidden"),
}


def frame(request: HttpRequest) -> dict[str, str]:
    """What this browser chose; the first of the choices otherwise."""
    given = {name: request.COOKIES.get(f"guanxi_{name}", "") for name in CHOICES}
    return {name: given[name] if given[name] in known else known[0] for name, known in CHOICES.items()}


@anyone
@require_POST
def set_frame(request: HttpRequest) -> HttpResponse:
    given = {name: request.POST[name] for name in CHOICES if name in request.POST}
    if not given or any(value not in CHOICES[name] for name, value in given.items()):
        return HttpResponse(_("There is no such choice."), status=400, content_type="text/plain; charset=utf-8")
    response = redirect(back_to(request))
    for name, value in given.items():
        response.set_cookie(f"guanxi_{name}", value, max_age=YEAR, samesite="Lax", secure=settings.SECURE)
    return response
