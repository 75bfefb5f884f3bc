"""What happened, kept as rows until and after it is in the lake."""

from __future__ import annotations

from django.db import models

from guanxi.kit.keys import event_id
from guanxi.kit.rows import WorkspaceRow


class Fact(WorkspaceRow):
    """One thing that happened, written in the same transaction as the change that it tells of."""

    event_id = models.BinaryField(max_length=16, default=event_id)
    person = models.BigIntegerField()
    name = models.CharField(max_length=60)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    source = models.CharField(max_length=40, blank=True)
    channel = models.CharField(max_length=20, null=True)
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, null=True)
    order_id = models.BigIntegerField(null=True)
    product_id = models.BigIntegerField(null=True)
    coupon_id = models.BigIntegerField(null=True)
    message_id = models.BigIntegerField(null=True)
    import_id = models.BigIntegerField(null=True)
    props = models.JSONField(default=dict)
    lake_commit = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        indexes = [
            models.Index(fields=["workspace_id", "person", "-occurred_at"]),
            models.Index(
                fields=["workspace_id", "id"], condition=models.Q(lake_commit__isnull=True), name="fact_waiting"
            ),
            models.Index(
                fields=["workspace_id", "lake_commit"],
                condition=models.Q(lake_commit__isnull=False),
                name="fact_commit",
            ),
            models.Index(
                fields=["workspace_id", "import_id"], condition=models.Q(import_id__isnull=False), name="fact_of_import"
            ),
        ]


class FactBatch(WorkspaceRow):
    """Many facts of one transaction as one row: an Arrow stream (zstd) with the columns of the lake.

    Behaviour that sites sent is kept until `kept_until`; then the lake alone holds it. Facts of rooms stay.
    """

    rows = models.IntegerField()
    body = models.BinaryField()
    received_at = models.DateTimeField()
    import_id = models.BigIntegerField(null=True)
    lake_commit = models.BigIntegerField(null=True)
    kept_until = models.DateTimeField(null=True)

    class Meta(WorkspaceRow.Meta):
        indexes = [
            models.Index(
                fields=["workspace_id", "id"], condition=models.Q(lake_commit__isnull=True), name="batch_waiting"
            ),
            models.Index(
                fields=["workspace_id", "lake_commit"],
                condition=models.Q(lake_commit__isnull=False),
                name="batch_commit",
            ),
            models.Index(
                fields=["workspace_id", "import_id"],
                condition=models.Q(import_id__isnull=False),
                name="batch_of_import",
            ),
            models.Index(
                fields=["workspace_id", "kept_until"],
                condition=models.Q(kept_until__isnull=False),
                name="batch_kept_until",
            ),
        ]


class Retraction(WorkspaceRow):
    """Facts that are to leave the lake: those of an import that was undone."""

    import_id = models.BigIntegerField()
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)


class Forgotten(WorkspaceRow):
    """A person whose events leave the lake: first what is read (`done_at`), then the old files behind it (`swept_at`).

    Both moments are by the database's clock, because files are as old as they are, also in a demo that lives ahead.
    """

    person = models.BigIntegerField()
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    swept_at = models.DateTimeField(null=True)

    class Meta(WorkspaceRow.Meta):
        indexes = [
            models.Index(
                fields=["workspace_id", "id"], condition=models.Q(swept_at__isnull=True), name="forgotten_waiting"
            )
        ]


class Reassigned(WorkspaceRow):
    """Events of `person`, who was merged away, lie in the lake under `keeper`: what an undo has to put back."""

    person = models.BigIntegerField()
    keeper = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace_id", "person", "keeper"], name="one_reassignment")]


class Tidying(WorkspaceRow):
    """One month of the lake that is written anew, sorted and under the people of today. Times are on the wall."""

    month = models.CharField(max_length=7)
    files = models.IntegerField()
    rows = models.BigIntegerField()
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta(WorkspaceRow.Meta):
        indexes = [models.Index(fields=["workspace_id", "month", "-asked_at"])]


class Touched(WorkspaceRow):
    """A row of a mirror (`people`) that must be written to the lake again, or all of them up to `last`."""

    mirror = models.CharField(max_length=20)
    key = models.BigIntegerField()
    last = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        indexes = [models.Index(fields=["workspace_id", "mirror", "id"])]


class Change(WorkspaceRow):
    """Whose rows of a mirror changed: eight bytes a person; nothing: everybody's. `is_written`: they are in the lake.
    `at` is by the database's clock."""

    mirror = models.CharField(max_length=20)
    people = models.BinaryField(null=True)
    at = models.DateTimeField()
    is_written = models.BooleanField(default=False)

    class Meta(WorkspaceRow.Meta):
        indexes = [models.Index(fields=["workspace_id", "id"])]


class LakeState(WorkspaceRow):
    """How far the lake of a workspace has got. Commit numbers are also written into the Delta log itself."""

    assigned = models.BigIntegerField(default=0)
    appended = models.BigIntegerField(default=0)
    appended_at = models.DateTimeField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace_id"], name="one_lake_a_workspace")]
