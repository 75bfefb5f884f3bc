"""Who someone is."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from guanxi.governance.models import Staff, Unit
from guanxi.kit import crypto
from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow


class Level(models.TextChoices):
    VISITOR = "visitor", _("Visitor")
    INTERACTOR = "interactor", _("Interactor")
    FAN = "fan", _("Fan")
    FRIEND = "friend", _("Friend")
    CUSTOMER = "customer", _("Customer")


class Person(WorkspaceRow):
    """Anyone known, from cookie to member. Without `salt`, the person's part of the key, sealed values are gone."""

    public_id = PublicId("psn")
    name = models.CharField(max_length=120, blank=True)
    sort_key = models.CharField(max_length=64, blank=True)
    level = models.CharField(max_length=12, choices=Level.choices, default=Level.VISITOR)
    owner = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    unit = models.ForeignKey(Unit, null=True, on_delete=models.SET_NULL, related_name="+")
    country = models.CharField(max_length=2, blank=True)
    language = models.CharField(max_length=10, blank=True)
    salt = models.BinaryField(max_length=16, null=True, default=crypto.new_salt)
    source = models.CharField(max_length=40, blank=True)
    import_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(null=True)
    fewer_messages = models.BooleanField(default=False, db_default=False)
    erased_at = models.DateTimeField(null=True)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta(WorkspaceRow.Meta):
        indexes = [
            models.Index(fields=["workspace_id", "sort_key", "id"]),
            models.Index(fields=["workspace_id", "-created_at", "-id"]),
            models.Index(fields=["workspace_id", "level", "sort_key", "id"]),
            models.Index(fields=["workspace_id", "owner", "sort_key", "id"]),
            models.Index(fields=["workspace_id", "unit", "sort_key", "id"]),
            models.Index(
                fields=["workspace_id", "import_id"],
                condition=models.Q(import_id__isnull=False),
                name="person_of_import",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.public_id


class NameWord(WorkspaceRow):
    """A word that finds a person by name (`kit.names`): derived, so the database does not check it row by row."""

    word = models.CharField(max_length=32)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)

    class Meta(WorkspaceRow.Meta):
        indexes = [
            models.Index(fields=["workspace_id", "word", "person"]),
            models.Index(fields=["person"]),
        ]


class IdentityKind(models.TextChoices):
    EMAIL = "email", _("E-mail")
    PHONE = "phone", _("Phone")
    CUSTOMER_NUMBER = "customer_number", _("Customer number")


class Identity(WorkspaceRow):
    """One id of a person in one system. `lookup` finds it; `sealed` holds personal values, `plain` the others."""

    public_id = PublicId("idn")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=IdentityKind.choices)
    lookup = models.BinaryField(max_length=16)
    sealed = models.BinaryField(max_length=400, null=True)
    plain = models.CharField(max_length=120, blank=True)
    last4 = models.CharField(max_length=4, blank=True)
    verified_at = models.DateTimeField(null=True)
    source = models.CharField(max_length=40, blank=True)
    import_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "kind", "lookup"], name="one_person_an_identity"),
        ]
        indexes = [
            models.Index(fields=["workspace_id", "last4"], condition=~models.Q(last4=""), name="identity_last4"),
            models.Index(
                fields=["workspace_id", "import_id"],
                condition=models.Q(import_id__isnull=False),
                name="identity_of_import",
            ),
        ]


class TraitKind(models.TextChoices):
    TEXT = "text", _("Text")
    NUMBER = "number", _("Number")
    DATE = "date", _("Date")
    YES_NO = "yes_no", _("Yes or no")


class Field(WorkspaceRow):
    """A trait that this workspace keeps of people; the key stays when the label changes."""

    public_id = PublicId("fld")
    key = models.SlugField(max_length=40)
    label = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=TraitKind.choices, default=TraitKind.TEXT)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace_id", "key"], name="one_field_a_key")]

    def __str__(self) -> str:
        return self.label


class Trait(WorkspaceRow):
    """A fact stored on a person, in canonical text: 12.5, 2026-11-21, yes."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    field = models.ForeignKey(Field, on_delete=models.CASCADE, related_name="+", db_index=False)
    value = models.CharField(max_length=200)
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["person", "field"], name="one_trait_a_field")]
        indexes = [models.Index(fields=["workspace_id", "field", "value", "person"])]


class LevelProof(WorkspaceRow):
    """Why a person stands on a level, and since when; it ends when the proof does (a refund, an unfollow)."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    level = models.CharField(max_length=12, choices=Level.choices)
    proof = models.CharField(max_length=40)
    reference = models.BigIntegerField(null=True)
    label = models.CharField(max_length=120, blank=True)
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=40, blank=True)
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["person", "level", "proof", "reference"], name="one_proof_a_reason", nulls_distinct=False
            )
        ]
        indexes = [
            models.Index(
                fields=["workspace_id", "import_id"],
                condition=models.Q(import_id__isnull=False),
                name="proof_of_import",
            ),
        ]


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
