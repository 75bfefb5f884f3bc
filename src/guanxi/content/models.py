"""What we say: one content, a variant for each language and channel."""

from __future__ import annotations

from django.db import models

from guanxi.governance.models import Staff
from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow


class Content(WorkspaceRow):
    """Something to say. A workspace may let a missing language fall back to its own."""

    public_id = PublicId("cnt")
    name = models.CharField(max_length=120)
    fall_back = models.BooleanField(default=False)
    by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        indexes = [models.Index(fields=["workspace_id", "-updated_at", "-id"])]

    def __str__(self) -> str:
        return self.name


class Variant(WorkspaceRow):
    """The words in one language for one channel: a Liquid template over our own variables, the body in Markdown."""

    content = models.ForeignKey(Content, on_delete=models.CASCADE, related_name="variants", db_index=False)
    language = models.CharField(max_length=10)
    channel = models.CharField(max_length=20)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(fields=["content", "language", "channel"], name="one_variant_a_language")
        ]
