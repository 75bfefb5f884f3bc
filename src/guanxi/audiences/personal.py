"""What the rows of this room say of people."""

from __future__ import annotations

from guanxi.audiences import models
from guanxi.kit.personal import Table, declare

declare(
    Table(models.Audience, plain="id public_id name rule size counted_at by_id created_at updated_at"),
    Table(
        models.TagRule,
        plain="id public_id audience_id tag_id because days is_on looked_at problem by_id created_at",
    ),
)
