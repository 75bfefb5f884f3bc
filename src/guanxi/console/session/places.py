"""Where a sign-in comes from: the network address, and the device as one that was here before."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from guanxi.governance.models import User

COOKIE = "__Host-device" if settings.SECURE else "guanxi_device"
YEAR = 365 * 24 * 3600
LOGINS = 8  # remembered by one device: a counter in a shop, where colleagues take turns


def address_of(request: HttpRequest) -> str:
    """Over HTTPS a proxy of ours stands in front, and the last name in its list is the one that it saw itself.

    One connection often holds a whole IPv6 /64: that is one place.
    """
    chain = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.SECURE else ""
    given = chain.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
    try:
        address = ip_address(given)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address.packed, 64), strict=False))
    return str(address)


def device_of(request: HttpRequest, email: str) -> str:
    """The name of this device, if this login was signed in on it before."""
    device, logins = _read(request)
    return device if _mark(email) in logins else ""


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    device, logins = _read(request)
    mark = _mark(user.email)
    kept = [mark, *(login for login in logins if login != mark)][:LOGINS]
    value = signing.dumps([device or secrets.token_urlsafe(16), kept], salt=COOKIE)
    response.set_cookie(COOKIE, value, max_age=YEAR, httponly=True, samesite="Lax", secure=settings.SECURE)


def seen(request: HttpRequest, now: datetime) -> None:
    """Notes in the session when it was used last, and by what: the page of one's own login lists it."""
    request.session["seen_at"] = now.isoformat()
    request.session["agent"] = request.headers.get("User-Agent", "")[:300]


SECOND = "__Host-second" if settings.SECURE else "guanxi_second"


def remembered_token(request: HttpRequest, user: User) -> str:
    """A cookie of its own for each login: colleagues take turns at a counter."""
    return request.COOKIES.get(_second(user), "")


def keep_token(response: HttpResponse, user: User, token: str, lasts: timedelta) -> None:
    age = int(lasts.total_seconds())
    response.set_cookie(_second(user), token, max_age=age, httponly=True, samesite="Lax", secure=settings.SECURE)


def _second(user: User) -> str:
    return f"{SECOND}_{_mark(user.email)}"


def _mark(email: str) -> str:
    """A cookie tells nobody who signs in here."""
    return salted_hmac("guanxi.device", email, algorithm="sha256").hexdigest()[:16]


def _read(request: HttpRequest) -> tuple[str, list[str]]:
    try:
        device, logins = signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE, max_age=YEAR)
    except signing.BadSignature:
        return "", []
    return device, logins
