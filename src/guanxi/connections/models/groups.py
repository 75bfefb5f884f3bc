"""Many people and staff on a channel."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.channels.models import Account
from guanxi.governance.models import Staff
from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow
from guanxi.people.models import Person


def of_import(name: str) -> models.Index:
    return models.Index(
        fields=["workspace_id", "import_id", "id"], condition=models.Q(import_id__isnull=False), name=name
    )


class GroupChat(WorkspaceRow):
    """A group chat, by the channel's own id. `people` and `staff` count who is in it now."""

    public_id = PublicId("grp")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    external_id = models.CharField(max_length=120)
    name = models.CharField(max_length=120, blank=True)
    notice = models.CharField(max_length=1000, blank=True)
    owner = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")
    people = models.IntegerField(default=0)
    staff = models.IntegerField(default=0)
    created_at = models.DateTimeField(null=True)
    dismissed_at = models.DateTimeField(null=True)
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(fields=["account", "external_id"], name="one_group_an_id"),
        ]
        indexes = [
            models.Index(fields=["workspace_id", "-id"], name="group_newest"),
            of_import("group_of_import"),
        ]

    def __str__(self) -> str:
        return self.name or self.external_id


class GroupFactKind(models.TextChoices):
    CREATED = "created", pgettext_lazy("group", "Created")
    RENAMED = "renamed", pgettext_lazy("group", "Renamed")
    NOTICE_CHANGED = "notice_changed", _("Notice changed")
    OWNER_CHANGED = "owner_changed", _("Owner changed")
    DISMISSED = "dismissed", pgettext_lazy("group", "Dismissed")


class GroupFact(WorkspaceRow):
    """Something that happened to a group chat as a whole; never changed."""

    group = models.ForeignKey(GroupChat, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=GroupFactKind.choices)
    at = models.DateTimeField()
    text = models.CharField(max_length=1000, blank=True)
    owner = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    told_by = models.CharField(max_length=40, blank=True)
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["group", "at", "kind", "text", "owner", "import_id"],
                name="one_group_fact",
                nulls_distinct=False,
            ),
        ]
        indexes = [of_import("group_fact_of_import")]


class JoinedBy(models.TextChoices):
    UNKNOWN = "unknown", pgettext_lazy("group", "Not known")
    INVITED = "invited", pgettext_lazy("group", "Invited by a member")
    LINK = "link", pgettext_lazy("group", "By a link")
    SCAN = "scan", _("Scanned a code")
    CREATED = "created", pgettext_lazy("group", "There from the start")


class LeftBy(models.TextChoices):
    UNKNOWN = "unknown", pgettext_lazy("group", "Not known")
    LEFT = "left", pgettext_lazy("group", "Left")
    REMOVED = "removed", pgettext_lazy("group", "Removed from the group")


class GroupMembership(WorkspaceRow):
    """A person, or a member of staff, in a group chat. Derived from its facts (`rules.span`)."""

    group = models.ForeignKey(GroupChat, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    staff = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    first_at = models.DateTimeField()
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    joined_by = models.CharField(max_length=10, choices=JoinedBy.choices, default=JoinedBy.UNKNOWN)
    left_by = models.CharField(max_length=10, choices=LeftBy.choices, blank=True)
    invited_by_person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    invited_by_staff = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["person", "group"], condition=models.Q(person__isnull=False), name="one_place_of_a_person"
            ),
            models.UniqueConstraint(
                fields=["staff", "group"],
                condition=models.Q(staff__isnull=False),
                name="one_place_of_staff",
            ),
            models.CheckConstraint(
                condition=models.Q(person__isnull=True) ^ models.Q(staff__isnull=True),
                name="a_member_is_a_person_or_staff",
            ),
        ]
        indexes = [
            models.Index(fields=["group", "-first_at", "-id"], name="member_of_group"),
            models.Index(
                fields=["group", "-first_at", "-id"],
                condition=models.Q(until__isnull=True),
                name="member_now_of_group",
            ),
        ]


class MemberFact(WorkspaceRow):
    """Somebody came or went; never changed."""

    membership = models.ForeignKey(GroupMembership, on_delete=models.CASCADE, related_name="+", db_index=False)
    begins = models.BooleanField()
    at = models.DateTimeField()
    how = models.CharField(max_length=10, blank=True)
    by_person = models.BigIntegerField(null=True)
    by_staff = models.BigIntegerField(null=True)
    told_by = models.CharField(max_length=40, blank=True)
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "at", "begins", "how", "by_person", "by_staff", "import_id"],
                name="one_member_fact",
                nulls_distinct=False,
            )
        ]
        indexes = [of_import("member_fact_of_import")]
