"""The lake on storage that speaks S3: a server of its own, from a package, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from obstore.store import S3Store

from guanxi.events import lake as lake_files
from guanxi.events import operations as events
from guanxi.events.models import Tidying
from guanxi.events.operations import forgetting
from guanxi.governance.models import Workspace
from guanxi.kit import scope
from guanxi.kit.net import objects, ports
from tests.events.test_upkeep import become, fill, read, soon, stored, summed, tidy

__all__ = ["become", "soon"]
BUCKET = "s3://shop-lake"


@pytest.fixture(scope="module")
def storage() -> Iterator[str]:
    port = ports.first_free("127.0.0.1", 18_400)
    server = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(server, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        transport = httpx.HTTPTransport(retries=12)
        with httpx.Client(transport=transport, timeout=30) as client:
            client.put(f"{address}/shop-lake").raise_for_status()
        yield address
        process.terminate()


@pytest.fixture(autouse=True)
def far_away(storage: str, settings: Any, monkeypatch: pytest.MonkeyPatch, workspace: Workspace) -> None:
    known = {"ACCESS_KEY_ID": "us", "SECRET_ACCESS_KEY": "ours", "REGION": "eu-west-1", "ENDPOINT_URL": storage}
    for name, value in (known | {"ALLOW_HTTP": "true"}).items():
        monkeypatch.setenv(f"AWS_{name}", value)
    settings.LAKE = f"{BUCKET}/lake"


def test_a_lake_on_s3_is_written_read_kept_and_made_anew(
    workspace: Workspace, now: datetime, become: dict[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for turn in range(3):
        fill(list(range(turn * 20, turn * 20 + 20)), now)
    seen, failures, over = set[tuple[int, int]](), list[Exception](), threading.Event()

    def watch() -> None:
        try:
            with scope.workspace(workspace.pk):
                while not over.is_set():
                    people = stored()
                    seen.add((len(people), sum(people)))
        except Exception as error:
            failures.append(error)

    watcher = threading.Thread(target=watch)
    watcher.start()
    while not seen and not failures:
        over.wait(0.05)
    Tidying.objects.create(month=f"{now:%Y-%m}", files=3, rows=60, asked_at=now)
    tidy(now)
    over.set()
    watcher.join()
    assert (failures, seen) == ([], {(60, sum(range(60)))})
    assert [file.startswith(f"{BUCKET}/lake/") for file in lake_files.files(workspace.pk, "events")] == [True]

    become[2] = 1
    events.touch("aliases", [2])
    fill([1], now)
    tidy(now)
    events.forget(people=[3])
    events.write_lake(now=now)
    monkeypatch.setattr(forgetting, "OLD_FILES_STAY", timedelta(0))
    events.write_lake(now=now)
    tidy(now)
    assert summed() == read() == Counter({person: 1 for person in range(60) if person not in (1, 2, 3)} | {1: 3})
    assert events.forgotten([3])

    [file] = lake_files.files(workspace.pk, "events")
    S3Store("shop-lake", client_options={"allow_http": True}).delete(file.removeprefix(f"{BUCKET}/"))
    fill([7], now)
    assert events.rebuild() == 61  # facts of rooms are rows still
    assert read() == summed()


def test_what_is_wrong_with_the_storage_is_said(storage: str) -> None:
    assert objects.problem(f"{BUCKET}/lake") is None
    wrong = objects.problem("s3://nowhere-at-all/lake")
    assert wrong is not None
    assert "does not take an object" in wrong[0]
    assert objects.problem("ftp://somewhere") is not None
