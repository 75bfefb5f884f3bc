"""Who exactly."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from guanxi.governance.models import Staff
from guanxi.kit import crypto
from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow
from guanxi.people.models import Person, Tag

EVERY_HOUR = 60


class Audience(WorkspaceRow):
    """People who fit a typed rule; the count is as of `counted_at`.

    Live: its members follow the rule, looked at after `every` minutes, with every change (0), or when somebody asks
    (nothing). Fixed: those who fitted at `fixed_at`, whatever comes.

    `filled_at` is when members were first kept; `lake_commit`, `lake_change` and `basis` are how far the lake was at
    `refreshed_at` and what the rule meant, so that the next look is at those only of whom something was learnt since.
    """

    public_id = PublicId("aud")
    name = models.CharField(max_length=120)
    rule: models.JSONField[Any, Any] = models.JSONField()
    size = models.BigIntegerField(null=True)
    counted_at = models.DateTimeField(null=True)
    every = models.PositiveIntegerField(null=True, default=EVERY_HOUR)
    fixed_at = models.DateTimeField(null=True)
    filled_at = models.DateTimeField(null=True)
    refreshed_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)
    lake_commit = models.BigIntegerField(default=0)
    lake_change = models.BigIntegerField(default=0)
    basis = models.CharField(max_length=64, blank=True)
    problem = models.CharField(max_length=40, blank=True)
    by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        indexes = [
            models.Index(fields=["workspace_id", "-updated_at", "-id"]),
            models.Index(fields=["workspace_id", "looked_at"]),
        ]

    def __str__(self) -> str:
        return self.name


class AudienceMember(WorkspaceRow):
    """Who is in an audience, and since when. A million rows come by one statement, so the keys are not checked one by
    one: a person's row is never deleted, an audience's takes its members along."""

    audience = models.ForeignKey(
        Audience, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    since = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["audience", "person"], name="once_in_an_audience")]
        indexes = [models.Index(fields=["person", "audience"], name="audiences_of_a_person")]


class AudienceDay(WorkspaceRow):
    """How large an audience was at the end of a day of the workspace, or is today, and how many came and went."""

    audience = models.ForeignKey(Audience, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    at = models.DateTimeField()
    size = models.BigIntegerField()
    entered = models.BigIntegerField(default=0)
    left = models.BigIntegerField(default=0)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["audience", "day"], name="one_row_an_audience_and_day")]


class ExportState(models.TextChoices):
    RUNNING = "running", _("Running")
    STOPPED = "stopped", _("Stopped")
    DONE = "done", _("Done")
    FAILED = "failed", _("Could not run")
    EXPIRED = "expired", _("Expired")


class Export(WorkspaceRow):
    """A file of people on its way out. `chosen` is a rule or a filter; whom it means is settled when it starts, and
    stands in ExportChunk from then on. `shape` is what the file holds and how (`rules.exporting.Shape`).

    `done` people were looked at, up to the chunk `through`; `rows` stand in the file, `left_out` counts the others by
    reason. Without `salt`, its part of the key, the file is gone.
    """

    public_id = PublicId("exp")
    audience = models.ForeignKey(Audience, null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=120, blank=True)
    chosen: models.JSONField[Any, Any] = models.JSONField(default=dict)
    shape: models.JSONField[Any, Any] = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=ExportState.choices, default=ExportState.RUNNING)
    problem = models.CharField(max_length=40, blank=True)
    total = models.BigIntegerField(null=True)
    done = models.BigIntegerField(default=0)
    through = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    left_out: models.JSONField[Any, Any] = models.JSONField(default=dict)
    size = models.BigIntegerField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    salt = models.BinaryField(max_length=16, null=True, default=crypto.new_salt)
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta(WorkspaceRow.Meta):
        indexes = [
            models.Index(fields=["workspace_id", "-created_at", "-id"]),
            models.Index(fields=["workspace_id", "state", "id"]),
        ]


class ExportChunk(WorkspaceRow):
    """Some of the people whom an export means: their ids, eight bytes each, rising from `first` to `last`."""

    of = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="+", db_index=False)
    number = models.IntegerField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    people = models.BinaryField(max_length=80_000)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["of", "number"], name="one_chunk_a_number")]


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
