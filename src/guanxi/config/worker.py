"""The worker: Procrastinate's loop for doorbells, and our own threads for the lanes that claim rows and for the lake.

The rows are the truth. A doorbell only says "look now"; whatever it missed, the lanes find by themselves.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

import django
from django.db import close_old_connections, connection

from guanxi.kit import logs, memory
from guanxi.kit.apart import apart

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.config.settings")
if worker_url := os.environ.get("GUANXI_DATABASE_WORKER_URL"):
    os.environ["GUANXI_DATABASE_URL"] = worker_url

log = logging.getLogger("guanxi.worker")
SHUTDOWN_SECONDS = 8.0
HEARD_EVERY = 30.0


@dataclass(frozen=True)
class Lane:
    """`work(now=…)` does one turn in the current workspace and says whether it did anything."""

    name: str
    work: Callable[..., object]
    rest_seconds: float


def lanes() -> list[Lane]:
    from guanxi.acquisition import operations as acquisition
    from guanxi.audiences import operations as audiences
    from guanxi.audiences.operations import exports
    from guanxi.channels import operations as channels
    from guanxi.config import demo, demo_clear
    from guanxi.connections import operations as connections
    from guanxi.events import operations as events
    from guanxi.governance import operations as governance
    from guanxi.integrations import operations as integrations
    from guanxi.people import operations as people
    from guanxi.reach import operations as reach

    return [
        Lane("intake", acquisition.lane, 0.5),
        Lane("lake", events.write_lake, 0.5),
        Lane("lake_upkeep", events.tidy_lake, 30.0),
        Lane("strength", connections.strength_lane, 1.0),
        Lane("messages", channels.lane, 0.5),
        Lane("returns", channels.collect, 10.0),
        Lane("broadcasts", reach.lane, 1.0),
        Lane("webhooks", integrations.lane, 0.5),
        Lane("imports", people.sweep, 5.0),
        Lane("logins", governance.login_lane, 30.0),
        Lane("bulk", people.bulk_lane, 1.0),
        Lane("hand-overs", connections.handover_lane, 1.0),
        Lane("tags", people.tag_lane, 30.0),
        Lane("exports", exports.export_lane, 1.0),
        Lane("audiences", audiences.refresh_lane, 2.0),
        Lane("tag rules", audiences.tag_rule_lane, 20.0),
        Lane("duplicates", people.search_lane, 2.0),
        Lane("personal", people.work_personal, 1.0),
        Lane("intake_old", acquisition.forget, 300.0),
        Lane("answers", governance.forget_answers, 300.0),
        Lane("demo", demo.play_when_due, 60.0),
        Lane("clearing", demo_clear.clear_when_asked, 2.0),
    ]


def turn(lane: Lane) -> bool:
    """One turn of a lane in every workspace; a failure in one does not stop the others."""
    from guanxi.governance import queries as governance
    from guanxi.governance.models import Workspace
    from guanxi.kit import clock

    worked = False
    for workspace in Workspace.objects.order_by("pk"):
        with governance.entered(workspace), apart(f"lane {lane.name} in workspace", workspace.public_id):
            worked = bool(lane.work(now=clock.now())) or worked
    return worked


def beat(process: str, now: datetime) -> None:
    from guanxi.governance import operations as governance

    governance.beat(process=process, now=now)


def run_lane(lane: Lane, stopping: threading.Event) -> None:
    """A lane that rests for long is heard of meanwhile, one that turns fast not at each turn: who watches takes two
    minutes of silence for an end."""
    from guanxi.kit import clock

    left, heard = 0.0, -HEARD_EVERY
    while not stopping.is_set():
        close_old_connections()
        try:
            if left <= 0:
                left = 0.0 if turn(lane) else lane.rest_seconds
            if monotonic() - heard >= HEARD_EVERY / 2:
                beat(f"worker:{lane.name}", clock.wall())
                heard = monotonic()
        except Exception as error:  # a thread that ends would not come back
            log.warning("lane %s lost the database, trying again: %s", lane.name, error)
            connection.close()
            left = lane.rest_seconds
        stopping.wait(min(left, HEARD_EVERY))
        left -= HEARD_EVERY
    connection.close()


async def answer_doorbells(stopping: threading.Event) -> None:
    from procrastinate.contrib.django import app

    worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    async with worker_app.open_async():
        loop = asyncio.create_task(
            worker_app.run_worker_async(
                concurrency=2,
                install_signal_handlers=False,
                fetch_job_polling_interval=2.0,
                shutdown_graceful_timeout=SHUTDOWN_SECONDS,
                delete_jobs="successful",
            )
        )
        while not stopping.is_set() and not loop.done():
            await asyncio.sleep(0.2)
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


def main() -> None:
    """Run until SIGTERM or SIGINT; then each lane ends its turn and the process goes."""
    django.setup()
    logs.tell_of_ends()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    all_lanes = lanes()
    memory.settle()
    threads = [
        threading.Thread(target=run_lane, args=(lane, stopping), name=lane.name, daemon=True) for lane in all_lanes
    ]
    for thread in threads:
        thread.start()
    while not stopping.is_set():
        try:
            asyncio.run(answer_doorbells(stopping))
        except Exception:
            log.exception("the doorbell loop stopped; starting it again")
            stopping.wait(2.0)
    for thread in threads:
        thread.join(SHUTDOWN_SECONDS)


if __name__ == "__main__":
    main()
