"""A ring is heard by the worker, in the workspace that rang."""

from __future__ import annotations

import asyncio
from datetime import datetime

from django.db import connection
from procrastinate.contrib.django import app

from guanxi.governance import queries as governance
from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from guanxi.people import tasks
from guanxi.people.models import Import, Person
from tests.factories.people import csv_file, uploaded


def answer_rings() -> None:
    """The worker's loop, until nothing rings."""
    heard = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]

    async def listen() -> None:
        async with heard.open_async():
            await heard.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)

    asyncio.run(listen())


def test_the_worker_checks_and_runs_what_rings(committed_workspace: Workspace, now: datetime) -> None:
    of = uploaded(csv_file(["Mail"], ["a@example.test"], ["b@example.test"]), {"Mail": "email"}, now=now)
    people.check_import(of=of)
    answer_rings()
    of.refresh_from_db()
    assert (of.state, of.check_report["created"]) == ("checked", 2)
    people.run_import(of=of, now=now)
    answer_rings()
    with governance.entered(committed_workspace):
        of.refresh_from_db()
        assert (of.state, Person.objects.count()) == ("done", 2)


def test_one_ring_is_enough(committed_workspace: Workspace, now: datetime) -> None:
    of = uploaded(csv_file(["Mail"], ["a@example.test"]), {"Mail": "email"}, now=now)
    people.check_import(of=of)
    assert (tasks.ring(of.pk), people.sweep(now=now)) == (False, 0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        assert cursor.fetchone() == (1,)
    assert Import.objects.get().state == "checking"
