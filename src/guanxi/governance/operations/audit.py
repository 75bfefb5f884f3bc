"""The audit log: who did what, kept so that a change of what was written shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from guanxi.governance import rules
from guanxi.governance.models import ApiKey, AuditEntry, AuditHead, Staff
from guanxi.governance.queries import audit_seal
from guanxi.governance.rules import AUDIT_START, Audited
from guanxi.kit import clock, keys, rows, scope

_key: ContextVar[str] = ContextVar("guanxi_key", default="")


@contextmanager
def through(*, key: ApiKey) -> Iterator[None]:
    """Whatever is recorded inside was asked for by a program: each entry names its key beside who made it."""
    token = _key.set(key.public_id)
    try:
        yield
    finally:
        _key.reset(token)


@transaction.atomic
def record(
    *,
    act: str,
    by: Staff | None,
    subject: str = "",
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> AuditEntry:
    """One entry, in the transaction of the act; other acts of the workspace wait for its end, so it comes last.

    `act` is `noun.past_verb`, `subject` a public id, `detail` small JSON: text, whole numbers, yes and no. None of them
    holds personal data: the entry outlives the person. `now` left out is the time in the workspace.
    """
    named = {"key": _key.get()} if _key.get() else {}
    detail = rules.auditable({**(detail or {}), **named})
    head = _locked_head()
    [pk] = rows.next_ids(AuditEntry, 1)
    entry = Audited(
        id=pk,
        workspace_id=scope.current(),
        public_id=keys.new("adt"),
        number=head.count + 1,
        at=now or clock.now(),
        act=act,
        by=by.pk if by else None,
        subject=subject,
        reason=reason.strip()[:300],
        detail=detail,
    )
    previous = bytes(head.hash)
    digest = rules.audit_hash(entry, previous)
    written = AuditEntry.objects.create(
        id=entry.id,
        workspace_id=entry.workspace_id,
        public_id=entry.public_id,
        number=entry.number,
        at=entry.at,
        act=entry.act,
        by=by,
        subject=entry.subject,
        reason=entry.reason,
        detail=entry.detail,
        previous=previous,
        hash=digest,
    )
    AuditHead.objects.filter(pk=head.pk).update(count=entry.number, hash=digest, seal=audit_seal(entry.number, digest))
    return written


def _locked_head() -> AuditHead:
    heads = AuditHead.objects.select_for_update()
    if head := heads.first():
        return head
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {AuditHead._meta.db_table} (workspace_id, count, hash, seal) VALUES (%s, 0, %s, %s) "  # noqa: S608
            "ON CONFLICT DO NOTHING",
            [scope.current(), AUDIT_START, audit_seal(0, AUDIT_START)],
        )
    return heads.get()
