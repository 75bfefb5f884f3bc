"""What the rows of this room say of people."""

from __future__ import annotations

from guanxi.audiences import models
from guanxi.kit.personal import Erasure, Table, declare

declare(
    Table(
        models.Audience,
        plain="id public_id name rule size counted_at every fixed_at filled_at refreshed_at looked_at lake_commit "
        "lake_change basis problem by_id created_at updated_at",
    ),
    Table(
        models.AudienceMember,
        "audiences",
        pseudonym="person_id",
        plain="id audience_id since",
        found="person",
        shows={"audience": "audience__name"},
        erasure=Erasure.REMOVED,
    ),
    Table(models.AudienceDay, plain="id audience_id day at size entered left"),
    Table(
        models.TagRule,
        plain="id public_id audience_id tag_id because days is_on looked_at problem by_id created_at",
    ),
)
