"""What a login did, in the audit log of each workspace where it works."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from guanxi.governance.models import User
from guanxi.governance.operations.audit import record
from guanxi.governance.queries import entered, staff_of, workspaces_of


@transaction.atomic
def note_login(*, user: User, act: str, detail: Mapping[str, Any] | None = None, by_itself: bool = True) -> None:
    """At the time that each workspace has: a demo lives in another. `by_itself`: the login was proved."""
    for workspace in workspaces_of(user):
        with entered(workspace):
            if staff := staff_of(user):
                record(act=act, by=staff if by_itself else None, subject=staff.public_id, detail=detail)
