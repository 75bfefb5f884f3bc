"""Keys by which other programs come in: made, used, revoked. Only the hash of a key is kept."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from guanxi.governance import queries, rules
from guanxi.governance.models import ApiKey, Staff
from guanxi.governance.operations.audit import record
from guanxi.governance.rules import Permission

SHOWN = 14
USE_NOTED_EVERY = timedelta(minutes=10)


class KeyRefused(ValueError):
    """`reason`: no_scope, beyond_you (a scope that the maker's role does not have) or over (its end is past)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class MadeKey:
    """`secret` is told here once and kept nowhere."""

    key: ApiKey
    secret: str


@transaction.atomic
def make_key(
    *, by: Staff, name: str, scopes: Collection[Permission], now: datetime, expires_at: datetime | None = None
) -> MadeKey:
    """Raises KeyRefused. `now` is the time on the wall, as for everything about a key."""
    if not scopes:
        raise KeyRefused("no_scope")
    if not all(queries.may(by.role, scope) for scope in scopes):
        raise KeyRefused("beyond_you")
    if expires_at is not None and expires_at <= now:
        raise KeyRefused("over")
    secret = rules.KEY_START + secrets.token_urlsafe(32)
    wanted = sorted(str(scope) for scope in scopes)
    key: ApiKey = ApiKey.objects.create(
        name=name,
        prefix=secret[:SHOWN],
        secret_hash=rules.key_hash(secret),
        scopes=wanted,
        by=by,
        created_at=now,
        expires_at=expires_at,
    )
    record(act="key.made", by=by, subject=key.public_id, detail={"scopes": wanted})
    return MadeKey(key, secret)


@transaction.atomic
def revoke_key(*, key: ApiKey, by: Staff, now: datetime) -> bool:
    """It stops at the next request, for good. Says whether it still worked for somebody."""
    changed = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now)
    if changed:
        record(act="key.revoked", by=by, subject=key.public_id)
    return bool(changed)


@transaction.atomic
def admit(*, key: ApiKey, now: datetime) -> timedelta:
    """Count one request of this key. How long it has to wait when there were too many; zero lets it in."""
    held = ApiKey.objects.select_for_update(no_key=True).only("busy_until", "last_used_at").get(pk=key.pk)
    busy_until, wait = rules.take_one(held.busy_until, rules.KEY_LIMIT, now)
    if wait:
        return wait
    changes = {"busy_until": busy_until}
    if held.last_used_at is None or now - held.last_used_at >= USE_NOTED_EVERY:
        changes["last_used_at"] = now
    ApiKey.objects.filter(pk=key.pk).update(**changes)
    return timedelta(0)
