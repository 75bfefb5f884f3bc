"""From the first proof to being signed in: straight on, or by the second step that a login has set up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme

from guanxi.console import proof
from guanxi.console.session import places
from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import User
from guanxi.kit import clock

KEPT = "first_step"
LASTS = timedelta(minutes=10)


@dataclass(frozen=True)
class FirstStep:
    """Who gave the right password or link in this browser just now, and still owes the second step."""

    user: User
    way: str
    to: str


def back_to(request: HttpRequest) -> str:
    """Where the form said to return, if that is here."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe and wanted.startswith("/") else "/"


def begin(request: HttpRequest, user: User, way: str, to: str) -> HttpResponse:
    if not queries.has_second_step(user):
        return let_in(request, user, way, to)
    token = places.remembered_token(request, user)
    if device := governance.use_remembered_device(user=user, token=token, now=clock.wall()):
        response = let_in(request, user, way, to, "device")
        proof.came_by_device(request, device.public_id)
        return response
    request.session.cycle_key()
    request.session[KEPT] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "at": clock.wall().isoformat(),
        "way": way,
        "to": to,
    }
    return redirect("second_step")


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """From now on the second step is not asked here, for a while; what needs a fresh proof still asks for it."""
    agent = request.headers.get("User-Agent", "")
    device, token = governance.remember_device(user=user, agent=agent, now=clock.wall())
    request.session["device"] = device.public_id
    places.keep_token(response, user, token, governance.REMEMBERED_FOR)


def first_step(request: HttpRequest) -> FirstStep | None:
    """For ten minutes, and not past a new password."""
    kept = request.session.get(KEPT)
    if not kept or clock.wall() - datetime.fromisoformat(kept["at"]) >= LASTS:
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    if user is None or not constant_time_compare(kept["hash"], user.get_session_auth_hash()):
        return None
    return FirstStep(user, kept["way"], kept["to"])


def let_in(request: HttpRequest, user: User, way: str, to: str, second: str = "") -> HttpResponse:
    request.session.pop(KEPT, None)
    login(request, user)
    if way == "link":
        proof.note_link(request, clock.wall())
    else:
        proof.use_link(request)
    places.seen(request, clock.wall())
    governance.note_sign_in(user=user, way=way, second=second)
    response = redirect(to)
    places.remember(request, response, user)
    return response
