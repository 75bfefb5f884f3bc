"""When people were last seen, by signs that they give themselves: an order, an opened message, a visit to their page of
preferences, an event of theirs. That somebody writes to them, or returned mail, is no sign."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction

from guanxi.kit import bulk
from guanxi.people.models import Person
from guanxi.people.operations.journal import note_changes

APART = timedelta(hours=1)
"""An index follows the moment, so that a busy visitor is written down once an hour."""


@transaction.atomic
def saw(moments: Mapping[int, datetime], *, import_id: int | None = None) -> None:
    """Person → when. An earlier moment changes nothing. With `import_id`, undo puts back what was known before."""
    there = Person.objects.filter(pk__in=moments, erased_at=None).order_by("pk").select_for_update(no_key=True)
    known = dict(there.values_list("pk", "last_seen_at"))
    changed = {
        pk: (before, moments[pk]) for pk, before in known.items() if before is None or moments[pk] > before + APART
    }
    if not changed:
        return
    bulk.update(Person, ["last_seen_at"], ((pk, at) for pk, (_before, at) in changed.items()))
    if import_id is not None:
        rows = [(pk, {"last_seen_at": before}, {"last_seen_at": at}) for pk, (before, at) in changed.items()]
        note_changes(import_id=import_id, model=Person, changes=rows)
