"""What was taken and is not applied yet, and whether there is room for more."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.conf import settings
from django.db.models import Count, Min, Q, Sum

from guanxi.acquisition.models import Batch
from guanxi.acquisition.rules import limits

Full = Literal["", "source", "workspace", "disk"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Requests that wait; `full` says what is full, so that nothing more is taken."""

    batches: int
    oldest_at: datetime | None
    full: Full


def waiting(source: int | None = None) -> Waiting:
    """Of the workspace, or of one source in it."""
    theirs = Q(source=source) if source is not None else Q()
    told = Batch.objects.filter(applied_at=None).aggregate(
        batches=Count("pk", filter=theirs), oldest=Min("received_at", filter=theirs), all=Count("pk"), size=Sum("size")
    )
    full: Full = ""
    if source is not None and told["batches"] >= limits.WAITING_OF_A_SOURCE:
        full = "source"
    elif told["all"] >= limits.WAITING_IN_ALL or (told["size"] or 0) >= limits.WAITING_BYTES:
        full = "workspace"
    elif free_bytes() < limits.LEAST_FREE_BYTES:
        full = "disk"
    return Waiting(told["batches"], told["oldest"], full)


def free_bytes() -> int:
    """On the disk of the home, where the embedded database and the lake are."""
    return shutil.disk_usage(settings.HOME if settings.HOME.exists() else "/").free
