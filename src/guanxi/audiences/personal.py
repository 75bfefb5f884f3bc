"""What the rows of this room say of people."""

from __future__ import annotations

from guanxi.audiences import models
from guanxi.audiences.operations.exports import files
from guanxi.kit.personal import Erasure, Kind, Store, Table, declare

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
    Table(
        models.Export,
        pseudonym="public_id by_id",
        sensitive="salt",
        plain="id audience_id name chosen shape state problem total done through rows left_out size attempts "
        "lease_until created_at finished_at expires_at",
        whose="staff",
        why="That a file of people was made, by whom, and how many stood in it.",
    ),
    Table(
        models.ExportChunk,
        pseudonym="first last people",
        plain="id of_id number",
        found=files.chunks_of,
        erase=files.forget_in_exports,
        erasure=Erasure.REMOVED,
    ),
    Store(
        "files: lists",
        columns={"content": Kind.PERSONAL},
        why="Files of many people, sealed, for three days. One in which the person stands ends at once, its key first.",
        erase=files.forget_in_exports,
    ),
)
