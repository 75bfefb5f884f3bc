"""What the rows of this room say of people."""

from __future__ import annotations

from guanxi.kit.personal import Table, declare
from guanxi.reach import models

declare(
    Table(
        models.Broadcast,
        plain="id public_id name audience_id content_id account_id purpose hold_out_percent "
        "scheduled_at state rule snapshot planned_through lease_until holder by_id created_at updated_at confirmed_at "
        "started_at planned_at finished_at",
    ),
    Table(models.BroadcastAct, plain="id broadcast_id act by_id at reason"),
)
