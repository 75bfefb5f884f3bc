"""Who outside is told what happened here: endpoints, and one row an event and endpoint."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.governance.models import Staff
from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow


class EndpointState(models.TextChoices):
    ON = "on", pgettext_lazy("webhook", "On")
    OFF = "off", pgettext_lazy("webhook", "Off")
    GONE = "gone", _("Off: it answered that it is gone")
    FAILED = "failed", _("Off: it failed for five days")


class Endpoint(WorkspaceRow):
    """An address of another system. While a secret is rotated the old one signs too, until `old_until`."""

    public_id = PublicId("end")
    url = models.CharField(max_length=2000)
    name = models.CharField(max_length=120, blank=True)
    events: models.JSONField[Any, Any] = models.JSONField(default=list)
    secret = models.BinaryField(null=True)
    old_secret = models.BinaryField(null=True)
    old_until = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=EndpointState.choices, default=EndpointState.ON)
    failing_since = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    by = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        indexes = [models.Index(fields=["workspace_id", "id"])]

    def __str__(self) -> str:
        return self.name or self.url


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Sending")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")


class Delivery(WorkspaceRow):
    """What one endpoint is told of one event. `event` is the `webhook-id`: the same however often it is sent."""

    public_id = PublicId("dlv")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="+", db_index=False)
    event = models.CharField(max_length=30)
    name = models.CharField(max_length=60)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    problem = models.CharField(max_length=20, blank=True)
    answer = models.TextField(blank=True)
    took_ms = models.PositiveIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "endpoint", "event"], name="one_delivery_an_endpoint")
        ]
        indexes = [
            models.Index(fields=["endpoint", "due_at", "id"], condition=models.Q(state="waiting"), name="delivery_due"),
            models.Index(
                fields=["workspace_id", "lease_until"], condition=models.Q(state="sending"), name="delivery_leased"
            ),
            models.Index(fields=["endpoint", "-id"], name="delivery_newest"),
            models.Index(fields=["endpoint", "state", "-id"], name="delivery_by_state"),
            models.Index(
                fields=["workspace_id", "created_at"],
                condition=models.Q(state__in=["delivered", "failed"]),
                name="delivery_settled",
            ),
        ]
