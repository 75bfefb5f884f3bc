"""Beside the ladder: who is a member, and until when somebody is close to the brand."""

from __future__ import annotations

from django.db import models

from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow
from guanxi.people.models.person import Person


class Membership(WorkspaceRow):
    """That a person joined, how we know, and when and why they left; somebody who comes back has a second row."""

    public_id = PublicId("mbr")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    proof = models.CharField(max_length=40)
    label = models.CharField(max_length=120, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=40, blank=True)
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at=None) | models.Q(ended_at__gte=models.F("since")),
                name="member_before_leaving",
            )
        ]
        indexes = [
            models.Index(fields=["workspace_id", "person"], condition=models.Q(ended_at=None), name="member_now"),
            models.Index(
                fields=["workspace_id", "import_id"],
                condition=models.Q(import_id__isnull=False),
                name="member_of_import",
            ),
        ]


class Strength(WorkspaceRow):
    """How close a person is to the brand, written down by whoever counts the touches. Closeness only fades between two
    touches, so two moments say it for ever: strong before the one, neutral before the other, weak from then on."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="strength")
    strong_until = models.DateTimeField(null=True)
    neutral_until = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        indexes = [
            models.Index(fields=["workspace_id", "-neutral_until", "-person"], name="strength_order"),
            models.Index(fields=["workspace_id", "strong_until", "person"], name="strength_strong"),
        ]
