"""Permissions: one table, read by every door. How long to wait, and for what. What makes an audit log whole."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any


class Permission(StrEnum):
    PEOPLE_VIEW = "people.view"
    PEOPLE_EDIT = "people.edit"
    PEOPLE_IMPORT = "people.import"
    PEOPLE_REVEAL = "people.reveal"
    PEOPLE_EXPORT = "people.export"
    PEOPLE_ERASE = "people.erase"
    PEOPLE_BULK = "people.bulk"
    PEOPLE_MERGE = "people.merge"
    TAGS_MANAGE = "tags.manage"
    VIEWS_SHARE = "views.share"
    AUDIENCES_VIEW = "audiences.view"
    AUDIENCES_EDIT = "audiences.edit"
    EXPORTS_MAKE = "exports.make"
    CONTENT_VIEW = "content.view"
    CONTENT_EDIT = "content.edit"
    BROADCASTS_VIEW = "broadcasts.view"
    BROADCASTS_EDIT = "broadcasts.edit"
    BROADCASTS_SEND = "broadcasts.send"
    CHANNELS_MANAGE = "channels.manage"
    WORKSPACE_MANAGE = "workspace.manage"
    STAFF_ACCESS = "staff.access"
    AUDIT_VIEW = "audit.view"
    API_KEYS = "api.keys"
    WEBHOOKS_MANAGE = "webhooks.manage"
    SOURCES_MANAGE = "sources.manage"
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
_TECHNICAL = frozenset(
    {
        Permission.API_KEYS,
        Permission.CHANNELS_MANAGE,
        Permission.WEBHOOKS_MANAGE,
        Permission.SOURCES_MANAGE,
        Permission.HEALTH_VIEW,
    }
)

GRANTS: dict[str, frozenset[Permission]] = {
    "owner": _EVERYTHING,
    "manager": _READ
    | {Permission.PEOPLE_REVEAL, Permission.PEOPLE_BULK, Permission.PEOPLE_EDIT, Permission.PEOPLE_MERGE}
    | {Permission.EXPORTS_MAKE},
    "operator": _EVERYTHING
    - _TECHNICAL
    - {Permission.WORKSPACE_MANAGE, Permission.STAFF_ACCESS, Permission.AUDIT_VIEW},
    "advisor": frozenset(
        {Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT, Permission.PEOPLE_REVEAL, Permission.CONTENT_VIEW}
    ),
    "analyst": _READ,
    "auditor": frozenset({Permission.PEOPLE_VIEW, Permission.BROADCASTS_VIEW, Permission.AUDIT_VIEW}),
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


def may_give(role: str, given: str) -> bool:
    """Nobody gives a place that may do more than their own."""
    return GRANTS.get(given, frozenset()) <= GRANTS.get(role, frozenset())


def data_scope(role: str) -> DataScope:
    return DATA_SCOPES.get(role, DataScope.NONE)


@dataclass(frozen=True)
class Limit:
    """So many wrong passwords in this time are let pass."""

    failures: int
    window: timedelta


ACCOUNT_LIMIT = Limit(5, timedelta(minutes=15))
ADDRESS_LIMIT = Limit(50, timedelta(hours=1))
SPREAD_LIMIT = Limit(100, timedelta(hours=1))  # of one login, from all places where it never was
TURNS = Limit(10, timedelta(hours=1))  # of what staff may do a few times, such as sending themselves a test
SECOND_STEP_LIMIT = Limit(30, timedelta(hours=1))  # of one login, from all places where it never was
IDLE_HOURS = (1, 4, 8, 12, 24, 168)
SESSION_DAYS = (1, 7, 14, 30)
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


KEY_START = "gx_live_"


@dataclass(frozen=True)
class Allowance:
    """So many requests a minute in the long run, and so many at once."""

    a_minute: int
    at_once: int


KEY_LIMIT = Allowance(600, 120)


def take_one(busy_until: datetime | None, limit: Allowance, now: datetime) -> tuple[datetime, timedelta]:
    """Until when the requests so far fill the allowance, with this one; and how long it must wait, then not counted.

    The generic cell rate algorithm (ITU-T I.371): a leaking bucket in one instant.
    """
    step = timedelta(minutes=1) / limit.a_minute
    start = max(busy_until or now, now)
    wait = start - now - step * (limit.at_once - 1)
    return (start, wait) if wait > timedelta(0) else (start + step, timedelta(0))


def key_hash(secret: str) -> bytes:
    """256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


AUDIT_START = bytes(32)


@dataclass(frozen=True)
class Audited:
    """An entry of the audit log as its hash sees it; `by` is the id of a staff row."""

    id: int
    workspace_id: int
    public_id: str
    number: int
    at: datetime
    act: str
    by: int | None
    subject: str
    reason: str
    detail: Mapping[str, Any]


def auditable(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Raises TypeError for what comes back from the database in another form than it went in: fractions, instants."""
    return {str(name): _auditable(value) for name, value in detail.items()}


def _auditable(value: Any) -> Any:
    match value:
        case None | bool() | int():
            return value
        case str():
            return str(value)
        case Mapping():
            return auditable(value)
        case list() | tuple():
            return [_auditable(one) for one in value]
    raise TypeError(f"the audit log keeps text, whole numbers, yes and no, not {type(value).__name__}")


def audit_hash(entry: Audited, previous: bytes) -> bytes:
    """SHA-256 over the hash before and the entry as JSON: keys sorted, no spaces, ASCII, instants in UTC."""
    fields = asdict(entry) | {"at": entry.at.astimezone(UTC).isoformat(timespec="microseconds")}
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(previous + text.encode()).digest()


@dataclass(frozen=True)
class Stored:
    """An entry as the table holds it."""

    entry: Audited
    previous: bytes
    hash: bytes


@dataclass(frozen=True)
class AuditFault:
    """`position`: the first number at which the log is not what was written. `what`: missing, edited, out_of_order,
    cut (entries at the end are gone), unsealed (the head was not written here), or not_as_kept."""

    position: int
    what: str


@dataclass(frozen=True)
class AuditVerdict:
    count: int
    hash: bytes
    fault: AuditFault | None


def audit_verdict(entries: Iterable[Stored], kept: tuple[int, bytes] | None = None) -> AuditVerdict:
    """Reads the log from its start; `kept` is a head that was written down elsewhere: its count and hash."""
    last, count = AUDIT_START, 0
    for stored in entries:
        count += 1
        if fault := _fault(stored, count, last):
            return AuditVerdict(count - 1, last, AuditFault(count, fault))
        last = stored.hash
        if kept and kept[0] == count and kept[1] != last:
            return AuditVerdict(count, last, AuditFault(count, "not_as_kept"))
    if kept and kept[0] > count:
        return AuditVerdict(count, last, AuditFault(count + 1, "cut"))
    return AuditVerdict(count, last, None)


def _fault(stored: Stored, number: int, last: bytes) -> str:
    if stored.entry.number != number:
        return "missing" if stored.entry.number > number else "out_of_order"
    if stored.previous != last or audit_hash(stored.entry, last) != stored.hash:
        return "edited"
    return ""
