"""Intake: batches of 500 events by HTTP until they are on disk, and from there through people to the lake.

The baselines are the least that could do the same: a bare view that parses, appends and calls fdatasync under the same
server, and a bare loop that parses the same events and appends them to a lake of the same columns.
"""

from __future__ import annotations

import base64
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
from deltalake import WriterProperties, write_deltalake

from guanxi.kit import memory, scope
from guanxi.kit.net import ports

SIZES = {"small": 200, "full": 2_000}
"""Batches of 500 events."""
EVENTS_A_BATCH = 500
DOOR_TARGET, LAKE_TARGET, VISIBLE_TARGET = 0.25, 0.4, 5.0
CONNECTIONS = 8
NAMES = ["Product Viewed", "Product Added", "Cart Viewed", "Checkout Started", "Product List Viewed"]
CATEGORIES = ["tea", "cups", "lamps", "chairs", "books"]
Ratio = dict[str, Any]

# The least that a durable intake does, as an application of its own beside the house.
BARE = """
import os

import django
import msgspec
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, MIDDLEWARE=[], SECRET_KEY="bench", ALLOWED_HOSTS=["*"])
django.setup()


class Batch(msgspec.Struct):
    batch: list


decode = msgspec.json.Decoder(Batch).decode
file = os.open(os.environ["BARE_FILE"], os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)


def take(request):
    body = request.read()
    decode(body)
    os.write(file, body)
    os.fdatasync(file)
    return HttpResponse(b"{}", content_type="application/json", headers={"Content-Length": "2"})


urlpatterns = [path("v1/batch", take)]
application = get_wsgi_application()
"""


def run(size: str) -> list[Ratio]:
    memory.settle()
    count = SIZES[size]
    bodies = [_body(number, count) for number in range(count)]
    with _installation() as key:
        door = _door(bodies, key)
        lake = _through(bodies, key)
        return [door, lake, _visible(key)]


def _body(number: int, batches: int) -> bytes:
    """Of 20 visitors 19 are met again."""
    chance = random.Random(number)
    at = datetime.now(UTC) - timedelta(minutes=5)
    people = batches * EVENTS_A_BATCH // 20
    told = [
        {
            "type": "track",
            "event": chance.choice(NAMES),
            "anonymousId": f"visitor-{chance.randrange(people)}",
            "messageId": f"bench-{number}-{one}",
            "timestamp": (at - timedelta(milliseconds=chance.randrange(10**6))).isoformat(timespec="milliseconds"),
            "properties": {
                "category": chance.choice(CATEGORIES),
                "sku": f"S{chance.randrange(5000)}",
                "price": chance.randrange(10_000) / 100,
                "quantity": chance.randrange(1, 5),
            },
        }
        for one in range(EVENTS_A_BATCH)
    ]
    return msgspec.json.encode({"batch": told})


@contextmanager
def _installation() -> Iterator[str]:
    from guanxi.acquisition import operations as acquisition
    from guanxi.acquisition.models import SourceKind
    from guanxi.governance import operations as governance
    from guanxi.governance import queries
    from guanxi.governance.models import User

    owner = User.objects.create_user(email="intake@example.test")
    with queries.entered(governance.create_workspace(name="Intake", owner=owner)):
        now = datetime.now(UTC)
        yield acquisition.make_source(name="Shop", kind=SourceKind.SERVER, by=None, now=now).key


# By HTTP


def _door(bodies: list[bytes], key: str) -> Ratio:
    with tempfile.TemporaryDirectory(prefix="guanxi-bench-intake-") as folder:
        (Path(folder) / "bare.py").write_text(BARE)
        bare = _served("bare:application", bodies, "", {"BARE_FILE": f"{folder}/events", "PYTHONPATH": folder})
        ours = _served("guanxi.config.wsgi:application", bodies, key, {})
    ratio = bare / ours
    return {
        "name": "intake: batches of 500 events, on disk before the answer",
        "value": round(len(bodies) * EVENTS_A_BATCH / ours),
        "unit": "events/s",
        "baseline": round(len(bodies) * EVENTS_A_BATCH / bare),
        "ratio": round(ratio, 3),
        "target": DOOR_TARGET,
        "ok": ratio >= DOOR_TARGET,
    }


