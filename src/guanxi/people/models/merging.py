"""That two people became one, and what it takes to part them again."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from guanxi.governance.models import Staff
from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow
from guanxi.people.models.person import Person


class MergeRule(models.TextChoices):
    PROOF = "proof", _("An id that proves the person came with ids of both")
    DEVICE = "device", _("A visitor said who they are")
    STAFF = "staff", _("Somebody here decided it")


class Merge(WorkspaceRow):
    """`drop` became `keep`: which id of which kind said so, in which event of which source; or who decided it.
    `sender`: who sent the event, by public id; `said`: what it is called there.

    `picks`: of a column or `trait:` and the id of a field, the id of the person whose value was chosen to be shown.
    What stands until `undone_at` is a tree: `Person.merged_into` is its root, however many merges lie between.
    """

    public_id = PublicId("mrg")
    keep = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    drop = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    rule = models.CharField(max_length=10, choices=MergeRule.choices)
    kind = models.CharField(max_length=20, blank=True)
    identity = models.BigIntegerField(null=True)
    source = models.CharField(max_length=40, blank=True)
    event = models.CharField(max_length=60, blank=True)
    sender = models.CharField(max_length=30, blank=True, default="", db_default="")
    said = models.CharField(max_length=60, blank=True, default="", db_default="")
    by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    picks: models.JSONField[Any, Any] = models.JSONField(default=dict, db_default={})
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["drop"], condition=models.Q(undone_at__isnull=True), name="one_merge_a_person_stands"
            )
        ]


class Moved(WorkspaceRow):
    """A row that a merge took along: whose it is when no merge stands."""

    merge = models.ForeignKey(Merge, on_delete=models.CASCADE, related_name="+", db_index=False)
    table = models.CharField(max_length=60)
    row = models.BigIntegerField()
    origin = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace_id", "table", "row"], name="one_origin_a_row")]


class Lent(WorkspaceRow):
    """What a person shows of those who became them: `what` is a column, or `trait:` and the id of a field.

    `own` is what was there before; it holds again when the other leaves. What was changed since is the person's own.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    what = models.CharField(max_length=60)
    own: models.JSONField[Any, Any] = models.JSONField(null=True)
    lent: models.JSONField[Any, Any] = models.JSONField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["person", "what"], name="one_loan_a_place")]
