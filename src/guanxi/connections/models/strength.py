"""How close two are: the touches between them as sums that fade, and by which rules they are counted."""

from __future__ import annotations

from typing import Any

from django.db import models

from guanxi.governance.models import Staff
from guanxi.kit.rows import WorkspaceRow
from guanxi.people.models import Person


class Bond(WorkspaceRow):
    """The touches between a person and the brand (`staff` is empty) or one advisor (`rules.strength.Touches`).

    `channels` and `days` are lists with commas; `days`, counted from 1970, are visits that were counted.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    staff = models.ForeignKey(Staff, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.FloatField()
    employee = models.FloatField()
    consumer = models.FloatField()
    opinion_leader = models.FloatField()
    inward = models.IntegerField()
    outward = models.IntegerField()
    channels = models.TextField(blank=True)
    days = models.TextField(blank=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(fields=["person", "staff"], name="one_bond_of_two", nulls_distinct=False),
        ]


class StrengthRules(WorkspaceRow):
    """What a workspace has set; without a row, the usual (`rules.strength.Rules`). `fitted` tells on what the
    thresholds rest; each change has the next `version`."""

    weights: models.JSONField[Any, Any] = models.JSONField(default=dict)
    half_lives: models.JSONField[Any, Any] = models.JSONField(default=dict)
    weak_below = models.FloatField()
    strong_above = models.FloatField()
    reciprocal = models.FloatField(default=1.25)
    per_channel = models.FloatField(default=0.15)
    version = models.PositiveIntegerField(default=0)
    fitted: models.JSONField[Any, Any] = models.JSONField(default=dict)
    changed_at = models.DateTimeField()
    by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace_id"], name="one_strength_a_workspace")]


class StrengthCount(WorkspaceRow):
    """How far the touches of a workspace are counted: up to which commit of the lake, whether all of them are wanted
    anew, how often that was asked, and how many of its rows are `done`; without `todo` the lake is being read."""

    commit = models.BigIntegerField(default=0)
    anew_since = models.DateTimeField(null=True)
    asked = models.BigIntegerField(default=0)
    todo = models.BigIntegerField(null=True)
    done = models.BigIntegerField(default=0)
    counted_at = models.DateTimeField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace_id"], name="one_count_a_workspace")]
