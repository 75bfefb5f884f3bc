"""Devices on which a login said that the second step need not be asked again for a while."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from guanxi.governance.models import RememberedDevice, User
from guanxi.governance.operations.noting import note_login

REMEMBERED_FOR = timedelta(days=30)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


@transaction.atomic
def remember_device(*, user: User, agent: str, now: datetime) -> tuple[RememberedDevice, str]:
    """With the token for its cookie, always a new one: what somebody else put into the browser is never taken over."""
    token = secrets.token_urlsafe(32)
    device = RememberedDevice.objects.create(
        user=user,
        token_hash=_hash(token),
        agent=agent[:300],
        created_at=now,
        used_at=now,
        expires_at=now + REMEMBERED_FOR,
    )
    note_login(user=user, act="login.device_remembered")
    return device, token


def use_remembered_device(*, user: User, token: str, now: datetime) -> RememberedDevice | None:
    """The device of this cookie, if this login is remembered on it."""
    found = RememberedDevice.objects.filter(user=user, token_hash=_hash(token), expires_at__gt=now)
    return found.first() if token and found.update(used_at=now) else None


@transaction.atomic
def forget_device(*, user: User, public_id: str) -> bool:
    """Whether there was such a device of this login."""
    forgotten = bool(RememberedDevice.objects.filter(user=user, public_id=public_id).delete()[0])
    if forgotten:
        note_login(user=user, act="login.device_forgotten")
    return forgotten
