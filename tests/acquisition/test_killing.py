"""Real processes, killed as the kernel would at moments that nobody chose: what was answered is there, and once."""

from __future__ import annotations

import base64
import json
import os
import random
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from guanxi.acquisition import operations as acquisition
from guanxi.acquisition.models import Batch, EventName, SourceKind
from guanxi.acquisition.operations import seen
from guanxi.events import queries as events
from guanxi.governance import queries
from guanxi.kit.net import ports
from guanxi.people.models import Person
from tests.acquisition.sending import applied
from tests.conftest import make_workspace
from tests.factories.reach import write_lake

ROOT = Path(__file__).parents[2]
PATIENCE = 60
SEED = random.SystemRandom().randrange(10**9)


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT / "src"), "DJANGO_SETTINGS_MODULE": "guanxi.config.settings"}


class Server:
    """The web server of an installation, in a process that can be killed and started again."""

    def __init__(self) -> None:
        found = ports.first_free("127.0.0.1", random.randrange(20_000, 30_000))
        assert found
        self.port = found
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(self.port), "--no-ws"]
        command += ["--workers", "1", "--log-level", "error", "guanxi.config.wsgi:application"]
        self.process = subprocess.Popen(command, env=environment(), start_new_session=True)

    def wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not ports.answers("127.0.0.1", self.port, "/healthz"):
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.05)

    def kill(self) -> None:
        os.killpg(self.process.pid, 9)
        self.process.wait()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def send(self, key: str, told: list[dict[str, Any]]) -> bool:
        login = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
        body = json.dumps({"batch": told}).encode()
        asked = urllib.request.Request(f"{self.url}/v1/batch", body, {"Authorization": login})
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError, ConnectionError):
            return False


@pytest.fixture(scope="module")
def server(django_db_setup: None) -> Iterator[Server]:
    running = Server()
    yield running
    running.kill()


@contextmanager
def working(workspace: int) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.acquisition.worker", str(workspace)],
        cwd=ROOT,
        env=environment() | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "GUANXI_LAKE": str(settings.LAKE)},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_nothing_that_was_answered_is_lost_and_nothing_is_applied_twice(server: Server, committed: None) -> None:
    """The client sends again what was not answered, as the packages do; web and worker are killed meanwhile."""
    seen._read.clear()
    chance, workspace = random.Random(SEED), make_workspace()
    with queries.entered(workspace):
        key = acquisition.make_source(name="Shop", kind=SourceKind.SERVER, by=None, now=datetime.now(UTC)).key
    kills, sent = 0, 0
    deadline = time.monotonic() + PATIENCE
    while kills < 3:
        with working(workspace.pk) as worker:
            until = time.monotonic() + chance.uniform(0.5, 4.0)
            while time.monotonic() < until:
                told = [
                    {"type": "track", "event": "Seen", "anonymousId": f"v{n % 50}", "messageId": f"{sent}-{n}"}
                    for n in range(200)
                ]
                while not server.send(key, told):
                    assert time.monotonic() < deadline, f"seed {SEED}"
                    if server.process.poll() is not None:
                        server.start()
                    time.sleep(0.05)
                sent += 1
                if chance.random() < 0.1:
                    server.kill()
            worker.kill()
            kills += 1
    with queries.entered(workspace):
        now = datetime.now(UTC)
        applied(now)
        write_lake(now)
        with events.lake() as lake:
            rows = lake.run(lake.events.filter(lake.events.name == "track.seen")).to_pylist()
        assert (len(rows), len({row["event_id"] for row in rows})) == (sent * 200, sent * 200), f"seed {SEED}"
        assert set(Counter(row["person"] for row in rows).values()) == {sent * 4}, f"seed {SEED}"
        assert (EventName.objects.get().count, Person.objects.count()) == (sent * 200, 50)
        assert not Batch.objects.filter(refused__gt=0).exists()
