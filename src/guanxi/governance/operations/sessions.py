"""Ending what is signed in elsewhere, and with it what was remembered of the device."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib.sessions.models import Session
from django.db import transaction

from guanxi.governance.models import RememberedDevice, User
from guanxi.governance.operations.noting import note_login
from guanxi.governance.queries import sessions_of


@transaction.atomic
def end_session(*, user: User, name: str, now: datetime) -> bool:
    """Whether there was such a session of this login."""
    ending = [one for one in sessions_of(user, now) if one.name == name]
    ended = bool(Session.objects.filter(session_key__in=[one.key for one in ending]).delete()[0])
    RememberedDevice.objects.filter(user=user, public_id__in=[one.device for one in ending]).delete()
    if ended:
        note_login(user=user, act="login.session_ended")
    return ended


@transaction.atomic
def end_other_sessions(*, user: User, but: str, now: datetime) -> int:
    """Ends all but the one whose key is `but`; how many. No device is remembered any more."""
    RememberedDevice.objects.filter(user=user).delete()
    keys = [one.key for one in sessions_of(user, now) if one.key != but]
    ended = Session.objects.filter(session_key__in=keys).delete()[0]
    if ended:
        note_login(user=user, act="login.sessions_ended", detail={"count": ended})
    return ended


def end_every_session(*, user: User) -> None:
    RememberedDevice.objects.filter(user=user).delete()
    keys = [one.key for one in sessions_of(user, datetime.min.replace(tzinfo=UTC))]
    Session.objects.filter(session_key__in=keys).delete()
