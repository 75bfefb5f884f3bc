"""Is this process able to answer, and is the installation ready for work?"""

from __future__ import annotations

from datetime import timedelta

from django.db import DatabaseError, connection
from django.db.models import Max
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from guanxi.governance.models import Heartbeat
from guanxi.kit import clock
from guanxi.kit.schema import schema

WORKER_SILENT_AFTER = timedelta(minutes=2)


@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


healthz.access = "anyone"  # type: ignore[attr-defined]


@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, has the tables of this version, and a worker was heard of; 503 with why not."""
    checks = {"database": "ok", "migrations": "unknown", "worker": "unknown"}
    try:
        checks["migrations"] = _migrations()
        checks["worker"] = _worker() if checks["migrations"] == "ok" else "unknown"
    except DatabaseError:
        checks["database"] = "unreachable"
    ready = all(found == "ok" for found in checks.values())
    headers = {"Cache-Control": "no-store"}
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503, headers=headers)


readyz.access = "anyone"  # type: ignore[attr-defined]


def _migrations() -> str:
    found = schema()
    return "newer" if found.unknown else "missing" if found.missing else "ok"


def _worker() -> str:
    last = Heartbeat.objects.filter(process__startswith="worker").aggregate(last=Max("at"))["last"]
    return "ok" if last and clock.wall() - last < WORKER_SILENT_AFTER else "silent"