def _served(application: str, bodies: list[bytes], key: str, more: dict[str, str]) -> float:
    """Seconds until every body was answered."""
    port = ports.first_free("127.0.0.1", 18400)
    if port is None:
        raise RuntimeError("no port is free")
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", "2"]
    command += ["--blocking-threads", "4", "--no-ws", "--log-level", "warning", application]
    server = subprocess.Popen(command, env=os.environ | more, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        _sent(port, bodies[:20], key)
        return _sent(port, bodies, key)
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server does not listen")


def _sent(port: int, bodies: list[bytes], key: str) -> float:
    login = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
    waiting, failures = list(bodies), []

    def send() -> None:
        with socket.create_connection(("127.0.0.1", port), 60) as line:
            while waiting:
                try:
                    body = waiting.pop()
                except IndexError:
                    return
                head = f"POST /v1/batch HTTP/1.1\r\nHost: localhost\r\nAuthorization: {login}\r\n"
                line.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                answer = line.recv(4096)
                while answer and not answer.endswith(b"}"):
                    answer += line.recv(4096)
                if not answer.startswith(b"HTTP/1.1 200"):
                    failures.append(answer)

    threads = [threading.Thread(target=send) for _ in range(CONNECTIONS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(f"{len(failures)} requests failed, such as {failures[0][:200]!r}")
    return time.perf_counter() - started


# Through people to the lake


def _through(bodies: list[bytes], key: str) -> Ratio:
    from guanxi.acquisition import operations as acquisition
    from guanxi.acquisition.models import Batch, SeenIds
    from guanxi.acquisition.operations import seen
    from guanxi.acquisition.queries import source_of_key
    from guanxi.events import operations as events

    Batch.objects.all().delete()
    known = source_of_key(key)
    assert known is not None
    # Nineteen of twenty ids are known before: those who came first make the people.
    visitors = sorted({one["anonymousId"] for body in bodies for one in msgspec.json.decode(body)["batch"]})
    told = [{"type": "page", "anonymousId": name, "messageId": name} for at, name in enumerate(visitors) if at % 20]
    for start in range(0, len(told), EVENTS_A_BATCH):
        first = msgspec.json.encode({"batch": told[start : start + EVENTS_A_BATCH]})
        acquisition.take(key=known, call="batch", body=first, packed=None)
    _worked(acquisition, events)
    SeenIds.objects.all().delete()
    seen._read.clear()
    for body in bodies:
        acquisition.take(key=known, call="batch", body=body, packed=None)
    before = _bare(bodies)
    ours = _worked(acquisition, events)
    bare = (before + _bare(bodies)) / 2  # a machine of others is not as fast at one moment as at the next
    ratio = bare / ours
    return {
        "name": "intake: through people to the lake, 95 % of ids known",
        "value": round(len(bodies) * EVENTS_A_BATCH / ours),
        "unit": "events/s",
        "baseline": round(len(bodies) * EVENTS_A_BATCH / bare),
        "ratio": round(ratio, 3),
        "target": LAKE_TARGET,
        "ok": ratio >= LAKE_TARGET,
    }


def _worked(acquisition: Any, events: Any) -> float:
    """Seconds until nothing waits: each lane in its thread, as in the worker."""
    from django.db import connection

    from guanxi.governance import queries
    from guanxi.governance.models import Workspace

    workspace = Workspace.objects.get(pk=scope.current())
    read, failures = threading.Event(), []

    def write() -> None:
        try:
            with queries.entered(workspace):
                over = False
                while events.write_lake(now=datetime.now(UTC)) or not over:
                    over = read.wait(0.05)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    writer = threading.Thread(target=write)
    started = time.perf_counter()
    writer.start()
    while acquisition.lane(now=datetime.now(UTC)):
        pass
    read.set()
    writer.join()
    if failures:
        raise failures[0]
    return time.perf_counter() - started


def _bare(bodies: list[bytes]) -> float:
    """The same events, parsed and appended as they are, in commits of as many."""
    properties = WriterProperties(compression="SNAPPY", max_row_group_size=122_880)
    with tempfile.TemporaryDirectory(prefix="guanxi-bench-lake-") as folder:
        started = time.perf_counter()
        for start in range(0, len(bodies), 100):
            rows = [one for body in bodies[start : start + 100] for one in msgspec.json.decode(body)["batch"]]
            times = [datetime.fromisoformat(one["timestamp"]) for one in rows]
            table = pa.table(
                {
                    "month": [f"{at.year}-{at.month:02d}" for at in times],
                    "event_id": [one["messageId"] for one in rows],
                    "person": [one["anonymousId"] for one in rows],
                    "name": [one["event"] for one in rows],
                    "occurred_at": pa.array(times, pa.timestamp("us", tz="UTC")),
                    "props": [msgspec.json.encode(one["properties"]).decode() for one in rows],
                }
            )
            write_deltalake(folder, table, partition_by=["month"], mode="append", writer_properties=properties)
        return time.perf_counter() - started


def _visible(key: str) -> Ratio:
    """From the answer of a request until an audience counts its event, with the worker of an installation."""
    from guanxi.acquisition import operations as acquisition
    from guanxi.acquisition.queries import source_of_key
    from guanxi.audiences import queries as audiences

    known = source_of_key(key)
    assert known is not None
    rule = {"version": 1, "where": {"type": "did", "event": "event:track.bench_seen"}}
    told = {"type": "track", "event": "Bench Seen", "anonymousId": "seen", "messageId": "seen"}
    worker = subprocess.Popen([sys.executable, "-m", "guanxi.config.worker"], stdout=subprocess.DEVNULL)
    try:
        time.sleep(5)
        acquisition.take(key=known, call="track", body=msgspec.json.encode(told), packed=None)
        started, seconds = time.perf_counter(), 0.0
        while seconds < 30:
            seconds = time.perf_counter() - started
            try:
                if audiences.count(rule, now=datetime.now(UTC) + timedelta(seconds=1)):
                    break
            except audiences.RuleError:  # nobody has heard of this event yet
                time.sleep(0.05)
    finally:
        worker.kill()
        worker.wait()
    return {
        "name": "intake: from the answer to an audience that counts it",
        "value": round(seconds, 2),
        "unit": "s (at most 5)",
        "baseline": None,
        "ratio": None,
        "target": None,
        "ok": seconds <= VISIBLE_TARGET,
    }
