"""The tie between one member of staff and one person on one account."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.channels.models import Account
from guanxi.governance.models import Staff
from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow
from guanxi.people.models import Person


class FriendState(models.TextChoices):
    PENDING = "pending", pgettext_lazy("friend", "Asked")
    ACTIVE = "active", pgettext_lazy("friend", "Friends")
    DELETED_BY_THEM = "deleted_by_them", _("Deleted by them")
    DELETED_BY_US = "deleted_by_us", _("Deleted by us")
    BLOCKED = "blocked", _("Blocked by them")
    HANDED_OVER = "handed_over", _("Handed over")


class FriendSource(models.TextChoices):
    """The ways in which WeCom says that friends found each other (`rules.WECOM_ADD_WAYS`), and two of ours."""

    UNKNOWN = "unknown", pgettext_lazy("friend source", "Not known")
    SCAN = "scan", _("Scanned a code")
    PHONE_SEARCH = "phone_search", _("Searched the phone number")
    CARD = "card", _("Shared contact card")
    GROUP = "group", pgettext_lazy("friend source", "Group chat")
    PHONE_BOOK = "phone_book", _("Phone book")
    WECHAT_CONTACT = "wechat_contact", _("WeChat contact")
    OUTSIDE_APP = "outside_app", _("Added by another app")
    EMAIL_SEARCH = "email_search", _("Searched the e-mail address")
    VIDEO_CHANNEL = "video_channel", _("Video channel page")
    CALENDAR = "calendar", _("Member of a calendar event")
    MEETING = "meeting", _("Member of a meeting")
    WECHAT_FRIEND = "wechat_friend", _("WeChat friend with WeCom")
    HARDWARE = "hardware", _("Smart device")
    DOOR_SERVICE = "door_service", _("Visit at the door")
    ACQUISITION_LINK = "acquisition_link", _("Acquisition link")
    CUSTOM = "custom", _("Made to order")
    DEMAND = "demand", _("Answered a request")
    COLLEAGUE = "colleague", _("Shared by a colleague")
    ASSIGNED = "assigned", _("Assigned by an administrator")
    HANDED_OVER = "handed_over", _("Handed over by a colleague")
    INHERITED = "inherited", _("Inherited from a leaver")


class Friendship(WorkspaceRow):
    """Derived from its facts (`rules.standing`). `since`: when it began, `state_at`: when the state did.

    `remark` and `description` are the last words that the advisor wrote of the person (`FriendWord`).
    """

    public_id = PublicId("frd")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=16, choices=FriendState.choices)
    source = models.CharField(max_length=20, choices=FriendSource.choices, default=FriendSource.UNKNOWN)
    since = models.DateTimeField()
    state_at = models.DateTimeField()
    first_at = models.DateTimeField()
    remark = models.CharField(max_length=80, blank=True, default="")
    description = models.CharField(max_length=300, blank=True, default="")
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(fields=["person", "staff", "account"], name="one_friendship_of_two"),
        ]
        indexes = [
            models.Index(fields=["workspace_id", "staff", "-since", "-id"], name="friend_of_staff"),
            models.Index(fields=["workspace_id", "staff", "state", "-since", "-id"], name="friend_of_staff_by_state"),
            models.Index(fields=["workspace_id", "-since", "-id"], name="friend_newest"),
            models.Index(fields=["workspace_id", "state", "-since", "-id"], name="friend_by_state"),
            models.Index(fields=["workspace_id", "source", "-since", "-id"], name="friend_by_source"),
            models.Index(
                fields=["workspace_id", "staff", "person"], condition=models.Q(state="active"), name="friend_of_own"
            ),
            models.Index(
                fields=["workspace_id", "import_id", "id"],
                condition=models.Q(import_id__isnull=False),
                name="friend_of_import",
            ),
        ]


class FriendWordKind(models.TextChoices):
    REMARK = "remark", _("Remark")
    DESCRIPTION = "description", _("Description")


class FriendWord(WorkspaceRow):
    """What an advisor wrote of a person, and when; also before anybody tells that they became friends."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=12, choices=FriendWordKind.choices)
    at = models.DateTimeField()
    text = models.CharField(max_length=300, blank=True)
    told_by = models.CharField(max_length=40, blank=True)
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["person", "staff", "account", "kind", "at", "text", "import_id"],
                name="one_friend_word",
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace_id", "import_id", "id"],
                condition=models.Q(import_id__isnull=False),
                name="friend_word_of_import",
            ),
        ]


