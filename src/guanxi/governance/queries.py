"""Questions about workspaces, staff and consent."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Subquery
from django.utils.crypto import constant_time_compare, salted_hmac

from guanxi.governance import rules
from guanxi.governance.models import (
    ApiKey,
    AuditEntry,
    AuditHead,
    Authenticator,
    Passkey,
    RecoveryCode,
    RememberedDevice,
    SignInLink,
    Staff,
    Unit,
    User,
    Workspace,
)
from guanxi.governance.rules import (
    IDLE_HOURS,
    KEY_LIMIT,
    SESSION_DAYS,
    AuditFault,
    AuditVerdict,
    DataScope,
    Permission,
    data_scope,
    may,
    may_give,
)
from guanxi.kit import crypto, scope

__all__ = [
    "IDLE_HOURS",
    "KEY_LIMIT",
    "SESSION_DAYS",
    "AuditVerdict",
    "DataScope",
    "Permission",
    "audit_page",
    "audit_verdict",
    "data_scope",
    "entered",
    "has_second_step",
    "invitations",
    "is_known",
    "key_of",
    "may",
    "may_give",
    "remembered_devices",
    "scopes_of",
    "second_steps",
    "session_limits",
    "sessions_of",
    "staff_of",
    "without_second_step",
    "workspace_of_key",
    "workspaces_of",
]

READ_AT_ONCE = 2_000


@dataclass(frozen=True)
class SignedIn:
    """A session. `key` lets its holder in and stays inside; `name` stands for it on a page."""

    key: str
    name: str
    agent: str
    seen_at: datetime | None
    device: str = ""
    """The remembered device that it came in by."""


@dataclass(frozen=True)
class SessionLimits:
    idle: timedelta
    whole: timedelta

    def are_over(self, *, seen_at: datetime | None, begun_at: datetime | None, now: datetime) -> bool:
        too_idle = seen_at is not None and now - seen_at >= self.idle
        return too_idle or (begun_at is not None and now - begun_at >= self.whole)


@contextmanager
def entered(workspace: Workspace) -> Iterator[Workspace]:
    """The scope of a workspace, with its clock."""
    with scope.workspace(workspace.pk, workspace.clock_shift, workspace.public_id):
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


def session_limits(user: User) -> SessionLimits:
    """The strictest of the workspaces where this login works."""
    found = workspaces_of(user) or [Workspace()]
    return SessionLimits(
        timedelta(hours=min(one.idle_hours for one in found)), timedelta(days=min(one.session_days for one in found))
    )


def remembered_devices(user: User, now: datetime) -> list[RememberedDevice]:
    return list(RememberedDevice.objects.filter(user=user, expires_at__gt=now).order_by("-used_at", "-pk"))


def sessions_of(user: User, now: datetime) -> list[SignedIn]:
    """Where this login is signed in, the last seen first. Reads every session that lasts: a few for each of staff."""
    found, limits = [], session_limits(user)
    for row in Session.objects.filter(expire_date__gt=now):
        kept = row.get_decoded()
        theirs = kept.get(SESSION_KEY) == str(user.pk)
        if theirs and constant_time_compare(kept.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
            seen = kept.get("seen_at")
            name = salted_hmac("guanxi.session", row.session_key, algorithm="sha256").hexdigest()[:24]
            seen_at = datetime.fromisoformat(seen) if seen else None
            begun_at = datetime.fromisoformat(kept["begun_at"]) if "begun_at" in kept else None
            if not limits.are_over(seen_at=seen_at, begun_at=begun_at, now=now):
                found.append(SignedIn(row.session_key, name, kept.get("agent", ""), seen_at, kept.get("device", "")))
    return sorted(found, key=lambda one: (one.seen_at is not None, one.seen_at), reverse=True)


def workspace_of_key(secret: str) -> Workspace | None:
    """Where this key works. A security-definer function answers: no scope holds before a key is known."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT guanxi_workspace_of_key(%s)", [rules.key_hash(secret)])
        [pk] = cursor.fetchone() or [None]
    return Workspace.objects.filter(pk=pk).first() if pk else None


def key_of(secret: str, now: datetime) -> ApiKey | None:
    """The key of the current workspace, unless it was revoked, is over, or its maker has no access any more."""
    usable = ApiKey.objects.filter(revoked_at=None, by__is_active=True, by__user__is_active=True)
    key = usable.filter(secret_hash=rules.key_hash(secret)).select_related("by__user", "by__unit").first()
    return None if key is None or (key.expires_at and key.expires_at <= now) else key


def scopes_of(key: ApiKey) -> frozenset[Permission]:
    """What the key may do: its scopes, as far as its maker's role still has them."""
    return frozenset(one for one in Permission if one in key.scopes and may(key.by.role, one))


