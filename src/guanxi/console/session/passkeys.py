"""Signing in with a passkey; and the challenge that one must answer, kept in the session and used once."""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from guanxi.console.access import anyone
from guanxi.console.session import entering
from guanxi.governance import operations as governance
from guanxi.governance.models import User
from guanxi.governance.operations import PasskeyRefused, Site
from guanxi.kit import clock

KEPT = "passkey_challenge"
LASTS = timedelta(minutes=5)
ANONYMOUS_LASTS = 600  # seconds that the session of somebody who has not signed in is kept


def site_of(request: HttpRequest) -> Site | None:
    """None where no browser makes passkeys: at an IP address, without HTTPS, or under another name than our own."""
    base = urlsplit(settings.BASE_URL)
    host = base.hostname or ""
    if not (base.scheme == "https" or host == "localhost") or is_address(host):
        return None
    if urlsplit(f"//{request.get_host()}").hostname != host:
        return None
    return Site(host, f"{base.scheme}://{base.netloc}")


def is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def challenge_for(request: HttpRequest, purpose: str) -> bytes:
    challenge = governance.new_challenge()
    request.session[KEPT] = {"is": challenge.hex(), "for": purpose, "at": clock.wall().isoformat()}
    if not request.user.is_authenticated:
        request.session.set_expiry(ANONYMOUS_LASTS)
    return challenge


def take_challenge(request: HttpRequest, purpose: str) -> bytes:
    """Whatever comes of it, it is gone. Raises PasskeyRefused."""
    kept = request.session.pop(KEPT, None)
    if not kept or kept["for"] != purpose or clock.wall() - datetime.fromisoformat(kept["at"]) >= LASTS:
        raise PasskeyRefused("too_late")
    return bytes.fromhex(kept["is"])


def user_of(request: HttpRequest) -> User:
    """Whose passkey answered the challenge of this session. Raises PasskeyRefused."""
    site, challenge = site_of(request), take_challenge(request, "use")
    if site is None:
        raise PasskeyRefused("wrong")
    return governance.use_passkey(
        credential=request.POST.get("credential", ""), challenge=challenge, site=site, now=clock.wall()
    )


def refusal_words(refusal: PasskeyRefused) -> str:
    match refusal.reason:
        case "unknown":
            return _("This passkey is not known here any more. Use another way, and remove it from your device.")
        case "too_late":
            return _("That took too long. Try again.")
        case "taken":
            return _("This passkey is in use already.")
        case "too_many":
            return _("You have many passkeys. Remove one that you no longer use.")
        case _:
            return _("This passkey could not be checked. Try again, or use another way.")


def no_passkeys_here() -> HttpResponse:
    said = _("Passkeys do not work at this address. Use another way.")
    return HttpResponse(said, status=409, content_type="text/plain; charset=utf-8")


@anyone
@never_cache
@require_POST
def options(request: HttpRequest) -> HttpResponse:
    """For who is known already only their own passkeys, otherwise whatever the device offers."""
    site = site_of(request)
    if site is None:
        return no_passkeys_here()
    first = entering.first_step(request)
    user = request.user if request.user.is_authenticated else first.user if first else None
    challenge = challenge_for(request, "use")
    asked = governance.options_to_use(user=user, site=site, challenge=challenge)
    return HttpResponse(asked, content_type="application/json")
