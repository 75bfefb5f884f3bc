"""`guanxi up`: PostgreSQL, the web server and the worker, started in order, kept alive, and stopped together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from guanxi.config import demo_story
from guanxi.config.boot import refuse_unsafe_database
from guanxi.config.installation import Installation, Misconfigured, say
from guanxi.kit.crypto import ensure_root_key
from guanxi.kit.net import ports
from guanxi.kit.postgres import Cluster, follow_parent

START_PATIENCE_SECONDS = 60
# With PostgreSQL's own 5 seconds this stays below the 10 that `docker stop` grants.
STOP_PATIENCE_SECONDS = 4
LONGEST_BACK_OFF_SECONDS = 60
SETTLED_AFTER_SECONDS = 60
POSTGRES_CHECK_SECONDS = 2
TICK_SECONDS = 0.2
BIGGEST_LOG_BYTES = 10 * 1024 * 1024
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FIRST_SMTP_PORT, FIRST_INBOX_PORT, FIRST_IMAP_PORT = 2525, 8025, 1143
# So many addresses of the demo return what their mail service accepted, for there is something to see then.
RETURN_ONE_IN = 40


@dataclass(frozen=True)
class Wish:
    """What the command line asked for."""

    host: str
    port: int
    demo: bool
    email: str | None
    reload: bool


@dataclass
class Child:
    """A process that is started again when it dies."""

    name: str
    arguments: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0
    deaths: int = 0
    start_at: float = field(default=0)

    def start(self, now: float) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                guanxi(*self.arguments),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C goes to the whole foreground group; only the supervisor is to hear it.
                start_new_session=True,
                preexec_fn=follow_parent(self.parting_signal),
            )
        self.started_at = now

    @property
    def parting_signal(self) -> signal.Signals:
        """What it gets when the supervisor is killed.

        The web server must still end its own processes. The others, whose work is safe in rows, would wait in vain for
        PostgreSQL, which goes at the same moment.
        """
        return signal.SIGTERM if self.name == "web" else signal.SIGKILL

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """The process and what it started."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])


def back_off(deaths: int) -> float:
    """Seconds to wait before the next start: 1, 2, 4 … 60."""
    return float(min(2 ** (deaths - 1), LONGEST_BACK_OFF_SECONDS))


def guanxi(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "guanxi.cli", *arguments]


