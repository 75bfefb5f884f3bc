"""What the rows of this room say of people."""

from __future__ import annotations

from guanxi.content import models
from guanxi.kit.personal import Table, declare

declare(
    Table(models.Content, plain="id public_id name fall_back by_id created_at updated_at"),
    Table(models.Variant, plain="id content_id language channel subject body"),
)
