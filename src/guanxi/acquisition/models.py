"""How strangers arrive: sources that send events, and what they sent."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.governance.models import Staff
from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow


class SourceKind(models.TextChoices):
    BROWSER = "browser", _("Website")
    SERVER = "server", pgettext_lazy("source", "Server")


class Source(WorkspaceRow):
    """A site, shop or app that sends events with its write key, which can only write. Of a key the hash is kept.

    A browser's key is public: what protects it is `origins`, the addresses of the pages that may use it. After a
    rotation the old key works too, until `old_until`.
    """

    public_id = PublicId("src")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=SourceKind.choices)
    origins: models.JSONField[Any, Any] = models.JSONField(default=list)
    prefix = models.CharField(max_length=20)
    key_hash = models.BinaryField(max_length=32, unique=True)
    old_key_hash = models.BinaryField(max_length=32, null=True, unique=True)
    old_until = models.DateTimeField(null=True)
    by = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)

    class Meta(WorkspaceRow.Meta):
        indexes = [models.Index(fields=["workspace_id", "id"])]

    def __str__(self) -> str:
        return self.name


class Batch(WorkspaceRow):
    """What one request brought, sealed as it came: written before the answer, applied later, kept for 30 days.

    `refusals` are [place in the batch, reason, detail], the last of them if there are very many; `remarks` the same of
    what was left out of an event that was taken. `people` are those whom it told of, `size` is of the JSON.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+", db_index=False)
    call = models.CharField(max_length=10)
    body = models.BinaryField(null=True)
    size = models.IntegerField()
    received_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    applied_at = models.DateTimeField(null=True)
    taken = models.IntegerField(default=0)
    repeated = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    refusals: models.JSONField[Any, Any] = models.JSONField(default=list)
    remarks: models.JSONField[Any, Any] = models.JSONField(default=list, db_default=[])
    people: ArrayField[Any, Any] = ArrayField(models.BigIntegerField(), default=list)

    class Meta(WorkspaceRow.Meta):
        indexes = [
            models.Index(
                fields=["workspace_id", "id"], condition=models.Q(applied_at__isnull=True), name="intake_waiting"
            ),
            models.Index(fields=["workspace_id", "source", "-id"], name="intake_newest"),
            models.Index(
                fields=["workspace_id", "source", "-id"], condition=models.Q(refused__gt=0), name="intake_refused"
            ),
            models.Index(fields=["workspace_id", "received_at"], name="intake_old"),
        ]


class TurnedAway(WorkspaceRow):
    """Requests with a key of the source which were refused whole, before anything in them was read; `code` as the
    answer said it. Forgotten 30 days after the last."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+", db_index=False)
    code = models.CharField(max_length=20)
    count = models.BigIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["source", "code"], name="one_row_a_refusal")]


class SeenIds(WorkspaceRow):
    """The ids of messages that were applied, as sorted 8-byte hashes: what comes again within a week is known by it."""

    hashes = models.BinaryField()
    count = models.IntegerField()
    seen_at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        indexes = [models.Index(fields=["workspace_id", "seen_at"])]


class EventName(WorkspaceRow):
    """An event that sources send: `name` as it first came, `key` as the lake and rules know it."""

    public_id = PublicId("evn")
    key = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    count = models.BigIntegerField(default=0)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    blocked_at = models.DateTimeField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace_id", "key"], name="one_event_a_key")]
        indexes = [models.Index(fields=["workspace_id", "-last_seen_at", "-id"])]

    def __str__(self) -> str:
        return self.name


class PropertyKind(models.TextChoices):
    TEXT = "text", _("Text")
    NUMBER = "number", _("Number")
    FLAG = "flag", _("Yes or no")
    DATE = "date", _("Date")
    NESTED = "nested", _("List or object")
    MIXED = "mixed", _("Different types")
    PERSONAL = "personal", _("Personal: not kept")


class EventProperty(WorkspaceRow):
    """What an event carries, by what was seen. Of a personal one only the name is known."""

    event = models.ForeignKey(EventName, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=PropertyKind.choices)
    first_seen_at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["event", "key"], name="one_property_a_key")]
