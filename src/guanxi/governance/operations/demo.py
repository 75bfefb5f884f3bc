"""What the demo brought, and that it goes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from guanxi.governance.models import DemoClearing, DemoThing, Staff, Workspace
from guanxi.governance.operations.audit import record
from guanxi.governance.operations.notices import notify
from guanxi.governance.operations.staff import StaffRefused


def note_demo(things: Iterable[str]) -> None:
    """These public ids came with the demo; naming one twice does no harm."""
    DemoThing.objects.bulk_create((DemoThing(thing=one) for one in things), ignore_conflicts=True)


@transaction.atomic
def clear_demo(*, workspace: Workspace, by: Staff | None, people: int, now: datetime) -> DemoClearing:
    """The worker removes what the demo brought, `people` of them. Raises StaffRefused."""
    held: Workspace = Workspace.objects.select_for_update().get(pk=workspace.pk)
    if not held.is_demo:
        raise StaffRefused("not_a_demo")
    open_one: DemoClearing | None = DemoClearing.objects.filter(finished_at=None).first()
    if open_one is not None:
        return open_one
    clearing: DemoClearing = DemoClearing.objects.create(by=by, people=people, asked_at=now)
    return clearing


def end_demo(*, clearing: DemoClearing, workspace: Workspace, now: datetime) -> None:
    """From here on an ordinary workspace, by the clock on the wall."""
    clearing.finished_at = now
    clearing.save(update_fields=["finished_at"])
    DemoThing.objects.all().delete()
    Workspace.objects.filter(pk=workspace.pk).update(is_demo=False, clock_shift=timedelta(0))
    counts = {"people": clearing.removed}
    record(act="demo.cleared", by=clearing.by, subject=workspace.public_id, detail=counts, now=now)
    notify(staff=clearing.by, kind="demo.cleared", subject=workspace.public_id, name="", now=now)
