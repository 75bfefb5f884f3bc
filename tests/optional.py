"""Tools beyond Python that a test needs. A missing one is said loudly; with GUANXI_CI=1 it is a failure."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NODE_PACKAGES = Path(__file__).parent / "acquisition" / "node" / "node_modules"
TOOLS: dict[str, tuple[Callable[[], bool], str]] = {
    "analytics-node": (
        lambda: shutil.which("node") is not None and NODE_PACKAGES.is_dir(),
        "@segment/analytics-node: apt-get install nodejs npm, npm ci --prefix tests/acquisition/node",
    ),
    "analytics-next": (
        lambda: (NODE_PACKAGES / "@segment" / "analytics-next").is_dir(),
        "@segment/analytics-next: apt-get install nodejs npm, npm ci --prefix tests/acquisition/node",
    ),
    "chromium": (lambda: CHROMIUM is not None, "Chromium: apt-get install chromium fonts-noto-cjk"),
    "java": (lambda: shutil.which("java") is not None, "Java, for Apache Spark: apt-get install default-jre-headless"),
}


def needs(tool: str) -> None:
    """Leave this test out when the machine has no such tool."""
    present, how_to_get_it = TOOLS[tool]
    if present():
        return
    if os.environ.get("GUANXI_CI") == "1":
        pytest.fail(f"this machine must have {how_to_get_it}")
    pytest.skip(f"needs {how_to_get_it}")


def summary(reasons: Iterable[str]) -> list[str]:
    """What to say at the end, of the reasons why tests were skipped."""
    left_out = Counter(reason.partition("needs ")[2] for reason in reasons if "needs " in reason)
    return [f"LEFT OUT: {count} tests, for want of {what}" for what, count in sorted(left_out.items())]
