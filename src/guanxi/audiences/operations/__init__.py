"""Keeping audiences."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import ProtectedError

from guanxi.audiences import queries
from guanxi.audiences.models import Audience
from guanxi.audiences.operations.refreshing import (
    A_WEEK,
    AudienceBusy,
    AudienceGone,
    AudienceIsFixed,
    BadInterval,
    Refreshed,
    fix_audience,
    held_audience,
    keep_live,
    refresh,
    refresh_lane,
)
from guanxi.audiences.operations.tagging import (
    TagRuleRefused,
    make_tag_rule,
    remove_tag_rule,
    switch_tag_rule,
    tag_rule_lane,
)
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit import scope

__all__ = [
    "A_WEEK",
    "AudienceBusy",
    "AudienceChanged",
    "AudienceGone",
    "AudienceInUse",
    "AudienceIsFixed",
    "BadInterval",
    "Refreshed",
    "TagRuleRefused",
    "delete_audience",
    "fix_audience",
    "keep_live",
    "make_tag_rule",
    "recount",
    "refresh",
    "refresh_lane",
    "remove_tag_rule",
    "save_audience",
    "switch_tag_rule",
    "tag_rule_lane",
]


# What is written by who changes an audience; the rest belongs to whoever looks who is in it.
WRITTEN = ["name", "rule", "updated_at", "size", "counted_at", "looked_at"]


class AudienceInUse(Exception):
    """Another audience or a room above still points at it."""


class AudienceChanged(Exception):
    """Somebody saved it after the caller looked."""


def save_audience(
    *,
    name: str,
    rule: Any,
    by: Staff | None,
    now: datetime,
    audience: Audience | None = None,
    seen: datetime | None = None,
) -> Audience:
    """`rule` is JSON; `seen` is `updated_at` of what the caller looked at. Raises queries.RuleError, AudienceGone,
    AudienceChanged, and AudienceIsFixed for another rule of one that follows none. The size is counted at once; members
    follow with the next turn of the lane."""
    queries.parse_rule(rule, queries.catalogue(), audience.public_id if audience else "")
    size = None if audience is not None and audience.fixed_at else queries.count(rule, now=now)
    with transaction.atomic():
        kept = held_audience(audience) if audience is not None else Audience(created_at=now, by=by)
        if seen is not None and kept.updated_at != seen:
            raise AudienceChanged
        if kept.fixed_at is not None and rule != kept.rule:
            raise AudienceIsFixed
        _one_by_one()
        queries.parse_rule(rule, queries.catalogue(), kept.public_id)
        kept.name, kept.rule, kept.updated_at = name, rule, now
        if kept.fixed_at is None and size is not None:
            kept.size, kept.counted_at, kept.looked_at = size, now, None
        kept.save(update_fields=None if kept.pk is None else WRITTEN)
    return kept


def _one_by_one() -> None:
    """Two that come to name each other at the same moment, or one that is deleted while another comes to name it, would
    each find nothing wrong. After the lock of the row, never before it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"guanxi.audiences.{scope.current()}"])


@transaction.atomic
def delete_audience(*, audience: Audience, by: Staff | None, now: datetime) -> None:
    """The rule alone: its people stay. Raises AudienceInUse and AudienceGone."""
    kept = held_audience(audience)
    _one_by_one()
    if queries.naming(kept):
        raise AudienceInUse
    try:
        with transaction.atomic():
            kept.delete()
    except ProtectedError:
        raise AudienceInUse from None
    governance.record(act="audience.deleted", by=by, subject=kept.public_id, now=now)


def recount(*, audience: Audience, now: datetime) -> int:
    size = queries.count(queries.people_rule(audience), now=now)
    Audience.objects.filter(pk=audience.pk).update(size=size, counted_at=now)
    return size
