import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from guanxi.config.installation import Installation
from guanxi.kit.postgres import Cluster

SOURCE = Path(__file__).parents[2] / "src"


def environment_of(home: Path, **more: str) -> dict[str, str]:
    """What a command sees on a machine of its own: nothing of ours but the home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GUANXI_", "DJANGO_", "PG"))}
    return kept | {"GUANXI_HOME": str(home), "GUANXI_POSTGRES_FAST": "1", "PYTHONPATH": str(SOURCE)} | more


def run_guanxi(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "guanxi.cli", *arguments], env=environment, capture_output=True, text=True, timeout=60
    )


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A healthy installation whose PostgreSQL runs, with nothing in its tables."""
    home = tmp_path_factory.mktemp("guanxi")
    home.chmod(0o700)
    (home / "secret.key").write_text("00" * 32)
    (home / "secret.key").chmod(0o600)
    cluster = Cluster(home, fast=True)
    cluster.start(dies_with_parent=True)
    environment = environment_of(home)
    done = run_guanxi(environment, "migrate")
    assert (done.returncode, done.stderr) == (0, "")
    yield Installation(home, environment)
    cluster.remove()
