"""Questions about workspaces, staff and consent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils.crypto import constant_time_compare, salted_hmac

from guanxi.governance.models import Staff, Unit, User, Workspace
from guanxi.governance.rules import DataScope, Permission, data_scope, may
from guanxi.kit import scope

__all__ = ["DataScope", "Permission", "data_scope", "entered", "may", "sessions_of", "staff_of", "workspaces_of"]


@dataclass(frozen=True)
class SignedIn:
    """A session. `key` lets its holder in and stays inside; `name` stands for it on a page."""

    key: str
    name: str
    agent: str
    seen_at: datetime | None


@contextmanager
def entered(workspace: Workspace) -> Iterator[Workspace]:
    """The scope of a workspace, with its clock."""
    with scope.workspace(workspace.pk, workspace.clock_shift):
        yield workspace


def workspaces_of(user: User) -> list[Workspace]:
    """Where this login is active staff. A security-definer function answers: no scope holds yet at sign-in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT guanxi_workspaces_of(%s)", [user.pk])
        ids = [row[0] for row in cursor.fetchall()]
    return list(Workspace.objects.filter(pk__in=ids).order_by("name"))


def staff_of(user: User) -> Staff | None:
    """This login's place in the current workspace."""
    return Staff.objects.filter(user=user, is_active=True, user__is_active=True).select_related("unit", "user").first()


def sessions_of(user: User, now: datetime) -> list[SignedIn]:
    """Where this login is signed in, the last seen first. Reads every session that lasts: a few for each of staff."""
    found = []
    for row in Session.objects.filter(expire_date__gt=now):
        kept = row.get_decoded()
        theirs = kept.get(SESSION_KEY) == str(user.pk)
        if theirs and constant_time_compare(kept.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
            seen = kept.get("seen_at")
            name = salted_hmac("guanxi.session", row.session_key, algorithm="sha256").hexdigest()[:24]
            seen_at = datetime.fromisoformat(seen) if seen else None
            found.append(SignedIn(row.session_key, name, kept.get("agent", ""), seen_at))
    return sorted(found, key=lambda one: (one.seen_at is not None, one.seen_at), reverse=True)


def unit_and_below(unit: Unit) -> list[int]:
    end = unit.path + "\U0010ffff"
    return list(Unit.objects.filter(path__gte=unit.path, path__lte=end).values_list("pk", flat=True))
