"""Apache Spark: a standalone cluster of a master and two workers, each a process of its own on this machine."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from guanxi.audiences.queries.engine import Spark as Engine
from guanxi.events import spark
from tests.audiences.engines.sql import unbound
from tests.audiences.lakes import rows_of
from tests.audiences.reference import World

# Little data: what a compiler would spend on making it fast is never earned back.
QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto"
PORTS = ["--port", "0", "--webui-port", "0"]


def home() -> Path:
    found = find_spec("pyspark")
    assert found and found.origin
    return Path(found.origin).parent


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """The address of its master."""
    started = [_start(["org.apache.spark.deploy.master.Master", *PORTS], folder / "master")]
    try:
        address = _wait(
            folder / "master.log", r"Starting Spark master at (spark://[\d.:]+)[\s\S]*elected leader", started[0]
        )
        worker = ["org.apache.spark.deploy.worker.Worker", *PORTS, "--cores", "1", "--memory", "1g", address]
        started += [_start(worker, folder / f"worker{at}") for at in (1, 2)]
        for at in (1, 2):
            _wait(folder / f"worker{at}.log", "Successfully registered with master", started[at])
        yield address
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(20)


def _start(main: list[str], place: Path) -> subprocess.Popen[bytes]:
    place.mkdir()
    environment = os.environ | {
        "SPARK_HOME": str(home()),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_WORKER_DIR": str(place),
        "SPARK_LOCAL_DIRS": str(place),
        "SPARK_DAEMON_MEMORY": "256m",
        "JAVA_TOOL_OPTIONS": QUICK,
    }
    command = [str(home() / "bin" / "spark-class"), main[0], "--host", "127.0.0.1", *main[1:]]
    with place.with_suffix(".log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=place)


def _wait(log: Path, words: str, process: subprocess.Popen[bytes]) -> str:
    ends = time.monotonic() + 60
    while not (found := re.search(words, log.read_text())):
        assert process.poll() is None and time.monotonic() < ends, log.read_text()[-2000:]
        time.sleep(0.1)
    return found[found.re.groups]


class Spark(Engine):
    def __init__(self, master: str, folder: Path) -> None:
        os.environ["JAVA_TOOL_OPTIONS"] = QUICK
        try:
            self.session = spark.session(master)
        finally:
            del os.environ["JAVA_TOOL_OPTIONS"]
        self.session.conf.set("spark.sql.codegen.wholeStage", "false")
        self.folder, self.worlds = folder, 0

    def hold(self, world: World) -> Any:
        self.worlds += 1
        for name, rows in rows_of(world).items():
            path = self.folder / f"{name}{self.worlds}.parquet"
            pq.write_table(rows, path)
            self.session.read.parquet(str(path)).createOrReplaceTempView(f"{name}{self.worlds}")
        return unbound(world, self, str(self.worlds))

    def people(self, expression: Any) -> list[int]:
        found: list[int] = spark.run(self.session, expression)["person"].to_pylist()
        return sorted(found)
