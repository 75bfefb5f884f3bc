"""When an import may do what."""

from __future__ import annotations

from datetime import datetime, timedelta

from guanxi.people.models import Import, ImportState

UNDO_FOR = timedelta(days=7)
WORKING = (ImportState.CHECKING, ImportState.RUNNING, ImportState.UNDOING)
SETTLED = (ImportState.DONE, ImportState.CANCELLED, ImportState.FAILED)


class ImportRefused(Exception):
    """The import is not in a state for this; `reason` is a key of `people.queries.REFUSALS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def may_change(of: Import) -> bool:
    """Columns and options can be chosen until rows come in."""
    return of.started_at is None and of.state not in WORKING


def may_undo(of: Import, now: datetime) -> bool:
    return of.started_at is not None and of.state in SETTLED and now < (of.finished_at or of.started_at) + UNDO_FOR


def locked(of: Import) -> Import:
    """The row as it is now, held until the transaction ends."""
    found: Import = Import.objects.select_for_update().get(pk=of.pk)
    return found
