"""The real packages of Segment, as they come, against a real server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from segment.analytics.client import Client

from guanxi.acquisition import operations as acquisition
from guanxi.acquisition.models import Batch, SourceKind
from guanxi.acquisition.operations import seen
from guanxi.governance import queries
from guanxi.governance.models import Workspace
from guanxi.people.models import Field, Identity, Person, Trait
from tests import optional
from tests.acquisition.sending import applied, in_lake, refusals
from tests.acquisition.test_killing import Server, server
from tests.conftest import make_workspace

__all__ = ["server"]
NODE = Path(__file__).with_name("node")


@pytest.fixture
def shop(server: Server, committed: None) -> Iterator[tuple[Workspace, str]]:
    seen._read.clear()
    workspace = make_workspace()
    server.wait()
    with queries.entered(workspace):
        Field.objects.create(key="city", label="City")
        made = acquisition.make_source(name="Shop", kind=SourceKind.SERVER, by=None, now=datetime.now(UTC))
        yield workspace, made.key


def told() -> None:
    now = datetime.now(UTC)
    applied(now)
    rows = in_lake(now)
    assert refusals() == []
    assert [(row["name"], row["props"]) for row in rows] == [
        ("track.product_viewed", {"category": "tea", "price": 12.5})
    ]
    [person] = Person.objects.filter(merged_into=None)
    assert rows[0]["person"] == person.pk
    assert set(Identity.objects.values_list("kind", flat=True)) == {"customer_number", "cookie", "email"}
    assert list(Trait.objects.values_list("value", flat=True)) == ["上海"]


@pytest.mark.parametrize("gzip", [False, True], ids=["plain", "gzip"])
def test_segment_analytics_python(server: Server, shop: tuple[Workspace, str], gzip: bool) -> None:
    failed: list[object] = []
    client = Client(shop[1], host=server.url, gzip=gzip, on_error=lambda *given: failed.append(given), max_retries=1)
    who = {"user_id": "C-1", "anonymous_id": "visitor-1"}
    client.identify(**who, traits={"city": "上海", "email": "lei@example.test"})
    client.track(**who, event="Product Viewed", properties={"category": "tea", "price": 12.5})
    client.page(**who, name="Home", properties={"path": "/"})
    client.group(**who, group_id="G-1")
    client.screen(**who, name="Start")
    client.alias("visitor-1", "C-1")
    client.shutdown()
    assert failed == []
    told()
    assert sum(Batch.objects.values_list("taken", flat=True)) == 6


def test_segment_analytics_node(server: Server, shop: tuple[Workspace, str]) -> None:
    optional.needs("analytics-node")
    ran = subprocess.run(
        ["node", "send.mjs", server.url, shop[1]], cwd=NODE, capture_output=True, text=True, timeout=60
    )
    assert (ran.returncode, json.loads(ran.stdout or "{}")) == (0, {"failed": []}), ran.stderr
    told()
