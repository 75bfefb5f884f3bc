"""One installation: its home folder, where its database is, and what its processes find in their environment."""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from guanxi.kit.postgres import Cluster

DatabaseRole = Literal["owner", "app", "worker"]

EXTERNAL_URLS: dict[DatabaseRole, str] = {
    "app": "GUANXI_DATABASE_URL",
    "owner": "GUANXI_DATABASE_OWNER_URL",
    "worker": "GUANXI_DATABASE_WORKER_URL",
}


class Misconfigured(Exception):
    """It cannot run like this; the message says what is wrong and how to mend it."""


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@dataclass(frozen=True)
class Installation:
    home: Path
    environment: Mapping[str, str]

    @classmethod
    def here(cls) -> Installation:
        home = Path(os.environ.get("GUANXI_HOME", "~/.guanxi")).expanduser().resolve()
        return cls(home, dict(os.environ))

    @property
    def is_embedded(self) -> bool:
        return not self.environment.get("GUANXI_DATABASE_URL")

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.home, fast=self.environment.get("GUANXI_POSTGRES_FAST") == "1")

    def root_key_file(self) -> Path:
        return Path(self.environment.get("GUANXI_SECRET_KEY_FILE", self.home / "secret.key"))

    def files_folder(self) -> Path:
        return self.home / "files"

    def lake_folder(self) -> Path:
        return Path(self.environment.get("GUANXI_LAKE", self.home / "lake"))

    def make_home(self) -> None:
        try:
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise Misconfigured(
                f"The home folder cannot be made: {error}. Set GUANXI_HOME to a folder of yours."
            ) from error

    def database_url(self, role: DatabaseRole) -> str:
        if self.is_embedded:
            return self.cluster.url(role)
        url = self.environment.get(EXTERNAL_URLS[role])
        if url:
            return url
        if role == "worker":
            return self.environment["GUANXI_DATABASE_URL"]
        raise Misconfigured(
            f"Set {EXTERNAL_URLS[role]} as well: the address of the same database with the role that owns its tables. "
            "It makes and changes them; the role of GUANXI_DATABASE_URL must not be able to."
        )

    def process_environment(self, role: DatabaseRole, **more: str) -> dict[str, str]:
        """A process gets the address of its own role and of no other."""
        environment = {name: value for name, value in self.environment.items() if name not in EXTERNAL_URLS.values()}
        environment |= {
            "GUANXI_HOME": str(self.home),
            "GUANXI_DATABASE_URL": self.database_url(role),
            "DJANGO_SETTINGS_MODULE": "guanxi.config.settings",
            "PYTHONUNBUFFERED": "1",
        }
        return environment | more

    @contextmanager
    def database(self) -> Iterator[None]:
        """Inside, the embedded PostgreSQL runs: the one that is up, or one for this moment."""
        if not self.is_embedded or self.cluster.is_running():
            yield
            return
        cluster = self.cluster
        self.make_home()
        cluster.start(dies_with_parent=True)
        try:
            yield
        finally:
            cluster.stop()

    def connect_django(self, role: DatabaseRole) -> None:
        import django

        address = (self.running() or {}).get("url")
        known = {"GUANXI_BASE_URL": address} if address and "GUANXI_BASE_URL" not in self.environment else {}
        os.environ.update(self.process_environment(role, **known))
        django.setup()

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """One `guanxi up` per home; the claim ends with the process, however it ends."""
        self.make_home()
        with self._claim_file().open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                running = self.running()
                where = f" at {running['url']}" if running and running.get("url") else ""
                raise Misconfigured(
                    f"Guanxi is already running from {self.home}{where}. "
                    "Stop it first, or set GUANXI_HOME to another folder to run a second one."
                ) from None
            file.truncate(0)
            yield
            file.truncate(0)

    def note_address(self, url: str) -> None:
        self._claim_file().write_text(json.dumps({"pid": os.getpid(), "url": url}))

    def running(self) -> dict[str, Any] | None:
        """`pid` and `url` of the `guanxi up` of this home; None if there is none."""
        try:
            with self._claim_file().open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return None
        except BlockingIOError:
            return dict(json.loads(self._claim_file().read_text() or "{}"))
        return None

    def _claim_file(self) -> Path:
        return self.home / "up.json"
