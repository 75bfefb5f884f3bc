"""Who follows an account, and who brought whom."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.channels.models import Account
from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow
from guanxi.people.models import Person


class Follow(WorkspaceRow):
    """A person follows an account, which does not follow back. Derived from its facts (`rules.span`)."""

    public_id = PublicId("flw")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    first_at = models.DateTimeField()
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["person", "account"], name="one_follow_an_account")]
        indexes = [
            models.Index(fields=["workspace_id", "account", "-since", "-id"], name="follow_of_account"),
            models.Index(fields=["workspace_id", "-first_at", "-id"], name="follow_newest"),
            models.Index(
                fields=["workspace_id", "import_id", "id"],
                condition=models.Q(import_id__isnull=False),
                name="follow_of_import",
            ),
        ]


class FollowFact(WorkspaceRow):
    """A follow began or ended; never changed."""

    follow = models.ForeignKey(Follow, on_delete=models.CASCADE, related_name="+", db_index=False)
    begins = models.BooleanField()
    at = models.DateTimeField()
    told_by = models.CharField(max_length=40, blank=True)
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["follow", "at", "begins", "import_id"], name="one_follow_fact", nulls_distinct=False
            )
        ]
        indexes = [
            models.Index(
                fields=["workspace_id", "import_id", "id"],
                condition=models.Q(import_id__isnull=False),
                name="follow_fact_of_import",
            ),
        ]


class BroughtBy(models.TextChoices):
    INVITE = "invite", _("Invitation link")
    CODE = "code", _("Code of theirs")
    CARD = "card", _("Shared contact card")
    GROUP = "group", _("Invited into a group chat")
    COUPON = "coupon", _("Coupon passed on")
    WORD = "word", pgettext_lazy("referral", "Said so")


class ReferralEdge(WorkspaceRow):
    """`bringer` brought `brought`. Of several claims the earliest is the first bringer's; the others are kept. `at` and
    `by` are those of the earliest of its facts."""

    public_id = PublicId("ref")
    bringer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    brought = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    by = models.CharField(max_length=20, choices=BroughtBy.choices)
    at = models.DateTimeField()
    is_first = models.BooleanField()

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(fields=["brought", "bringer"], name="one_claim_of_two"),
            models.UniqueConstraint(fields=["brought"], condition=models.Q(is_first=True), name="one_first_bringer"),
            models.CheckConstraint(condition=~models.Q(bringer=models.F("brought")), name="nobody_brings_themselves"),
        ]
        indexes = [
            models.Index(fields=["bringer", "-at", "-id"], name="referral_of_bringer"),
            models.Index(fields=["workspace_id", "-at", "-id"], name="referral_newest"),
        ]


class ReferralFact(WorkspaceRow):
    """Somebody said that the one brought the other; never changed."""

    edge = models.ForeignKey(ReferralEdge, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    by = models.CharField(max_length=20, choices=BroughtBy.choices)
    told_by = models.CharField(max_length=40, blank=True)
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["edge", "at", "by", "import_id"], name="one_referral_fact", nulls_distinct=False
            )
        ]
        indexes = [
            models.Index(
                fields=["workspace_id", "import_id", "id"],
                condition=models.Q(import_id__isnull=False),
                name="referral_fact_of_import",
            ),
        ]
