"""The engine of imports: a file, its columns, a check, a run, and seven days to take it back."""

from __future__ import annotations

from datetime import datetime

from guanxi.kit import tables
from guanxi.people.models import Import, ImportState
from guanxi.people.operations.imports.checking import check
from guanxi.people.operations.imports.running import run
from guanxi.people.operations.imports.undoing import undo
from guanxi.people.operations.imports.working import LostLease, StopAsked, as_problem, take

WORK = {ImportState.CHECKING: check, ImportState.RUNNING: run, ImportState.UNDOING: undo}


def work_import(*, import_id: int, now: datetime) -> None:
    """What a worker does at a ring: whatever the import is waiting for, unless another worker has it."""
    lease = take(import_id)
    if lease is None:
        return
    state = ImportState(Import.objects.values_list("state", flat=True).get(pk=import_id))
    try:
        WORK[state](lease, now)
    except (StopAsked, tables.Stopped):
        lease.settle(ImportState.CANCELLED, now)
    except tables.TableError as error:
        lease.settle(ImportState.FAILED, now, as_problem(error))
    except LostLease:
        return
