"""The worker is killed as the kernel would do it, in the middle of its calls."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from guanxi.events import operations as events
from guanxi.governance.models import Workspace
from guanxi.integrations import operations as integrations
from guanxi.integrations.models import Delivery
from guanxi.kit import clock
from guanxi.people.events import LevelReached
from tests.factories.people import make_person
from tests.integrations.receiver import Says, receivers

SOURCE = Path(__file__).parents[2] / "src"
EVENTS = 120


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "guanxi.cli", "worker"]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(SOURCE)})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while not condition():
        assert process.poll() is None, "the worker ended by itself"
        assert time.monotonic() < deadline
        time.sleep(0.01)


def in_the_air() -> set[str]:
    return set(Delivery.objects.filter(state="sending").values_list("event", flat=True))


def test_a_worker_killed_in_the_middle_of_its_calls_loses_nothing_and_repeats_only_what_was_in_the_air(
    committed_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, emma = clock.now(), make_person(now=clock.now())
    with receivers(monkeypatch, [Says(after=0.05)]) as [hears]:
        _, secret = integrations.make_endpoint(url=hears.url, events=["level.reached"], by=None, now=now)
        for _ in range(EVENTS):
            events.announce(LevelReached(person=emma.pk, level="customer", proof="order"), at=now)
        told = set(Delivery.objects.values_list("event", flat=True))
        doubtful: set[str] = set()
        for killed_at in (30, 80):
            with worker() as process:
                until(lambda at=killed_at: len(hears.heard) >= at, process)  # type: ignore[misc]
            doubtful |= in_the_air()
            assert Delivery.objects.filter(state="waiting").exists()
            over = datetime.now(UTC) - timedelta(seconds=1)
            Delivery.objects.filter(state="sending").update(lease_until=over)  # as two minutes later
        with worker() as process:
            until(lambda: not Delivery.objects.exclude(state="delivered").exists(), process)
    arrived = Counter(heard.event for heard in hears.heard)
    assert (len(told), set(arrived)) == (EVENTS, told)
    assert doubtful
    assert {event for event, times in arrived.items() if times > 1} <= doubtful
    assert len({(heard.event, heard.body) for heard in hears.heard}) == EVENTS
    assert {heard.verified(secret)["type"] for heard in hears.heard} == {"level.reached"}
    assert set(Delivery.objects.values_list("state", "status", "attempts")) == {("delivered", 204, 1)}
