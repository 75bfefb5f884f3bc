"""Two people who had become one part again."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit import keys
from guanxi.people.events import PersonUnmerged
from guanxi.people.models import Merge, Pair, PairOrigin, PairState, Person
from guanxi.people.operations.levels import stand
from guanxi.people.operations.merging.lending import settle
from guanxi.people.operations.merging.merging import MergeRefused
from guanxi.people.operations.merging.moving import lift, send_home
from guanxi.people.operations.turn import wait_for_turn


@transaction.atomic
def undo_merge(*, merge: Merge, by: Staff | None, now: datetime, reason: str = "") -> None:
    """Exactly what was whose before is theirs again; what came after the merge stays with the one who stayed.

    Other merges of the same people stand, before and after this one. That the two are not the same is remembered: no
    id brings them together again. Raises MergeRefused.
    """
    wait_for_turn()
    held: Merge = Merge.objects.select_for_update().select_related("drop", "keep").get(pk=merge.pk)
    if held.undone_at is not None:
        raise MergeRefused("undone")
    root = held.drop.merged_into_id
    assert root is not None
    tree = Person.objects.filter(Q(pk=root) | Q(merged_into=root)).order_by("pk").select_for_update()
    if any(one.erased_at is not None or one.salt is None for one in tree):
        raise MergeRefused("gone")
    Merge.objects.filter(pk=held.pk).update(undone_at=now, undone_by=by)
    leaving = _with(held.drop_id, root)
    Person.objects.filter(pk__in=leaving).update(merged_into=held.drop_id)
    Person.objects.filter(pk=held.drop_id).update(merged_into=None)
    send_home(leaving)
    for one in (held.drop_id, root):
        _lift_again(one)
    settle([held.drop_id, root])
    stand([held.drop_id, root])
    _remember(held, by, now)
    events.touch("aliases", leaving)
    events.touch("people", [root, *leaving])
    events.touch("reach", [root, *leaving])
    events.announce(PersonUnmerged(root, held.drop_id), at=now, source="people")
    stays = Person.objects.values_list("public_id", flat=True).get(pk=root)
    detail = {"parted": held.drop.public_id, "merge": held.public_id}
    governance.record(act="merge.undone", by=by, subject=stays, reason=reason, detail=detail, now=now)


def _with(person: int, root: int) -> list[int]:
    """A person and everybody who became them, by whatever way."""
    below: dict[int, list[int]] = defaultdict(list)
    standing = Merge.objects.filter(undone_at=None, drop__merged_into=root)
    for keep, drop in standing.values_list("keep", "drop"):
        below[keep].append(drop)
    found, waiting = [], [person]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += below[one]
    return found


def _lift_again(root: int) -> None:
    """What stayed behind because a row was in its way comes up when that row has gone."""
    standing = Merge.objects.filter(undone_at=None, drop__merged_into=root).order_by("pk")
    for pk, drop in standing.values_list("pk", "drop"):
        lift({drop: root}, {drop: pk})


def _remember(merge: Merge, by: Staff | None, now: datetime) -> None:
    first, second = sorted((merge.keep_id, merge.drop_id))
    made = {"public_id": keys.new("dup"), "origin": PairOrigin.CONFLICT, "found_at": now}
    decided = {"state": PairState.DISTINCT, "decided_at": now, "by": by}
    Pair.objects.update_or_create(first_id=first, second_id=second, defaults=decided, create_defaults=made | decided)
