"""Who exactly."""

from __future__ import annotations

from typing import Any

from django.db import models

from guanxi.governance.models import Staff
from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow
from guanxi.people.models import Tag


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


class TagRule(WorkspaceRow):
    """Whoever is in `audience` carries `tag`, which may be a role, `because` of it: for `days` from when they came in,
    or as long as they fit. `problem`: why it could not be looked at last."""

    public_id = PublicId("tru")
    audience = models.ForeignKey(Audience, on_delete=models.PROTECT, related_name="+")
    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, related_name="+")
    because = models.CharField(max_length=200)
    days = models.PositiveSmallIntegerField(null=True)
    is_on = models.BooleanField(default=True)
    looked_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=40, blank=True)
    by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["audience", "tag"], name="one_rule_a_tag_and_audience")]
