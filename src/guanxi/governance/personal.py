"""What the rows of this room say of people."""

from __future__ import annotations

from datetime import datetime

from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from guanxi.governance import models, operations
from guanxi.kit import bulk
from guanxi.kit.personal import Erasure, Table, Who, declare


def entries(who: Who) -> QuerySet[models.ConsentEntry]:
    return models.ConsentEntry.objects.extra(**bulk.any_of("address", who.lookups))


def consents(who: Who) -> QuerySet[models.Consent]:
    return models.Consent.objects.extra(**bulk.any_of("address", who.lookups))


def suppressions(who: Who) -> QuerySet[models.Suppression]:
    return models.Suppression.objects.extra(**bulk.any_of("address", who.lookups))


def acts(who: Who) -> QuerySet[models.AuditEntry]:
    return models.AuditEntry.objects.filter(subject__in=who.public_ids)


def end_consents(who: Who, now: datetime) -> None:
    """What was agreed to ends with the person; a no stays, so that the same address is not written to again."""
    lines = [
        operations.ConsentLine(row.channel, bytes(row.address), row.purpose, False)
        for row in consents(who).filter(granted=True)
    ]
    operations.record_consents(lines=lines, source="erasure", now=now)


declare(
    Table(
        models.User,
        personal="email name",
        sensitive="password",
        pseudonym="id public_id",
        plain="last_login language theme is_active",
        whose="staff",
        why="A login of staff.",
    ),
    Table(
        models.Workspace,
        plain="id public_id slug name country timezone currency language is_demo clock_shift needs_second_step "
        "idle_hours session_days "
        "created_at",
    ),
    Table(
        models.SignInFailure,
        pseudonym="user_id",
        plain="id at",
        whose="staff",
        why="A wrong password for a login of staff.",
    ),
    Table(
        models.Authenticator,
        sensitive="secret",
        pseudonym="user_id",
        plain="id last_step added_at",
        whose="staff",
        why="A second step of a login of staff.",
    ),
    Table(
        models.RecoveryCode,
        sensitive="code_hash",
        pseudonym="user_id",
        plain="id used_at",
        whose="staff",
        why="A second step of a login of staff.",
    ),
    Table(
        models.Passkey,
        personal="name",
        sensitive="credential_id public_key",
        pseudonym="public_id user_id",
        plain="id sign_count transports added_at used_at",
        whose="staff",
        why="A second step of a login of staff.",
    ),
    Table(
        models.RememberedDevice,
        sensitive="token_hash",
        personal="agent",
        pseudonym="public_id user_id",
        plain="id created_at used_at expires_at",
        whose="staff",
        why="A device of staff that the second step is not asked on, for 30 days.",
    ),
    Table(
        models.SignInLink,
        sensitive="token_hash",
        pseudonym="made_for_id user_id",
        plain="invites id created_at expires_at used_at",
        whose="staff",
        why="A way in for staff, good for a day.",
    ),
    Table(
        models.Notice,
        pseudonym="public_id staff_id subject",
        plain="id kind name detail at read_at",
        whose="staff",
        why="What staff were told about their own work.",
    ),
    Table(models.DemoThing, plain="id thing"),
    Table(
        models.DemoClearing,
        pseudonym="by_id",
        plain="id people removed asked_at finished_at",
        whose="staff",
        why="That the demo went, and by whom.",
    ),
    Table(models.Unit, plain="id public_id name parent_id path"),
    Table(
        models.Staff,
        personal="name",
        pseudonym="id public_id user_id",
        plain="is_invited unit_id role is_active",
        whose="staff",
        why="Who works here; it stands beside what they did.",
    ),
    Table(
        models.ApiKey,
        sensitive="secret_hash",
        pseudonym="public_id by_id",
        plain="id name prefix scopes created_at expires_at last_used_at revoked_at busy_until",
        whose="staff",
        why="A key that staff made for a program.",
    ),
    Table(
        models.ApiAnswer,
        sensitive="mark request body",
        plain="id key_id status headers at",
        why="What a program was answered, sealed under the workspace's key; gone after a day.",
    ),
    Table(
        models.ConsentEntry,
        "consent_ledger",
        pseudonym="public_id address by_id import_id",
        plain="id channel purpose granted at source proof",
        found=entries,
        why="The proof of what an address agreed to or refused, by its keyed hash; it holds no address.",
    ),
    Table(
        models.Consent,
        "consents",
        pseudonym="address",
        plain="id channel purpose granted at",
        found=consents,
        erase=end_consents,
        why="A no outlives the person, by the keyed hash of the address; a yes becomes a no.",
    ),
    Table(
        models.Suppression,
        "suppressions",
        personal="detail",
        pseudonym="public_id address",
        plain="id channel reason at",
        found=suppressions,
        erasure=Erasure.EMPTIED,
        why="An address that gets nothing stays on the list by its keyed hash.",
    ),
    Table(
        models.AuditEntry,
        "acts",
        pseudonym="public_id subject by_id previous hash",
        plain="id number at act reason detail",
        found=acts,
        why="Who did what: the public id and the reason as staff wrote it. Changing it would break the chain.",
    ),
    Table(models.AuditHead, plain="id count hash seal"),
    Table(models.Heartbeat, plain="process at detail"),
    Table(Session, sensitive="session_key session_data", plain="expire_date", whose="staff", why="A sign-in of staff."),
)
