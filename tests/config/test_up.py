import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from guanxi.config import supervisor
from guanxi.config.installation import Installation
from guanxi.kit.net import ports
from guanxi.kit.postgres import Cluster
from tests.config.conftest import environment_of, run_guanxi

READY = "Ctrl-C stops everything."


@dataclass
class Up:
    """A `guanxi up` in a process of its own."""

    environment: dict[str, str]
    port: int
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return Path(self.environment["GUANXI_HOME"])

    def read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(line.rstrip("\n") for line in self.process.stdout)

    def processes(self) -> dict[str, int]:
        """Those of this home, by what they do; PostgreSQL by its own note."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().decode().split("\0")
                ours = f"GUANXI_HOME={self.home}".encode() in (folder / "environ").read_bytes().split(b"\0")
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            if ours:
                found["web" if "granian" in words else words[3]] = int(folder.name)
        note = Cluster(self.home).log_file().with_name("data") / "postmaster.pid"
        if "GUANXI_DATABASE_URL" not in self.environment and note.exists():
            found["postgres"] = int(note.read_text().split()[0])
        return {name: pid for name, pid in found.items() if alive(pid)}

    def stop(self, signal_number: signal.Signals = signal.SIGINT) -> float:
        """Seconds until the supervisor had gone."""
        began = time.monotonic()
        self.process.send_signal(signal_number)
        self.process.wait(20)
        return time.monotonic() - began


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(condition: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def replaced(before: dict[str, int], now: dict[str, int]) -> set[str] | None:
    """Which processes are new, once all are there again."""
    return {name for name in now if now[name] != before[name]} if now.keys() == before.keys() else None


@contextmanager
def up(environment: dict[str, str], *arguments: str, port: int | None = None) -> Iterator[Up]:
    command = [sys.executable, "-m", "guanxi.cli", "up", *arguments]
    with starting():
        port = port or ports.first_free("127.0.0.1", 18200)
        assert port is not None
        process = subprocess.Popen(
            [*command, "--port", str(port)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        running = Up(environment, port, process)
        reader = threading.Thread(target=running.read)
        reader.start()
        eventually(lambda: READY in running.lines or process.poll() is not None, 150)
    try:
        assert READY in running.lines, "\n".join(running.lines)
        yield running
    finally:
        if process.poll() is None:
            running.stop()
        reader.join()


@contextmanager
def starting() -> Iterator[None]:
    """One at a time on this machine: two that start together could choose the same free port."""
    with (Path(tempfile.gettempdir()) / "guanxi-test-up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("up") / "home"
    yield home
    Cluster(home).remove()


def test_up_serves_keeps_its_processes_alive_and_leaves_none_after_ctrl_c(home: Path) -> None:
    environment = environment_of(home)
    with up(environment) as running:
        assert ports.answers("127.0.0.1", running.port, "/healthz")
        assert "There is no workspace yet. Make one: guanxi workspace --name NAME --email YOUR_ADDRESS" in running.lines
        made = run_guanxi(environment, "workspace", "--name", "Red Bean", "--email", "owner@example.test")
        address = re.escape(f"http://127.0.0.1:{running.port}/sign-in/")
        assert re.fullmatch(rf"Sign in as owner@example.test, once: {address}[\w-]{{40,}}\n", made.stdout), made
        refused = run_guanxi(environment, "up")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert f"Guanxi is already running from {home} at http://127.0.0.1:{running.port}." in refused.stderr
        before = running.processes()
        assert before.keys() == {"up", "web", "worker", "postgres"}
        os.kill(before["worker"], signal.SIGKILL)
        os.kill(before["postgres"], signal.SIGKILL)
        assert eventually(lambda: replaced(before, running.processes()) == {"worker", "postgres"})
        assert eventually(lambda: ports.answers("127.0.0.1", running.port, "/healthz"))
        assert running.stop(signal.SIGINT) < 10
    assert (running.process.returncode, running.lines[-1], running.processes()) == (0, "Stopped.", {})


def test_a_second_run_finds_its_data_and_nothing_survives_when_the_supervisor_is_killed(home: Path) -> None:
    with up(environment_of(home)) as running:
        assert any(line.startswith("Sign in as owner@example.test, once: http://") for line in running.lines)
        running.stop(signal.SIGKILL)
        assert eventually(lambda: running.processes() == {})


def test_the_demo_runs_on_a_given_database_beside_a_busy_port_and_does_not_wait_for_what_hangs(
    migrated: Installation, tmp_path: Path
) -> None:
    cluster = migrated.cluster
    cluster.create_database("demo")
    given = {
        "GUANXI_DATABASE_URL": cluster.url("app", "demo"),
        "GUANXI_DATABASE_OWNER_URL": cluster.url("owner", "demo"),
        "GUANXI_DATABASE_WORKER_URL": cluster.url("worker", "demo"),
    }
    home = tmp_path / "home"
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        busy = other.getsockname()[1]
        with up(environment_of(home, **given), "--demo", port=busy) as running:
            message = rf"The web server cannot have port {busy}: another program uses it\. It takes (\d+) instead\."
            (took,) = (found[1] for line in running.lines if (found := re.fullmatch(message, line)))
            assert f"Guanxi is at http://127.0.0.1:{took}" in running.lines
            assert any(line.startswith("Sign in as demo@example.test, once: http://") for line in running.lines)
            (inbox,) = re.findall(r"inbox http://127\.0\.0\.1:(\d+)/", (home / "logs" / "mail.log").read_text())
            assert ports.answers("127.0.0.1", int(inbox), "/")
            with psycopg.connect(cluster.url("owner", "demo")) as connection:
                people = connection.execute("SELECT count(*) >= 500 FROM people_person").fetchone()
            assert people == (True,)
            processes = running.processes()
            assert processes.keys() == {"up", "web", "worker", "simulate"}
            os.kill(processes["web"], signal.SIGSTOP)
            os.kill(processes["worker"], signal.SIGSTOP)
            assert running.stop(signal.SIGTERM) < 10
    assert running.processes() == {}


def test_a_database_role_that_could_step_around_the_locks_is_refused(migrated: Installation, tmp_path: Path) -> None:
    environment = environment_of(tmp_path, GUANXI_DATABASE_URL=migrated.database_url("owner"))
    refused = run_guanxi(environment, "up")
    assert refused.returncode == 1
    assert refused.stderr.startswith("The role guanxi_owner owns the tables of Guanxi.")


def test_a_given_database_needs_the_address_of_its_owner(migrated: Installation, tmp_path: Path) -> None:
    refused = run_guanxi(environment_of(tmp_path, GUANXI_DATABASE_URL=migrated.database_url("app")), "up")
    assert refused.returncode == 1
    assert refused.stderr.startswith("Set GUANXI_DATABASE_OWNER_URL as well")


def test_the_pauses_between_starts_grow_to_a_minute() -> None:
    assert [supervisor.back_off(deaths) for deaths in (1, 2, 3, 6, 7, 50)] == [1, 2, 4, 32, 60, 60]
