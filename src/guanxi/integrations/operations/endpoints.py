"""Addresses of other systems: made, changed, switched, and their secrets."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction

from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.integrations.models import Endpoint, EndpointState
from guanxi.integrations.queries import secret_place
from guanxi.integrations.rules import NAMES, OLD_SECRET_FOR, SECRET_BYTES, secret_of
from guanxi.kit import crypto
from guanxi.kit.net.guard import Peer, is_inside, local_peers

MOST_ENDPOINTS = 50
LONGEST_URL = 2000


class EndpointRefused(ValueError):
    """What was asked cannot be done; `reason` is a code for the page."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def make_endpoint(
    *, url: str, events: Iterable[str], name: str = "", by: Staff | None, now: datetime
) -> tuple[Endpoint, str]:
    """The endpoint, and its secret: this is the only time that it is told."""
    address, chosen = _checked_url(url), _checked_events(events)
    if Endpoint.objects.count() >= MOST_ENDPOINTS:
        raise EndpointRefused("too_many")
    endpoint = Endpoint.objects.create(url=address, name=name, events=chosen, by=by, created_at=now)
    secret = _new_secret(endpoint)
    endpoint.save(update_fields=["secret"])
    governance.record(act="webhook.made", by=by, subject=endpoint.public_id, detail={"events": len(chosen)}, now=now)
    return endpoint, secret


@transaction.atomic
def edit_endpoint(
    *, endpoint: Endpoint, url: str, events: Iterable[str], name: str, by: Staff | None, now: datetime
) -> None:
    endpoint.url, endpoint.events, endpoint.name = _checked_url(url), _checked_events(events), name
    endpoint.save(update_fields=["url", "events", "name"])
    detail = {"events": len(endpoint.events)}
    governance.record(act="webhook.changed", by=by, subject=endpoint.public_id, detail=detail, now=now)


@transaction.atomic
def rotate_secret(*, endpoint: Endpoint, by: Staff | None, now: datetime) -> str:
    """The new secret. The one before it signs beside it for a day, so that no call fails meanwhile."""
    held: Endpoint = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    held.old_secret, held.old_until = held.secret, now + OLD_SECRET_FOR
    secret = _new_secret(held)
    held.save(update_fields=["secret", "old_secret", "old_until"])
    governance.record(act="webhook.secret_rotated", by=by, subject=held.public_id, now=now)
    return secret


@transaction.atomic
def switch_endpoint(*, endpoint: Endpoint, on: bool, by: Staff | None, now: datetime) -> None:
    """Off: nothing new is written down for it, what waits stays. On: what waits leaves, five days count anew."""
    state = EndpointState.ON if on else EndpointState.OFF
    Endpoint.objects.filter(pk=endpoint.pk).update(state=state, failing_since=None)
    act = "webhook.switched_on" if on else "webhook.switched_off"
    governance.record(act=act, by=by, subject=endpoint.public_id, now=now)


@transaction.atomic
def remove_endpoint(*, endpoint: Endpoint, by: Staff | None, now: datetime) -> None:
    """With everything that it was told, or still should have been."""
    Endpoint.objects.filter(pk=endpoint.pk).delete()
    governance.record(act="webhook.removed", by=by, subject=endpoint.public_id, now=now)


def _new_secret(endpoint: Endpoint) -> str:
    secret = secret_of(secrets.token_bytes(SECRET_BYTES))
    endpoint.secret = crypto.seal_secret(secret, workspace_id=endpoint.workspace_id, place=secret_place(endpoint))
    return secret


def _checked_url(url: str) -> str:
    """https, or a listener on this machine that GUANXI_LOCAL_PEERS names. Names are looked up at each call."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise EndpointRefused("bad_url") from None
    if not host or len(url) > LONGEST_URL or not url.isascii() or any(letter.isspace() for letter in url.strip()):
        raise EndpointRefused("bad_url")
    if parts.username or parts.password:
        raise EndpointRefused("login_in_url")
    is_local = Peer(host, port or {"http": 80}.get(parts.scheme, 443)) in local_peers()
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
        raise EndpointRefused("not_https")
    if not is_local and is_inside(host):
        raise EndpointRefused("inside")
    return parts._replace(fragment="").geturl()


def _checked_events(events: Iterable[str]) -> list[str]:
    wanted = set(events)
    if not wanted:
        raise EndpointRefused("no_events")
    if wanted - set(NAMES):
        raise EndpointRefused("unknown_event")
    return [name for name in NAMES if name in wanted]
