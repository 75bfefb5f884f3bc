"""Work on people: notes and files, exports and erasures, views, changes of many, imports."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from guanxi.governance.models import Staff
from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow
from guanxi.people.models.person import Person


class Note(WorkspaceRow):
    """What a member of staff wrote down about a person, sealed with the person's key."""

    public_id = PublicId("nte")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    sealed = models.BinaryField(max_length=16_100)
    at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        indexes = [models.Index(fields=["person", "-at", "-public_id"])]


class Attachment(WorkspaceRow):
    """A file that staff keep with a person: content (on disk) and name are sealed with the person's key."""

    public_id = PublicId("fil")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.BinaryField(max_length=800)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    by = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        indexes = [models.Index(fields=["person", "-at", "-public_id"])]


class JobState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    WORKING = "working", _("Working")
    DONE = "done", _("Done")
    FAILED = "failed", _("Could not run")
    EXPIRED = "expired", _("Expired")


class PersonExport(WorkspaceRow):
    """Everything about one person, to hand to them; the file goes a day after it was made."""

    public_id = PublicId("pex")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.WAITING)
    parts = models.PositiveSmallIntegerField(default=0)
    parts_done = models.PositiveSmallIntegerField(default=0)
    size = models.BigIntegerField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta(WorkspaceRow.Meta):
        indexes = [models.Index(fields=["workspace_id", "state", "id"])]


class PersonErasure(WorkspaceRow):
    """The way of one person out of the house; `step` is how far it has got. `attempts` at this step that failed."""

    public_id = PublicId("ers")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.WAITING)
    step = models.CharField(max_length=20, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=80, blank=True, default="", db_default="")
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["person"], name="one_erasure_a_person")]
        indexes = [models.Index(fields=["workspace_id", "state", "id"])]


class SavedView(WorkspaceRow):
    """A list of people as its address says it, under a name; shared, it is a tab for everyone."""

    public_id = PublicId("vew")
    name = models.CharField(max_length=80)
    asked: models.JSONField[Any, Any] = models.JSONField(default=dict)
    by = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+")
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        indexes = [models.Index(fields=["workspace_id", "shared", "by"])]

    def __str__(self) -> str:
        return self.name


class FirstView(WorkspaceRow):
    """With which view the list opens for a member of staff."""

    staff = models.OneToOneField(Staff, on_delete=models.CASCADE, related_name="+")
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="+")


class BulkAct(models.TextChoices):
    OWNER = "owner", _("Set the owner")
    UNIT = "unit", _("Set the unit")
    TRAIT = "trait", _("Set a trait")
    TAG = "tag", _("Change tags")
    ROLE = "role", _("Set the role")
    SUPPRESS = "suppress", _("Send no more e-mail")


class BulkState(models.TextChoices):
    RUNNING = "running", _("Running")
    STOPPED = "stopped", _("Stopped")
    DONE = "done", _("Done")
    FAILED = "failed", _("Could not run")
    UNDOING = "undoing", _("Undoing")
    UNDONE = "undone", _("Undone")


class Bulk(WorkspaceRow):
    """One change of many people. `chosen` is a filter or a few public ids; whom it means is settled when it starts,
    and stands in BulkRow from then on. `value`: a staff or unit id, or a field id and its new value.

    `through` is the last BulkRow that was dealt with; `skipped` and `kept` count rows by reason.
    """

    public_id = PublicId("blk")
    act = models.CharField(max_length=10, choices=BulkAct.choices)
    value: models.JSONField[Any, Any] = models.JSONField(default=dict)
    chosen: models.JSONField[Any, Any] = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=BulkState.choices, default=BulkState.RUNNING)
    problem = models.CharField(max_length=40, blank=True)
    total = models.BigIntegerField(null=True)
    done = models.BigIntegerField(default=0)
    through = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    restored = models.BigIntegerField(default=0)
    skipped: models.JSONField[Any, Any] = models.JSONField(default=dict)
    kept: models.JSONField[Any, Any] = models.JSONField(default=dict)
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta(WorkspaceRow.Meta):
        indexes = [models.Index(fields=["workspace_id", "-created_at", "-id"])]


class BulkRow(WorkspaceRow):
    """A person whom a change of many means, what came of it, and what was there before: undo reads it for seven days.

    The person is a plain id: a change of many keeps nobody from being removed.
    """

    of = models.ForeignKey(Bulk, on_delete=models.CASCADE, related_name="+", db_index=False)
    person = models.BigIntegerField()
    outcome = models.CharField(max_length=20, blank=True)
    before: models.JSONField[Any, Any] = models.JSONField(default=dict)

    class Meta(WorkspaceRow.Meta):
        indexes = [models.Index(fields=["of", "id"])]


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", _("Choose columns")
    CHECKING = "checking", _("Checking")
    CHECKED = "checked", _("Ready to run")
    RUNNING = "running", _("Running")
    CANCELLED = "cancelled", _("Stopped")
    DONE = "done", _("Done")
    FAILED = "failed", _("Could not run")
    UNDOING = "undoing", _("Undoing")
    UNDONE = "undone", _("Undone")


class Import(WorkspaceRow):
    """A file on its way in: what it is, how its columns are read, how far it has got."""

    public_id = PublicId("imp")
    kind = models.CharField(max_length=20)
    filename = models.CharField(max_length=200)
    size = models.BigIntegerField()
    sha256 = models.BinaryField(max_length=32)
    sheet: models.JSONField[Any, Any] = models.JSONField(default=dict)
    mapping: models.JSONField[Any, Any] = models.JSONField(default=dict)
    options: models.JSONField[Any, Any] = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.UPLOADED)
    problem: models.JSONField[Any, Any] = models.JSONField(default=dict)
    check_report: models.JSONField[Any, Any] = models.JSONField(default=dict)
    total_rows = models.BigIntegerField(null=True)
    done_rows = models.BigIntegerField(default=0)
    created = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    stop_asked = models.BooleanField(default=False)
    lease_until = models.DateTimeField(null=True)
    holder = models.IntegerField(null=True)
    by = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undo_report: models.JSONField[Any, Any] = models.JSONField(default=dict)

    class Meta(WorkspaceRow.Meta):
        indexes = [models.Index(fields=["workspace_id", "-created_at", "-id"])]

    def __str__(self) -> str:
        return self.filename


class ImportReject(WorkspaceRow):
    """A row that did not come in, and why; `phase` tells the rehearsal from the run."""

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="+", db_index=False)
    phase = models.CharField(max_length=5)
    row_no = models.BigIntegerField()
    reason = models.CharField(max_length=40)
    detail: models.JSONField[Any, Any] = models.JSONField(default=dict)
    cells: models.JSONField[Any, Any] = models.JSONField(default=list)

    class Meta(WorkspaceRow.Meta):
        indexes = [models.Index(fields=["of", "phase", "row_no"])]


class ImportChange(WorkspaceRow):
    """What an import changed on a row that was there before, so that it can be taken back."""

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="+", db_index=False)
    table = models.CharField(max_length=40)
    row = models.BigIntegerField()
    before: models.JSONField[Any, Any] = models.JSONField(default=dict)
    after: models.JSONField[Any, Any] = models.JSONField(default=dict)

    class Meta(WorkspaceRow.Meta):
        indexes = [models.Index(fields=["of", "id"])]
