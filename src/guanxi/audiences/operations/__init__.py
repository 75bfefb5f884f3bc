"""Keeping audiences."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from guanxi.audiences import queries
from guanxi.audiences.models import Audience
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
    "AudienceInUse",
    "TagRuleRefused",
    "delete_audience",
    "make_tag_rule",
    "recount",
    "remove_tag_rule",
    "save_audience",
    "switch_tag_rule",
    "tag_rule_lane",
]


class AudienceInUse(Exception):
    """Another audience or a room above still points at it."""


def save_audience(
    *, name: str, rule: Any, by: Staff | None, now: datetime, audience: Audience | None = None
) -> Audience:
    """`rule` is JSON. Raises queries.RuleError. The size is counted at once."""
    audience = audience or Audience(created_at=now, by=by)
    audience.name, audience.rule, audience.updated_at = name, rule, now
    queries.parse_rule(rule, queries.catalogue(), audience.public_id)
    audience.size, audience.counted_at = queries.count(rule, now=now), now
    audience.save()
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
    size = queries.count(audience.rule, now=now)
    Audience.objects.filter(pk=audience.pk).update(size=size, counted_at=now)
    return size
