"""When the login of a session last proved itself: by signing in, or since then on the page that asks again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.urls import reverse

from guanxi.governance.models import User
from guanxi.kit import clock

LASTS = timedelta(minutes=10)


def note(request: HttpRequest, now: datetime) -> None:
    request.session["proved_at"] = now.isoformat()


def came_by_device(request: HttpRequest, device: str) -> None:
    """No second step was taken, so nothing is proved yet that needs one."""
    request.session["device"] = device
    request.session["owes_second_step"] = True
    request.session.pop("proved_at", None)


def owes_second_step(request: HttpRequest) -> bool:
    return bool(request.session.get("owes_second_step"))


def is_fresh(request: HttpRequest, now: datetime) -> bool:
    noted = request.session.get("proved_at", "")
    return bool(noted) and now - datetime.fromisoformat(noted) < LASTS


def note_link(request: HttpRequest, now: datetime) -> None:
    request.session["by_link_at"] = now.isoformat()


def is_by_link(request: HttpRequest, now: datetime) -> bool:
    """Came in by a link just now: that proves as much as the password that may be forgotten."""
    noted = request.session.get("by_link_at", "")
    return bool(noted) and not owes_second_step(request) and now - datetime.fromisoformat(noted) < LASTS


def use_link(request: HttpRequest) -> None:
    request.session.pop("by_link_at", None)


def keep_way_back(request: HttpRequest, to: str) -> None:
    """For a login whose only proof is a new link."""
    request.session["after_link"] = to


def way_back(request: HttpRequest, user: User) -> str:
    return str(request.session.pop("after_link", "/")) if request.user == user else "/"


def page_for(request: HttpRequest) -> str:
    """The page that asks, with the way back: here, or, after a press or a partial load, to the page it was on."""
    whole = request.method in ("GET", "HEAD") and "HX-Request" not in request.headers
    back = request.get_full_path() if whole else _referring(request)
    return f"{reverse('confirm')}?{urlencode({'next': back})}"


def _referring(request: HttpRequest) -> str:
    came = urlsplit(request.headers.get("Referer", ""))
    if came.netloc != request.get_host():
        return "/"
    return came.path + (f"?{came.query}" if came.query else "")


def _signed_in(request: HttpRequest, **_given: Any) -> None:
    now = clock.wall()
    note(request, now)
    request.session["begun_at"] = now.isoformat()


def listen() -> None:
    user_logged_in.connect(_signed_in, dispatch_uid="guanxi.proof")
