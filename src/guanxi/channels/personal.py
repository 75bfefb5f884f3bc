"""What the rows of this room say of people."""

from __future__ import annotations

from guanxi.channels import models, operations
from guanxi.kit.personal import Erasure, Table, declare

declare(
    Table(
        models.Account, sensitive="secret", plain="id public_id kind name config is_active problem free_at created_at"
    ),
    Table(models.Cap, plain="id most employee leader days"),
    Table(models.Check, plain="id account_id kind at findings"),
    Table(models.Reading, plain="id account_id due_at read_at problem"),
    Table(
        models.Notice,
        pseudonym="external_id message_id",
        plain="id account_id kind status at",
        why="That a message came back, by a hash of what came; it keeps nothing of what it said.",
    ),
    Table(
        models.Message,
        "messages",
        personal="detail vendor_id",
        pseudonym="public_id person_id identity_id address",
        plain="id origin step account_id purpose content_id state reason due_at attempts lease_until holder planned_at "
        "settled_at opened_at unsubscribed_at complained_at",
        found="person",
        erasure=Erasure.EMPTIED,
        erase=operations.forget,
        busy=operations.in_hand,
        why="The counts of a broadcast stay right. Address and answers go; what waits is skipped.",
    ),
)
