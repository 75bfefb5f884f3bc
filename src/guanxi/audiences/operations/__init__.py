"""Keeping audiences."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from guanxi.audiences import queries
from guanxi.audiences.models import Audience
from guanxi.audiences.operations.refreshing import (
    A_WEEK,
    AudienceBusy,
    AudienceIsFixed,
    BadInterval,
    Refreshed,
    fix_audience,
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

__all__ = [
    "A_WEEK",
    "AudienceBusy",
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


def save_audience(
    *, name: str, rule: Any, by: Staff | None, now: datetime, audience: Audience | None = None
) -> Audience:
    """`rule` is JSON. Raises queries.RuleError, and AudienceIsFixed for another rule of one that follows none. The size
    is counted at once; members follow with the next turn of the lane."""
    audience = audience or Audience(created_at=now, by=by)
    if audience.fixed_at is not None and rule != audience.rule:
        raise AudienceIsFixed
    audience.name, audience.rule, audience.updated_at = name, rule, now
    queries.parse_rule(rule, queries.catalogue(), audience.public_id)
    if audience.fixed_at is None:
        audience.size, audience.counted_at, audience.looked_at = queries.count(rule, now=now), now, None
    audience.save(update_fields=None if audience.pk is None else WRITTEN)
    return audience


@transaction.atomic
def delete_audience(*, audience: Audience, by: Staff | None, now: datetime) -> None:
    """The rule alone: its people stay. Raises AudienceInUse."""
    if queries.naming(audience):
        raise AudienceInUse
    try:
        with transaction.atomic():
            audience.delete()
    except ProtectedError:
        raise AudienceInUse from None
    governance.record(act="audience.deleted", by=by, subject=audience.public_id, now=now)


def recount(*, audience: Audience, now: datetime) -> int:
    size = queries.count(queries.people_rule(audience), now=now)
    Audience.objects.filter(pk=audience.pk).update(size=size, counted_at=now)
    return size
