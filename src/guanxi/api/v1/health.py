"""How the installation is, in figures."""

from __future__ import annotations

import shutil

from django.conf import settings
from django.db import connection
from ninja import Router
from pydantic import Field

import guanxi
from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.shapes import At, Out
from guanxi.channels import queries as channels
from guanxi.events import queries as events
from guanxi.governance.models import Heartbeat
from guanxi.governance.queries import Permission
from guanxi.integrations import queries as integrations
from guanxi.kit.schema import schema
from guanxi.people import queries as people

router = Router(tags=["Health"])


class QueueOut(Out):
    """How many in which state, and since when the oldest that may leave has waited."""

    states: dict[str, int]
    oldest_due_at: At | None


class LakeOut(Out):
    facts_waiting: int
    oldest_at: At | None


class BeatOut(Out):
    """When a part of the worker was last heard of."""

    name: str
    at: At


class HealthOut(Out):
    version: str
    tables: str = Field(description="ok, missing (run guanxi upgrade) or newer.")
    messages: QueueOut
    deliveries: QueueOut
    failing_webhooks: int
    imports_at_work: int
    lake: LakeOut
    worker: list[BeatOut]
    database_bytes: int
    disk_free_bytes: int
    backed_up_at: At | None


@router.get("/health", **op(Permission.HEALTH_VIEW, HealthOut))
def get_health(request: ApiRequest) -> HealthOut:
    """How the installation is

    Queues and lake of the workspace; worker, disk, database and backup of the installation.
    """
    messages, told, backlog = channels.queue(request.now), integrations.queue(request.now), events.backlog()
    found = schema()
    return HealthOut(
        version=guanxi.__version__,
        tables="newer" if found.unknown else "missing" if found.missing else "ok",
        messages=QueueOut(states=messages.states, oldest_due_at=messages.oldest_due_at),
        deliveries=QueueOut(states=told.states, oldest_due_at=told.oldest_due_at),
        failing_webhooks=len(integrations.troubled()),
        imports_at_work=sum(people.imports_at_work().values()),
        lake=LakeOut(facts_waiting=backlog.facts, oldest_at=backlog.oldest_at),
        worker=_worker(),
        database_bytes=_database(),
        disk_free_bytes=shutil.disk_usage(settings.HOME if settings.HOME.exists() else "/").free,
        backed_up_at=Heartbeat.objects.filter(process="backup").values_list("at", flat=True).first(),
    )


def _worker() -> list[BeatOut]:
    rows = Heartbeat.objects.filter(process__startswith="worker:").order_by("process")
    return [BeatOut(name=row.process.removeprefix("worker:"), at=row.at) for row in rows]


def _database() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])