class FriendFactKind(models.TextChoices):
    REQUESTED = "requested", _("Asked to be friends")
    HALF_ADDED = "half_added", _("Added the advisor, who has not answered")
    ADDED = "added", _("Became friends")
    TAKEN = "taken", _("Taken over")
    HANDED_OVER = "handed_over", _("Handed over")
    REMOVED_BY_FRIEND = "removed_by_friend", _("Deleted by them")
    REMOVED_BY_STAFF = "removed_by_staff", _("Deleted by us")
    BLOCKED = "blocked", _("Blocked by them")
    UNBLOCKED = "unblocked", _("No longer blocked")


class FriendFact(WorkspaceRow):
    """Something that happened to a friendship; never changed. `other`: from whom it was taken, to whom it went. What a
    file told and others, too, has a row of each, so that it stays when the file is taken back."""

    friendship = models.ForeignKey(Friendship, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=FriendFactKind.choices)
    at = models.DateTimeField()
    source = models.CharField(max_length=20, blank=True)
    other = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    told_by = models.CharField(max_length=40, blank=True)
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["friendship", "at", "kind", "source", "other", "import_id"],
                name="one_friend_fact",
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace_id", "import_id", "id"],
                condition=models.Q(import_id__isnull=False),
                name="friend_fact_of_import",
            ),
        ]


class HandoverState(models.TextChoices):
    RUNNING = "running", _("Running")
    STOPPED = "stopped", _("Stopped")
    DONE = "done", _("Done")
    FAILED = "failed", _("Could not run")
    UNDOING = "undoing", _("Undoing")
    UNDONE = "undone", _("Undone")


class FriendHandover(WorkspaceRow):
    """Friends of `giver` go to others, all at the moment `at`, and come back at `undone_at`, however long the work
    takes. `shares`: (key of the taker, friends and group chats that went), in their order; the older ones have no
    group chats. `change` is the public id of the change of people that went along.

    Of `total` friends `friends` went and `left_out` did not; of `returning`, `returned` came back and `kept` did not.
    `giver_active`: whether the giver had access when the work began. `problem`: taker_left, giver_left, unexpected.
    """

    public_id = PublicId("fho")
    giver = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=HandoverState.choices, default=HandoverState.DONE)
    problem = models.CharField(max_length=20, blank=True)
    giver_active = models.BooleanField(default=True)
    shares = models.JSONField(default=list)
    total = models.IntegerField(default=0)
    friends = models.IntegerField()
    left_out = models.IntegerField(default=0)
    groups = models.IntegerField()
    change = models.CharField(max_length=40, blank=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    returning = models.IntegerField(default=0)
    returned = models.IntegerField(default=0)
    kept = models.IntegerField(default=0)

    class Meta(WorkspaceRow.Meta):
        indexes = [
            models.Index(fields=["workspace_id", "-at", "-id"], name="friend_handover_newest"),
            models.Index(
                fields=["workspace_id", "change"], condition=~models.Q(change=""), name="friend_handover_of_change"
            ),
            models.Index(
                fields=["workspace_id", "id"],
                condition=models.Q(state__in=("running", "undoing")),
                name="friend_handover_at_work",
            ),
        ]


class HandoverPart(WorkspaceRow):
    """A friendship or a group chat that has not been dealt with yet; gone when it has. Both are plain ids: a hand-over
    keeps nothing from being removed. `taker` gets it, or has it while it is taken back."""

    of = models.ForeignKey(FriendHandover, on_delete=models.CASCADE, related_name="+", db_index=False)
    taker = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+", db_index=False)
    friendship = models.BigIntegerField(null=True)
    group = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        indexes = [models.Index(fields=["of", "id"], name="handover_part_of")]
