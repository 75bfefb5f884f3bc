"""Tags: words that staff, rules and channels put on people, in groups or of one member of staff alone."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guanxi.governance.models import Staff
from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow
from guanxi.people.models.person import Person
from guanxi.people.rules.tags import NAME_LIMIT, Wins


class Role(models.TextChoices):
    """What a person is to the brand. Consumer is who is nothing else: no row says so."""

    EMPLOYEE = "employee", _("Employee")
    LEADER = "leader", _("Opinion leader")
    CONSUMER = "consumer", _("Consumer")


class TagGroup(WorkspaceRow):
    """Tags that belong together. `exclusive`: a person carries one of them at the most. `wins`: whose word counts when
    a channel says something else than we do."""

    WINS = (
        (Wins.OURS.value, _("Ours")),
        (Wins.CHANNEL.value, _("The channel's")),
        (Wins.NEWEST.value, _("Whichever is newer")),
    )
    public_id = PublicId("tgg")
    name = models.CharField(max_length=NAME_LIMIT)
    folded = models.CharField(max_length=NAME_LIMIT * 3)
    exclusive = models.BooleanField(default=False)
    wins = models.CharField(max_length=10, choices=WINS, default=Wins.OURS.value)
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace_id", "folded"], name="one_tag_group_a_name")]

    def __str__(self) -> str:
        return self.name


class Tag(WorkspaceRow):
    """A word of a group, of one member of staff, or a role. One that was used is archived: whoever carries it keeps it,
    nobody new gets it. `merged_into` is the tag that it became."""

    public_id = PublicId("tag")
    group = models.ForeignKey(TagGroup, null=True, on_delete=models.PROTECT, related_name="tags")
    staff = models.ForeignKey(Staff, null=True, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=10, blank=True, default="", choices=Role.choices)
    name = models.CharField(max_length=NAME_LIMIT)
    folded = models.CharField(max_length=NAME_LIMIT * 3)
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["group", "folded"], condition=Q(group__isnull=False), name="one_tag_a_name"
            ),
            models.UniqueConstraint(
                fields=["staff", "folded"], condition=Q(staff__isnull=False), name="one_own_tag_a_name"
            ),
            models.UniqueConstraint(fields=["workspace_id", "role"], condition=~Q(role=""), name="one_tag_a_role"),
            models.CheckConstraint(
                name="tag_of_one_kind",
                condition=Q(group__isnull=False, staff__isnull=True, role="")
                | Q(group__isnull=True, staff__isnull=False, role="")
                | (Q(group__isnull=True, staff__isnull=True) & ~Q(role="")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TaggedBy(models.TextChoices):
    STAFF = "staff", _("By hand")
    RULE = "rule", _("By a rule")
    IMPORT = "import", _("Import")
    API = "api", _("API")
    CHANNEL = "channel", _("Channel")


class PersonTag(WorkspaceRow):
    """A tag on a person. A person has each `slot` once: that of a free tag is the tag, the tags of an exclusive group
    share one, and so do the roles (`rules.tags.slot`). `rule` is the row of a rule in a room above."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, related_name="+", db_index=False)
    slot = models.BigIntegerField()
    since = models.DateTimeField()
    how = models.CharField(max_length=10, choices=TaggedBy.choices)
    by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    reason = models.CharField(max_length=200, blank=True)
    rule = models.BigIntegerField(null=True)
    expires_at = models.DateTimeField(null=True)
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["person", "slot"], name="one_tag_a_slot")]
        indexes = [
            models.Index(fields=["workspace_id", "tag", "person"], name="people_of_tag"),
            models.Index(
                fields=["workspace_id", "expires_at"], condition=Q(expires_at__isnull=False), name="tag_expires"
            ),
            models.Index(fields=["workspace_id", "rule"], condition=Q(rule__isnull=False), name="tag_of_rule"),
            models.Index(
                fields=["workspace_id", "import_id"], condition=Q(import_id__isnull=False), name="tag_of_import"
            ),
        ]


class TagRefusal(WorkspaceRow):
    """Somebody took off by hand what a rule had put on: no rule puts it on again, until somebody lets it."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["person", "tag"], name="one_refusal_a_tag")]
