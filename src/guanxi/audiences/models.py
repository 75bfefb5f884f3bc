"""Who exactly."""

from __future__ import annotations

from typing import Any

from django.db import models

from guanxi.governance.models import Staff
from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow


class Audience(WorkspaceRow):
    """People who fit a typed rule; the count is as of `counted_at`."""

    public_id = PublicId("aud")
    name = models.CharField(max_length=120)
    rule: models.JSONField[Any, Any] = models.JSONField()
    size = models.BigIntegerField(null=True)
    counted_at = models.DateTimeField(null=True)
    by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        indexes = [models.Index(fields=["workspace_id", "-updated_at", "-id"])]

    def __str__(self) -> str:
        return self.name
