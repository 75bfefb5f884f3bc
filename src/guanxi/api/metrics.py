"""What a watcher of the installation wants to know, as numbers in the text format of Prometheus.

No personal data and no names: a workspace is its public id. The page belongs to the machine, not to a workspace, so no
login opens it: a token does (GUANXI_METRICS_TOKEN), and as long as none is set, being on the same machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_GET

from guanxi.acquisition import queries as acquisition
from guanxi.channels import queries as channels
from guanxi.events import queries as events
from guanxi.governance import queries as governance
from guanxi.governance.models import Heartbeat, Workspace
from guanxi.integrations import queries as integrations
from guanxi.kit import clock
from guanxi.people import queries as people

BACKUP = "backup"
LOOPBACK = {"127.0.0.1", "::1"}
# A proxy on this machine speaks for strangers; each of these says that one did.
SIGNS_OF_A_PROXY = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_VIA")
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass
class Gauge:
    name: str
    help: str
    values: list[tuple[dict[str, str], float]] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        yield f"# HELP {self.name} {self.help}"
        yield f"# TYPE {self.name} gauge"
        for labels, value in self.values:
            named = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
            yield f"{self.name}{{{named}}} {value:g}" if value != int(value) else f"{self.name}{{{named}}} {int(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    if not _may_read(request):
        return HttpResponse("Give the token, or ask from this machine.\n", status=403, content_type="text/plain")
    lines = [line for gauge in _gauges() for line in gauge.lines()]
    return HttpResponse("\n".join(lines) + "\n", content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


metrics.access = "this machine, or the token of the metrics"  # type: ignore[attr-defined]


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        return constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}")
    is_proxied = any(sign in request.META for sign in SIGNS_OF_A_PROXY)
    return request.META.get("REMOTE_ADDR") in LOOPBACK and not is_proxied


def _gauges() -> list[Gauge]:
    messages = Gauge("guanxi_messages", "Messages that are not settled, and those not known to have left.")
    late = Gauge("guanxi_message_oldest_due_seconds", "How long the oldest message that may leave has waited.")
    imports = Gauge("guanxi_imports", "Imports that are at work.")
    erasures = Gauge("guanxi_erasures", "Erasures of people that are not done, and those that could not run.")
    facts = Gauge("guanxi_lake_facts_waiting", "Facts that the lake has not got yet.")
    behind = Gauge("guanxi_lake_behind_seconds", "Age of the oldest fact that the lake has not got yet.")
    sent = Gauge("guanxi_intake_requests_waiting", "Requests of sources that are taken and not applied yet.")
    hooks = Gauge("guanxi_webhook_deliveries", "Deliveries of webhooks that wait, are being sent, or have failed.")
    hook_late = Gauge("guanxi_webhook_oldest_due_seconds", "How long the oldest delivery that may leave has waited.")
    endpoints = Gauge("guanxi_webhook_endpoints", "Endpoints of webhooks by state: on, off, gone, failed.")
    for workspace in Workspace.objects.order_by("pk"):
        with governance.entered(workspace):
            here, now = {"workspace": workspace.public_id}, clock.now()
            queue = channels.queue(now)
            messages.values += [(here | {"state": state}, count) for state, count in queue.states.items()]
            late.values.append((here, _age(queue.oldest_due_at, now)))
            imports.values += [(here | {"state": state}, count) for state, count in people.imports_at_work().items()]
            erasures.values += [(here | {"state": state}, count) for state, count in people.erasures_by_state().items()]
            told = integrations.queue(now)
            hooks.values += [(here | {"state": state}, count) for state, count in told.states.items()]
            hook_late.values.append((here, _age(told.oldest_due_at, now)))
            endpoints.values += [(here | {"state": state}, count) for state, count in told.endpoints.items()]
            backlog = events.backlog()
            facts.values.append((here, backlog.facts))
            behind.values.append((here, _age(backlog.oldest_at, now)))
            sent.values.append((here, acquisition.waiting().batches))
    wall = clock.wall()
    installation = [_heartbeats(wall), _backups(wall)]
    return [messages, late, imports, erasures, facts, behind, sent, hooks, hook_late, endpoints, *installation]


def _heartbeats(now: datetime) -> Gauge:
    gauge = Gauge("guanxi_heartbeat_age_seconds", "How long ago a process of the worker was last heard of.")
    rows = Heartbeat.objects.exclude(process=BACKUP).order_by("process")
    gauge.values = [({"process": row.process}, _age(row.at, now)) for row in rows]
    return gauge


def _backups(now: datetime) -> Gauge:
    gauge = Gauge("guanxi_backup_age_seconds", "How long ago the last backup was made; nothing when none ever was.")
    gauge.values = [({"process": row.process}, _age(row.at, now)) for row in Heartbeat.objects.filter(process=BACKUP)]
    return gauge


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, round((now - since).total_seconds(), 3)) if since else 0.0