def up(installation: Installation, wish: Wish) -> None:
    """Run until SIGINT or SIGTERM."""
    with _interruptible(), installation.claimed(), _postgres(installation) as cluster:
        refuse_unsafe_database(installation.database_url("app"))
        ensure_root_key(installation.root_key_file())
        say("Preparing the database …")
        migrate(installation)
        children = _plan(installation, wish)
        try:
            _bring_up(installation, wish, children)
            _look_after(cluster, children)
        finally:
            _stop(children)


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM and a closed terminal end it as Ctrl-C does; once stopping has begun, neither can break it off."""

    def interrupt(signal_number: int, frame: FrameType | None) -> None:
        for each in ENDING_SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for each in ENDING_SIGNALS:
        signal.signal(each, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        say("Stopped.")


@contextmanager
def _postgres(installation: Installation) -> Iterator[Cluster | None]:
    if not installation.is_embedded:
        yield None
        return
    cluster = installation.cluster
    say(f"Starting PostgreSQL for {installation.home} …")
    try:
        cluster.start(dies_with_parent=True)
        if not cluster.folder().is_relative_to(cluster.home):
            say(f"Its rows are in {cluster.folder()}, as root's home is closed to the user that it runs as.")
        yield cluster
    finally:
        cluster.stop()


def migrate(installation: Installation) -> None:
    """In a process of its own, the only one that gets the owner's address; the application's says whom to let in."""
    urls = {
        "GUANXI_DATABASE_OWNER_URL": installation.database_url("owner"),
        "GUANXI_DATABASE_URL": installation.database_url("app"),
    }
    _run_once(installation.process_environment("owner", **urls), "migrate")


def _run_once(environment: dict[str, str], *arguments: str) -> None:
    done = _run(environment, *arguments)
    if done.returncode != 0:
        raise Misconfigured(f"`guanxi {' '.join(arguments)}` failed:\n{done.stderr.strip()}")


def _run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        guanxi(*arguments),
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        preexec_fn=follow_parent(signal.SIGKILL),
    )


def _plan(installation: Installation, wish: Wish) -> list[Child]:
    port = _free_port(wish.host, wish.port, "The web server")
    more = {"GUANXI_BASE_URL": installation.environment.get("GUANXI_BASE_URL") or _address(wish.host, port)}
    plan: list[tuple[str, list[str], dict[str, str]]] = []
    if wish.demo:
        smtp = _free_port("127.0.0.1", FIRST_SMTP_PORT, "The demo's mail server")
        inbox = _free_port("127.0.0.1", FIRST_INBOX_PORT, "The demo's inbox")
        imap = _free_port("127.0.0.1", FIRST_IMAP_PORT, "The demo's mailbox of returned mail")
        more |= _demo_environment(installation, smtp, inbox, imap)
        mail = ["simulate", "mail", "--smtp-port", str(smtp), "--web-port", str(inbox), "--imap-port", str(imap)]
        mail += ["--return-one-in", str(RETURN_ONE_IN)]
        mail += ["--folder", str(installation.home / demo_story.MAIL_FOLDER)]
        plan.append(("mail", mail, installation.process_environment("app", **more)))
    web = ["web", "--host", wish.host, "--port", str(port), *(["--reload"] if wish.reload else [])]
    plan.append(("web", web, installation.process_environment("app", **more)))
    plan.append(("worker", ["worker"], installation.process_environment("worker", **more)))
    return [
        Child(name, arguments, environment, _fresh_log(installation.home / "logs" / f"{name}.log"))
        for name, arguments, environment in plan
    ]


def _free_port(host: str, wanted: int, who: str) -> int:
    port = ports.first_free(host, wanted)
    if port is None:
        raise Misconfigured(f"{who} finds no free port on {host} from {wanted} on. Choose another with --port.")
    if port != wanted:
        say(f"{who} cannot have port {wanted}: another program uses it. It takes {port} instead.")
    return port


def _demo_environment(installation: Installation, smtp: int, inbox: int, imap: int) -> dict[str, str]:
    own = [f"127.0.0.1:{smtp}", f"127.0.0.1:{inbox}", f"127.0.0.1:{imap}"]
    named = installation.environment.get("GUANXI_LOCAL_PEERS", "")
    return {
        "GUANXI_DEMO_SMTP": own[0],
        "GUANXI_DEMO_INBOX_URL": f"http://{own[1]}",
        "GUANXI_DEMO_IMAP": own[2],
        "GUANXI_LOCAL_PEERS": ",".join(filter(None, [named, *own])),
    }


def _address(host: str, port: int) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


def _fresh_log(log: Path) -> Path:
    log.parent.mkdir(exist_ok=True)
    if log.exists() and log.stat().st_size > BIGGEST_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    return log


def _bring_up(installation: Installation, wish: Wish, children: list[Child]) -> None:
    environment = next(child.environment for child in children if child.name == "web")
    if wish.demo:
        say("Making sure that the demo is there (the first time takes a minute) …")
        _run_once(environment, "demo", "load", "--unless-cleared")
    now = time.monotonic()
    for child in children:
        child.start(now)
    _wait_for_web(children)
    installation.note_address(environment["GUANXI_BASE_URL"])
    email = wish.email or (demo_story.OWNER[0] if wish.demo else None)
    link = _run(environment, "signin-link", *(["--email", email] if email else []))
    say(f"Guanxi is at {environment['GUANXI_BASE_URL']}")
    say(link.stdout.strip() or link.stderr.strip())
    say("Ctrl-C stops everything.")


def _wait_for_web(children: list[Child]) -> None:
    web = next(child for child in children if child.name == "web")
    host, port = web.arguments[2], int(web.arguments[4])
    deadline = time.monotonic() + START_PATIENCE_SECONDS
    while not ports.answers(host, port, "/healthz"):
        for child in children:
            if not child.is_alive():
                raise Misconfigured(
                    f"The {child.name} process did not start. {child.log} ends with:\n{child.last_words()}"
                )
        if time.monotonic() > deadline:
            raise Misconfigured(f"The web server does not answer. {web.log} ends with:\n{web.last_words()}")
        time.sleep(TICK_SECONDS)


def _look_after(cluster: Cluster | None, children: list[Child]) -> None:
    next_postgres_check = 0.0
    while True:
        now = time.monotonic()
        if cluster is not None and now >= next_postgres_check:
            next_postgres_check = now + POSTGRES_CHECK_SECONDS
            _keep_postgres(cluster)
        for child in children:
            _keep_alive(child, now)
        time.sleep(TICK_SECONDS)


def _keep_postgres(cluster: Cluster) -> None:
    if not cluster.is_running():
        say("PostgreSQL ended; starting it again …")
        cluster.start(dies_with_parent=True)


def _keep_alive(child: Child, now: float) -> None:
    if child.is_alive():
        if now - child.started_at > SETTLED_AFTER_SECONDS:
            child.deaths = 0
        return
    if child.process is not None:
        code = child.process.returncode
        child.kill()
        child.deaths += 1
        pause = back_off(child.deaths)
        child.start_at = now + pause
        say(f"The {child.name} process ended with code {code}; it starts again in {pause:.0f} s. See {child.log}.")
    if now >= child.start_at:
        child.start(now)


def _stop(children: list[Child]) -> None:
    for child in children:
        if child.process is not None and child.is_alive():
            child.process.terminate()
    deadline = time.monotonic() + STOP_PATIENCE_SECONDS
    while time.monotonic() < deadline and any(child.is_alive() for child in children):
        time.sleep(0.05)
    for child in children:
        child.kill()
