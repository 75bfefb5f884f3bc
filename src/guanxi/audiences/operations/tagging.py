"""Tags and roles that people carry because they are in an audience."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from guanxi.audiences import queries
from guanxi.audiences.models import Audience, TagRule
from guanxi.audiences.operations.refreshing import refresh
from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit.apart import apart
from guanxi.people import operations as people
from guanxi.people.models import PersonTag, Tag, TaggedBy, TagRefusal
from guanxi.people.operations import Put, TagRefused

EVERY = timedelta(minutes=10)
RULES_LIMIT = 200
DAYS_LIMIT = 3_650
CHUNK = 2_000


class TagRuleRefused(ValueError):
    """`reason`: no_reason, bad_days, archived, own_tag, taken, too_many."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def make_tag_rule(
    *, audience: Audience, tag: Tag, because: str, by: Staff | None, now: datetime, days: int | None = None
) -> TagRule:
    """Raises TagRuleRefused."""
    because = " ".join(because.split())[:200]
    if not because:
        raise TagRuleRefused("no_reason")
    if days is not None and not 1 <= days <= DAYS_LIMIT:
        raise TagRuleRefused("bad_days")
    if tag.archived_at is not None:
        raise TagRuleRefused("archived")
    if tag.staff_id is not None:
        raise TagRuleRefused("own_tag")
    if TagRule.objects.filter(audience=audience, tag=tag).exists():
        raise TagRuleRefused("taken")
    if TagRule.objects.count() >= RULES_LIMIT:
        raise TagRuleRefused("too_many")
    rule: TagRule = TagRule.objects.create(
        audience=audience, tag=tag, because=because, days=days, by=by, created_at=now
    )
    governance.record(act="tag_rule.made", by=by, subject=rule.public_id, now=now)
    return rule


@transaction.atomic
def switch_tag_rule(*, rule: TagRule, on: bool, by: Staff | None, now: datetime) -> TagRule:
    """Off, the tags that it gave stay. On, it is looked at next."""
    held: TagRule = TagRule.objects.select_for_update(of=("self",)).get(pk=rule.pk)
    held.is_on, held.looked_at, held.problem = on, None, ""
    held.save(update_fields=["is_on", "looked_at", "problem"])
    governance.record(act=f"tag_rule.switched_{'on' if on else 'off'}", by=by, subject=held.public_id, now=now)
    return held


@transaction.atomic
def remove_tag_rule(*, rule: TagRule, by: Staff | None, now: datetime) -> None:
    """The tags that it gave stay."""
    governance.record(act="tag_rule.removed", by=by, subject=rule.public_id, now=now)
    TagRule.objects.filter(pk=rule.pk).delete()


def tag_rule_lane(*, now: datetime) -> bool:
    """One turn at the rule that was looked at longest ago, in the current workspace; says whether one was due."""
    due = TagRule.objects.filter(Q(looked_at=None) | Q(looked_at__lt=now - EVERY), is_on=True)
    rule = due.select_related("audience", "tag", "by").order_by(F("looked_at").asc(nulls_first=True), "pk").first()
    if rule is None:
        return False
    with apart("tag rule", rule.pk) as work:
        problem = follow(rule, now=now)
    TagRule.objects.filter(pk=rule.pk).update(looked_at=now, problem="unexpected" if work.problem else problem)
    return True


def follow(rule: TagRule, *, now: datetime) -> str:
    """Brings tags in step with the audience, a number of people at a time: what was done stays, whatever happens. Says
    what was in the way, or nothing."""
    try:
        fit = _fitting(rule.audience, now)
    except queries.RuleError:
        return "rule"
    carriers = PersonTag.objects.filter(tag=rule.tag)
    if rule.days is None:
        gone = set(carriers.filter(rule=rule.pk).values_list("person_id", flat=True)) - fit
        taking = Put(how=TaggedBy.RULE, rule=rule.pk)
        for some in _chunks(gone):
            people.tag_people(people=some, remove=[rule.tag], put=taking, now=now)
    known = set(carriers.values_list("person_id", flat=True))
    refused = set(TagRefusal.objects.filter(tag=rule.tag).values_list("person_id", flat=True))
    until = now + timedelta(days=rule.days) if rule.days else None
    giving = Put(how=TaggedBy.RULE, rule=rule.pk, reason=rule.because, expires_at=until)
    try:
        for some in _chunks(fit - known - refused):
            people.tag_people(people=some, add=[rule.tag], put=giving, now=now)
    except TagRefused as refusal:
        return refusal.reason
    return ""


def _fitting(audience: Audience, now: datetime) -> set[int]:
    """By the members where they are kept: a look at what is new costs less than one at everybody."""
    if audience.every is None and audience.fixed_at is None:
        return set(queries.members(audience.rule, now=now)["person"].to_pylist())
    if audience.fixed_at is None:
        refresh(audience=audience, now=now)
    return set(queries.members_of(audience).values_list("person_id", flat=True))


def _chunks(ids: set[int]) -> Iterator[Sequence[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def follow_merged_tags(happened: Sequence[events.Happened]) -> None:
    """A rule gives the tag that its own became, unless another rule of the same audience does so already."""
    for one in happened:
        ids = dict(Tag.objects.filter(public_id__in=[one.fact.tag, one.fact.into]).values_list("public_id", "pk"))
        taken = TagRule.objects.filter(tag=ids[one.fact.into]).values_list("audience", flat=True)
        mine = TagRule.objects.filter(tag=ids[one.fact.tag])
        mine.filter(audience__in=list(taken)).delete()
        mine.update(tag=ids[one.fact.into])