@dataclass(frozen=True)
class SecondSteps:
    """What a login has besides its password."""

    authenticator_since: datetime | None
    passkeys: list[Passkey]
    recovery_codes: int

    @property
    def any(self) -> bool:
        return self.authenticator_since is not None or bool(self.passkeys)


def second_steps(user: User) -> SecondSteps:
    app = Authenticator.objects.filter(user=user).first()
    return SecondSteps(
        authenticator_since=app.added_at if app else None,
        passkeys=list(Passkey.objects.filter(user=user).order_by("added_at")),
        recovery_codes=RecoveryCode.objects.filter(user=user, used_at=None).count(),
    )


def has_second_step(user: User) -> bool:
    return Authenticator.objects.filter(user=user).exists() or Passkey.objects.filter(user=user).exists()


def is_known(user: User) -> bool:
    """Whether somebody comes in with this login already; otherwise an invitation makes it theirs."""
    return user.has_usable_password() or has_second_step(user) or bool(workspaces_of(user))


def invitations(staff: Iterable[Staff]) -> dict[int, datetime]:
    """Until when the newest invitation of each holds, by login; one that has lapsed or was taken back is left out."""
    links = SignInLink.objects.filter(made_for=scope.current(), invites=True, used_at=None)
    found = links.filter(user__in=[one.user_id for one in staff if one.is_invited]).order_by("expires_at")
    return dict(found.values_list("user", "expires_at"))


def without_second_step() -> list[Staff]:
    """Active staff of this workspace who would have to set one up."""
    has_app = Exists(Authenticator.objects.filter(user=OuterRef("user")))
    has_passkey = Exists(Passkey.objects.filter(user=OuterRef("user")))
    return list(Staff.objects.filter(~has_app, ~has_passkey, is_active=True).order_by("name", "pk"))


def unit_and_below(unit: Unit) -> list[int]:
    end = unit.path + "\U0010ffff"
    return list(Unit.objects.filter(path__gte=unit.path, path__lte=end).values_list("pk", flat=True))


def audit_seal(count: int, digest: bytes) -> bytes:
    """Whoever has the database alone, without the root key, cannot write another head."""
    return crypto.mark(scope.current(), "audit", b"%d|%s" % (count, digest))


@transaction.atomic
def audit_verdict(kept: tuple[int, bytes] | None = None) -> AuditVerdict:
    """Reads the whole log of the workspace; `kept` is a head that was printed before and kept elsewhere."""
    log = _Log()
    verdict = rules.audit_verdict(log.entries(), kept)
    if verdict.fault is not None:
        return verdict
    if verdict.count < log.count:
        return replace(verdict, fault=AuditFault(verdict.count + 1, "cut"))
    if (verdict.count, verdict.hash) != (log.count, log.hash) or not log.is_sealed():
        return replace(verdict, fault=AuditFault(min(verdict.count, log.count + 1), "unsealed"))
    return verdict


class _Log:
    """The entries and their head, as one moment saw them: acts go on while they are read."""

    count, hash, seal = 0, rules.AUDIT_START, b""

    def is_sealed(self) -> bool:
        return self.count == 0 or hmac.compare_digest(self.seal, audit_seal(self.count, self.hash))

    def entries(self) -> Iterator[rules.Stored]:
        heads = AuditHead.objects.order_by()
        rows = AuditEntry.objects.annotate(
            head_count=Subquery(heads.values("count")),
            head_hash=Subquery(heads.values("hash")),
            head_seal=Subquery(heads.values("seal")),
        ).order_by("number", "id")
        row = None
        for row in rows.iterator(READ_AT_ONCE):
            yield _stored(row)
        if row is not None:
            self._take(row.head_count, row.head_hash, row.head_seal)
        elif head := heads.first():
            self._take(head.count, head.hash, head.seal)

    def _take(
        self, count: int | None, digest: bytes | memoryview[int] | None, seal: bytes | memoryview[int] | None
    ) -> None:
        self.count, self.hash, self.seal = count or 0, bytes(digest or b""), bytes(seal or b"")


def _stored(row: AuditEntry) -> rules.Stored:
    entry = rules.Audited(
        id=row.pk,
        workspace_id=row.workspace_id,
        public_id=row.public_id,
        number=row.number,
        at=row.at,
        act=row.act,
        by=row.by_id,
        subject=row.subject,
        reason=row.reason,
        detail=row.detail,
    )
    return rules.Stored(entry, bytes(row.previous), bytes(row.hash))


def audit_page(*, act: str = "", by: int | None = None, before: int | None = None, size: int = 50) -> list[AuditEntry]:
    """The newest entries, those below the number `before`; one more than `size` when there are more."""
    entries = AuditEntry.objects.select_related("by").order_by("-number")
    if act:
        entries = entries.filter(act=act)
    if by is not None:
        entries = entries.filter(by=by)
    if before is not None:
        entries = entries.filter(number__lt=before)
    return list(entries[: size + 1])
