"""After a restore the rows are younger than the lake: what the lake has not seen goes back to the writer's queue."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import pyarrow.compute as pc
from django.db import transaction

from guanxi.events.changes import note_everybody
from guanxi.events.lake import MIRRORS, opened
from guanxi.events.models import Fact, FactBatch, Forgotten, LakeState, Retraction
from guanxi.events.operations.announcing import touch
from guanxi.events.operations.writing import APPLICATION
from guanxi.kit import scope


@transaction.atomic
def rewind(*, retracted: Collection[int], mirrored: Mapping[str, Iterable[int]]) -> int:
    """Take the number in the Delta log for the truth; returns how many facts (rows and batches) wait again.

    Facts of later commits lose their number, so that the writer gives them a new one and appends them once.
    `retracted` names the retractions that the lake has seen; the others are done again. A mirror has no numbers:
    all its keys, those that `mirrored` names and those that lie in the lake, are written anew.
    """
    events = opened(scope.current(), "events")
    commit = (events.transaction_version(APPLICATION) or 0) if events else 0
    waiting = Fact.objects.filter(lake_commit__gt=commit).update(lake_commit=None)
    waiting += FactBatch.objects.filter(lake_commit__gt=commit).update(lake_commit=None)
    LakeState.objects.update(assigned=commit, appended=commit)
    Retraction.objects.filter(done_at__isnull=False).exclude(pk__in=retracted).update(done_at=None)
    Forgotten.objects.update(done_at=None, swept_at=None)
    note_everybody("rewinding")
    for name, keys in mirrored.items():
        touch(name, sorted({*keys, *_in_lake(name)}))
    return waiting


def _in_lake(mirror: str) -> set[int]:
    delta = opened(scope.current(), mirror)
    if delta is None:
        return set()
    key = MIRRORS[mirror].names[0]
    return set(pc.unique(delta.to_pyarrow_table(columns=[key])[key]).to_pylist())
