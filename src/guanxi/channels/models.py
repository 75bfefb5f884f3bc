"""How words travel: accounts, the caps of the governor, and one row a message."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from guanxi.governance.models import Purpose
from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow
from guanxi.people.models import Person


class Account(WorkspaceRow):
    """A place to send from: a mail server, later a corporate messenger. `secret` is sealed. Where the vendor takes so
    many messages a minute, the next one may leave at `free_at`, by the clock on the wall."""

    public_id = PublicId("acc")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    config: models.JSONField[Any, Any] = models.JSONField(default=dict)
    secret = models.BinaryField(null=True)
    is_active = models.BooleanField(default=True)
    problem = models.CharField(max_length=300, blank=True)
    free_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class CheckKind(models.TextChoices):
    CONNECTION = "connection", _("Connection")
    DOMAIN = "domain", _("Sending domain")


class Check(WorkspaceRow):
    """What came of the last check of an account; `findings` are the lines, as `channels.port.Finding` has them."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=CheckKind.choices)
    at = models.DateTimeField()
    findings: models.JSONField[Any, Any] = models.JSONField(default=list)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["account", "kind"], name="one_check_a_kind")]


class Reading(WorkspaceRow):
    """The box of returned messages of an account: when it was read last, and what was wrong. By the wall's clock."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="+")
    due_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)


class NoticeKind(models.TextChoices):
    HARD_BOUNCE = "hard_bounce", _("the mailbox does not exist")
    SOFT_BOUNCE = "soft_bounce", _("returned, though the mailbox exists")
    COMPLAINT = "complaint", _("reported as spam")
    DELAYED = "delayed", _("still on its way")
    OTHER = "other", _("nothing about a message of ours")


class Notice(WorkspaceRow):
    """One message that came back, applied once; never changed. It keeps nothing of what it said but the status code."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    external_id = models.BinaryField(max_length=32)
    kind = models.CharField(max_length=20, choices=NoticeKind.choices)
    message_id = models.BigIntegerField(null=True)
    status = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["account", "external_id"], name="one_notice_a_message")]


class Cap(WorkspaceRow):
    """At most `most` marketing messages a person in `days` calendar days, whatever sends them; employees and opinion
    leaders may have a number of their own."""

    most = models.PositiveSmallIntegerField(default=2)
    employee = models.PositiveSmallIntegerField(null=True)
    leader = models.PositiveSmallIntegerField(null=True)
    days = models.PositiveSmallIntegerField(default=7)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace_id"], name="one_cap_a_workspace")]


class MessageState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    CLAIMED = "claimed", _("Claimed")
    SENDING = "sending", _("Sending")
    ACCEPTED = "accepted", _("Accepted")
    BOUNCED = "bounced", _("Bounced")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Not known whether it left")
    SKIPPED = "skipped", _("Skipped")
    HELD_OUT = "held_out", _("Held out")
    CANCELLED = "cancelled", _("Stopped before it left")


class SkipReason(models.TextChoices):
    NO_ADDRESS = "no_address", _("no e-mail address")
    NO_CONSENT = "no_consent", _("no marketing consent")
    WITHDRAWN = "withdrawn", _("said no to marketing")
    SUPPRESSED = "suppressed", _("address on the suppression list")
    CAP = "cap", _("had enough messages lately")
    ERASED = "erased", _("person erased")


class Message(WorkspaceRow):
    """The one row of one recipient: planned, skipped with a reason, held out, or sent. The queue is this table."""

    public_id = PublicId("msg")
    origin = models.CharField(max_length=40)
    step = models.SmallIntegerField(default=0)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    identity_id = models.BigIntegerField(null=True)
    address = models.BinaryField(max_length=16, null=True)
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    content_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10, choices=MessageState.choices)
    reason = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    holder = models.IntegerField(null=True)
    planned_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    vendor_id = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField(null=True)
    unsubscribed_at = models.DateTimeField(null=True)
    complained_at = models.DateTimeField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "origin", "person", "account", "step"], name="one_message_a_recipient"
            )
        ]
        indexes = [
            models.Index(
                fields=["workspace_id", "due_at", "id"], condition=models.Q(state="waiting"), name="message_due"
            ),
            models.Index(
                fields=["workspace_id", "lease_until"],
                condition=models.Q(state__in=["claimed", "sending"]),
                name="message_leased",
            ),
            models.Index(fields=["workspace_id", "origin", "state", "id"]),
            models.Index(
                fields=["person", "settled_at"],
                condition=models.Q(purpose="marketing", state__in=["claimed", "sending", "accepted", "unknown"]),
                name="message_counted_by_cap",
            ),
            models.Index(
                fields=["person", "due_at"],
                condition=models.Q(purpose="marketing", state="waiting"),
                name="message_queued_by_person",
            ),
        ]
