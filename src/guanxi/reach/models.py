"""Talking to many."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from guanxi.audiences.models import Audience
from guanxi.channels.models import Account
from guanxi.content.models import Content
from guanxi.governance.models import Purpose, Staff
from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow


class BroadcastState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PLANNING = "planning", _("Choosing recipients")
    SENDING = "sending", _("Sending")
    PAUSED = "paused", _("Paused")
    DONE = "done", _("Sent")
    CANCELLED = "cancelled", _("Stopped")


class Broadcast(WorkspaceRow):
    """One message to many, once. `planned_through` is the last person id of the planned chunks; `planned_at` is set
    when there are no more."""

    public_id = PublicId("brd")
    name = models.CharField(max_length=120)
    audience = models.ForeignKey(Audience, null=True, on_delete=models.PROTECT, related_name="+")
    content = models.ForeignKey(Content, null=True, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=20, choices=Purpose.choices, default=Purpose.MARKETING)
    hold_out_percent = models.PositiveSmallIntegerField(default=10)
    scheduled_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=BroadcastState.choices, default=BroadcastState.DRAFT)
    rule: models.JSONField[Any, Any] = models.JSONField(default=dict)
    snapshot: models.JSONField[Any, Any] = models.JSONField(default=dict)
    planned_through = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    holder = models.IntegerField(null=True)
    by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    planned_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.CheckConstraint(condition=models.Q(hold_out_percent__lte=50), name="hold_out_at_most_half")
        ]
        indexes = [models.Index(fields=["workspace_id", "-updated_at", "-id"])]

    def __str__(self) -> str:
        return self.name

    @property
    def origin(self) -> str:
        return str(self.public_id)


class Act(models.TextChoices):
    CONFIRMED = "confirmed", _("Confirmed")
    PAUSED = "paused", _("Paused")
    RESUMED = "resumed", _("Resumed")
    CANCELLED = "cancelled", _("Stopped")
    COUNTED = "counted", _("Doubtful messages counted as sent")
    SENT_AGAIN = "sent_again", _("Doubtful messages sent again")


class BroadcastAct(WorkspaceRow):
    """What was done to a broadcast, by whom (nobody: by the house itself, with the reason), and when."""

    broadcast = models.ForeignKey(Broadcast, on_delete=models.CASCADE, related_name="acts", db_index=False)
    act = models.CharField(max_length=10, choices=Act.choices)
    by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)

    class Meta(WorkspaceRow.Meta):
        indexes = [models.Index(fields=["broadcast", "id"])]
