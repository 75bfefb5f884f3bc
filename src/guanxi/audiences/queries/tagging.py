"""Rules that give tags, and to how many."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, QuerySet

from guanxi.audiences.models import Audience, TagRule
from guanxi.audiences.rules.parse import tags_in
from guanxi.people.models import PersonTag, Tag


def tag_rules() -> QuerySet[TagRule]:
    found: QuerySet[TagRule] = TagRule.objects.select_related("audience", "tag", "tag__group", "by")
    return found.order_by("created_at", "pk")


def asking_for(tag: Tag) -> list[str]:
    """The names of the audiences whose rules say it."""
    said = Audience.objects.order_by("name", "pk").values_list("name", "rule")
    return [name for name, rule in said if tag.public_id in tags_in(rule)]


def given_by(rules: Sequence[TagRule]) -> dict[int, int]:
    """Rule → how many people carry its tag because of it."""
    rows = PersonTag.objects.filter(rule__in=[rule.pk for rule in rules], person__merged_into=None)
    counted = rows.values_list("rule").annotate(n=Count("pk"))
    return {rule: many for rule, many in counted if rule is not None}
