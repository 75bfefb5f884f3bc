"""What the rows of this room say of people."""

from __future__ import annotations

from guanxi.audiences import models
from guanxi.kit.personal import Table, declare

declare(Table(models.Audience, plain="id public_id name rule size counted_at by_id created_at updated_at"))
