"""How many follow a person elsewhere: what somebody read there on a day, kept as it was said."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow
from guanxi.people.models import Person


class Platform(models.TextChoices):
    WEIBO = "weibo", _("Weibo")
    XIAOHONGSHU = "xiaohongshu", _("Xiaohongshu")
    DOUYIN = "douyin", _("Douyin")
    KUAISHOU = "kuaishou", _("Kuaishou")
    BILIBILI = "bilibili", _("Bilibili")
    WECHAT = "wechat", _("WeChat Official Account")
    ZHIHU = "zhihu", _("Zhihu")
    NAVER = "naver", _("Naver Blog")
    INSTAGRAM = "instagram", _("Instagram")
    YOUTUBE = "youtube", _("YouTube")
    TIKTOK = "tiktok", _("TikTok")
    FACEBOOK = "facebook", _("Facebook")
    X = "x", _("X")
    OTHER = "other", _("Another platform")


class Reading(WorkspaceRow):
    """So many followed a person on a platform on a day. The newest day counts, of one day what was said last; of all
    platforms together the person has a trait (`operations.platforms.FOLLOWERS`)."""

    public_id = PublicId("flr")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    platform = models.CharField(max_length=20, choices=Platform.choices)
    handle = models.CharField(max_length=80, blank=True)
    followers = models.PositiveBigIntegerField()
    as_of = models.DateField()
    source = models.CharField(max_length=20)
    noted_at = models.DateTimeField()
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        indexes = [
            models.Index(fields=["workspace_id", "person", "platform", "-as_of", "-id"], name="reading_of_person"),
            models.Index(
                fields=["workspace_id", "import_id", "id"],
                condition=models.Q(import_id__isnull=False),
                name="reading_of_import",
            ),
        ]
