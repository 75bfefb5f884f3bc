"""What a login did, in the audit log of each workspace where it works."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction

from guanxi.governance.models import RememberedDevice, SignInFailure, SignInLink, User
from guanxi.governance.operations.audit import record
from guanxi.governance.queries import entered, staff_of, workspaces_of
from guanxi.kit import clock
from guanxi.kit.apart import apart

TOLD_AT_ONCE = 1_000
LINKS_KEPT = timedelta(days=30)  # a used link says so for a while


@transaction.atomic
def note_login(*, user: User, act: str, detail: Mapping[str, Any] | None = None, by_itself: bool = True) -> None:
    """At the time that each workspace has: a demo lives in another. `by_itself`: the login was proved."""
    for workspace in workspaces_of(user):
        with entered(workspace):
            if staff := staff_of(user):
                record(act=act, by=staff if by_itself else None, subject=staff.public_id, detail=detail)


@transaction.atomic
def tell_failures() -> bool:
    """Wrong passwords go into the logs of the workspaces here and not at the try: who tries would see by the time it
    takes whether the login exists. Many at once become one entry.
    """
    rows = list(SignInFailure.objects.select_for_update(skip_locked=True).order_by("pk")[:TOLD_AT_ONCE])
    counts = Counter(row.user_id for row in rows if row.user_id is not None)
    for user in User.objects.filter(pk__in=counts).order_by("pk"):
        with apart("failures of login", user.pk):
            note_login(user=user, act="login.failed", detail={"count": counts[user.pk]}, by_itself=False)
    SignInFailure.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return bool(rows)


def forget_old_sessions(now: datetime) -> None:
    """Sessions that are over, and links and devices that are good for nothing any more."""
    Session.objects.filter(expire_date__lt=now).delete()
    SignInLink.objects.filter(expires_at__lt=now - LINKS_KEPT).delete()
    RememberedDevice.objects.filter(expires_at__lt=now).delete()


def login_lane(*, now: datetime) -> bool:
    """The worker's turn for logins; they belong to no workspace, so whichever has its turn first does it for all."""
    forget_old_sessions(clock.wall())
    return tell_failures()
