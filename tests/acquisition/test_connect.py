"""The snippets of docs/connect.md do what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from guanxi.acquisition.models import Batch
from guanxi.governance.models import Workspace
from tests import optional
from tests.acquisition.sending import refusals
from tests.acquisition.test_killing import Server, server
from tests.acquisition.test_packages import NODE, shop

__all__ = ["server", "shop"]
DOCS = Path(__file__).parents[2] / "docs" / "connect.md"


def snippet(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", DOCS.read_text(), re.S)
    assert found
    return found[1]


@pytest.mark.parametrize("language", ["bash", "python", "js"])
def test_a_snippet_runs_as_it_stands(server: Server, shop: tuple[Workspace, str], language: str) -> None:
    if language == "js":
        optional.needs("analytics-node")
    command = {
        "bash": ["bash", "-ec", snippet("bash")],
        "python": [sys.executable, "-c", snippet("python")],
        "js": ["node", "--input-type=module", "-e", snippet("js")],
    }[language]
    environment = os.environ | {"HOST": server.url, "WRITE_KEY": shop[1]}
    ran = subprocess.run(command, cwd=NODE, env=environment, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert Batch.objects.filter(size__gt=0).exists()
    assert refusals() == []
