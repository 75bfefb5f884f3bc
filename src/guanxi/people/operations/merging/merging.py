"""Who becomes whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.people.events import PersonMerged
from guanxi.people.models import Field, Merge, MergeRule, Pair, PairState, Person
from guanxi.people.operations.levels import stand
from guanxi.people.operations.merging.lending import TRAIT, settle
from guanxi.people.operations.merging.moving import lift
from guanxi.people.operations.turn import wait_for_turn
from guanxi.people.rules.merging import FILLED


class MergeRefused(ValueError):
    """`reason`: same, gone (merged or erased meanwhile), undone."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ToMerge:
    """`kind` and `identity` are the id that says so; `source`, `event`, `sender` and `said` where it came from."""

    keep: int
    drop: int
    rule: str
    at: datetime
    kind: str = ""
    identity: int | None = None
    source: str = ""
    event: str = ""
    sender: str = ""
    said: str = ""
    picks: Mapping[str, int] = field(default_factory=dict)


@transaction.atomic
def merge_people(
    *,
    keep: Person,
    drop: Person,
    by: Staff | None,
    now: datetime,
    source: str = "staff",
    picks: Mapping[str, int] | None = None,
) -> Merge:
    """`drop` becomes `keep`, because somebody decided it. Raises MergeRefused.

    `picks`: of `name`, `country`, `language` and `trait:` with the key of a field, whose value is shown.
    """
    if keep.pk == drop.pk:
        raise MergeRefused("same")
    wait_for_turn()
    found = Person.objects.filter(pk__in=[keep.pk, drop.pk], merged_into=None, erased_at=None)
    # Not counted by the database: a count holds no rows.
    if len(found.order_by("pk").select_for_update().values_list("pk")) != 2:
        raise MergeRefused("gone")
    chosen = _picks(picks or {}, keep.pk)
    wanted = ToMerge(keep.pk, drop.pk, MergeRule.STAFF, now, source=source, picks=chosen)
    [merge] = merge_many([wanted], by=by, now=now)
    detail = {"merged": drop.public_id, "merge": merge.public_id}
    governance.record(act="person.merged", by=by, subject=keep.public_id, detail=detail, now=now)
    return merge


def _picks(picks: Mapping[str, int], keep: int) -> dict[str, int]:
    """Columns of who stays are shown anyway."""
    fields = dict(Field.objects.values_list("key", "pk")) if picks else {}
    chosen = {name: person for name, person in picks.items() if name in FILLED and person != keep}
    for name, person in picks.items():
        if name.startswith(TRAIT) and (of := fields.get(name.removeprefix(TRAIT))):
            chosen[f"{TRAIT}{of}"] = person
    return chosen


@transaction.atomic
def merge_many(wanted: Sequence[ToMerge], *, now: datetime, by: Staff | None = None) -> list[Merge]:
    """In this order; whoever was merged by an earlier one is followed. All of them must stand for themselves at first.

    Announces PersonMerged.
    """
    made: list[Merge] = []
    for some in _rounds(wanted):
        made += _merge(some, by, now)
    return made


def _rounds(wanted: Sequence[ToMerge]) -> Iterator[list[ToMerge]]:
    """As many at once as do not touch each other."""
    some: list[ToMerge] = []
    seen: set[int] = set()
    for one in wanted:
        if one.keep in seen or one.drop in seen:
            yield some
            some, seen = [], set()
        some.append(one)
        seen |= {one.keep, one.drop}
    if some:
        yield some


def _merge(wanted: Sequence[ToMerge], by: Staff | None, now: datetime) -> list[Merge]:
    both = sorted({person for one in wanted for person in (one.keep, one.drop)})
    list(Person.objects.filter(pk__in=both).order_by("pk").select_for_update().values_list("pk"))
    merges = Merge.objects.bulk_create(
        Merge(
            keep_id=one.keep,
            drop_id=one.drop,
            rule=one.rule,
            kind=one.kind,
            identity=one.identity,
            source=one.source,
            event=one.event,
            sender=one.sender,
            said=one.said,
            by=by,
            at=one.at,
            picks=dict(one.picks),
        )
        for one in wanted
    )
    for one in wanted:
        Person.objects.filter(merged_into=one.drop).update(merged_into=one.keep)
        Person.objects.filter(pk=one.drop).update(merged_into=one.keep)
    lift({one.drop: one.keep for one in wanted}, {merge.drop_id: merge.pk for merge in merges})
    settle([one.keep for one in wanted])
    stand(both)
    _close_pairs(wanted, by, now)
    gone = Person.objects.filter(merged_into__in=[one.keep for one in wanted]).values_list("pk", flat=True)
    events.touch("aliases", list(gone))
    events.touch("people", both)
    events.touch("reach", both)
    facts = [events.Happened(PersonMerged(one.keep, one.drop), now) for one in wanted]
    events.announce_many(facts, received_at=now, source="people")
    return merges


def _close_pairs(wanted: Sequence[ToMerge], by: Staff | None, now: datetime) -> None:
    for one in wanted:
        first, second = sorted((one.keep, one.drop))
        pairs = Pair.objects.filter(first=first, second=second)
        pairs.update(state=PairState.MERGED, decided_at=now, by=by)
