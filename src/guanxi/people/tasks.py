"""Doorbells: an import is a row, a ring only says "look at it now"."""

from __future__ import annotations

from django.db import OperationalError, close_old_connections, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from guanxi.governance import queries as governance
from guanxi.governance.models import Workspace
from guanxi.kit import clock, scope


@app.task(name="people.work_import", queue="imports")
def work_import(workspace_id: int, import_id: int) -> None:
    from guanxi.people import operations

    close_old_connections()
    with governance.entered(Workspace.objects.get(pk=workspace_id)):
        try:
            operations.work_import(import_id=import_id, now=clock.now())
        except OperationalError:
            raise  # the database went away: the sweep rings again when the lease has run out
        except Exception:
            operations.fail_import(import_id=import_id, now=clock.now())
            raise
    close_old_connections()


def ring(import_id: int) -> bool:
    """Says whether a new ring was needed; one that nobody has answered yet is enough."""
    workspace_id = scope.current()
    bell = work_import.configure(queueing_lock=f"import {workspace_id}.{import_id}")
    try:
        with transaction.atomic():
            bell.defer(workspace_id=workspace_id, import_id=import_id)
    except AlreadyEnqueued:
        return False
    return True
