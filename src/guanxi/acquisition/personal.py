"""What the rows of this room say of people."""

from __future__ import annotations

from guanxi.acquisition import models, queries
from guanxi.kit.personal import Erasure, Table, declare

declare(
    Table(
        models.Source,
        sensitive="key_hash old_key_hash",
        plain="id public_id name kind origins prefix old_until by_id created_at stopped_at",
    ),
    Table(
        models.Batch,
        "sent events",
        personal="body",
        pseudonym="people",
        plain="id source_id call size received_at attempts applied_at taken repeated refused refusals remarks",
        found=queries.batches_of,
        export=queries.sent_of,
        erasure=Erasure.EMPTIED,
        cut={"people": []},
        why="What a site sent, sealed, for 30 days. The counts stay.",
    ),
    Table(models.TurnedAway, plain="id source_id code count first_at last_at"),
    Table(models.SeenIds, plain="id hashes count seen_at"),
    Table(models.EventName, plain="id public_id key name count first_seen_at last_seen_at blocked_at"),
    Table(models.EventProperty, plain="id event_id key name kind first_seen_at"),
)
