"""Tools beyond Python that a test needs. A missing one is said loudly; with GUANXI_CI=1 it is a failure."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable

import pytest

CHROMIUM = "/usr/bin/chromium"
TOOLS: dict[str, tuple[Callable[[], bool], str]] = {
    "chromium": (lambda: shutil.which(CHROMIUM) is not None, "Chromium: apt-get install chromium fonts-noto-cjk"),
}
left_out: Counter[str] = Counter()


def needs(tool: str) -> None:
    """Leave this test out when the machine has no such tool."""
    present, how_to_get_it = TOOLS[tool]
    if present():
        return
    if os.environ.get("GUANXI_CI") == "1":
        pytest.fail(f"this machine must have {how_to_get_it}")
    left_out[how_to_get_it] += 1
    pytest.skip(f"needs {how_to_get_it}")


def summary() -> list[str]:
    return [f"LEFT OUT: {count} tests, for want of {what}" for what, count in sorted(left_out.items())]
