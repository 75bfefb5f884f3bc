"""Permissions: one table, read by every door. And how long to wait after wrong passwords."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Permission(StrEnum):
    PEOPLE_VIEW = "people.view"
    PEOPLE_EDIT = "people.edit"
    PEOPLE_IMPORT = "people.import"
    AUDIENCES_VIEW = "audiences.view"
    AUDIENCES_EDIT = "audiences.edit"
    CONTENT_VIEW = "content.view"
    CONTENT_EDIT = "content.edit"
    BROADCASTS_VIEW = "broadcasts.view"
    BROADCASTS_EDIT = "broadcasts.edit"
    BROADCASTS_SEND = "broadcasts.send"
    CHANNELS_MANAGE = "channels.manage"
    WORKSPACE_MANAGE = "workspace.manage"
    WEBHOOKS_MANAGE = "webhooks.manage"
    HEALTH_VIEW = "health.view"


class DataScope(StrEnum):
    """Which people a member of staff sees."""

    NONE = "none"
    OWN = "own"
    UNIT = "unit"
    ALL = "all"


_EVERYTHING = frozenset(Permission)
_READ = frozenset(
    {Permission.PEOPLE_VIEW, Permission.AUDIENCES_VIEW, Permission.CONTENT_VIEW, Permission.BROADCASTS_VIEW}
)
_TECHNICAL = frozenset({Permission.CHANNELS_MANAGE, Permission.WEBHOOKS_MANAGE, Permission.HEALTH_VIEW})

GRANTS: dict[str, frozenset[Permission]] = {
    "owner": _EVERYTHING,
    "manager": _READ | {Permission.PEOPLE_EDIT},
    "operator": _EVERYTHING - _TECHNICAL - {Permission.WORKSPACE_MANAGE},
    "advisor": frozenset({Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT, Permission.CONTENT_VIEW}),
    "analyst": _READ,
    "auditor": frozenset({Permission.PEOPLE_VIEW, Permission.BROADCASTS_VIEW}),
    "integrator": _TECHNICAL | {Permission.PEOPLE_IMPORT},
}

DATA_SCOPES: dict[str, DataScope] = {
    "owner": DataScope.ALL,
    "manager": DataScope.UNIT,
    "operator": DataScope.ALL,
    "advisor": DataScope.OWN,
    "analyst": DataScope.ALL,
    "auditor": DataScope.ALL,
    "integrator": DataScope.NONE,
}


def may(role: str, permission: Permission) -> bool:
    return permission in GRANTS.get(role, frozenset())


def data_scope(role: str) -> DataScope:
    return DATA_SCOPES.get(role, DataScope.NONE)


@dataclass(frozen=True)
class Limit:
    """So many wrong passwords in this time are let pass."""

    failures: int
    window: timedelta


ACCOUNT_LIMIT = Limit(5, timedelta(minutes=15))
ADDRESS_LIMIT = Limit(50, timedelta(hours=1))
FIRST_WAIT = timedelta(minutes=1)


def recent(failures: Sequence[datetime], limit: Limit, now: datetime) -> list[datetime]:
    return [at for at in failures if at > now - limit.window]


def wait(failures: Sequence[datetime], limit: Limit, now: datetime) -> timedelta:
    """How long from `now` until the next try; from the limit on, each failure doubles the wait, up to the window."""
    counted = recent(failures, limit, now)
    if len(counted) < limit.failures:
        return timedelta(0)
    pause = min(FIRST_WAIT * (1 << len(counted) - limit.failures), limit.window)
    return max(max(counted) + pause - now, timedelta(0))
