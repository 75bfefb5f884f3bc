"""What happens in any room is written down for those outside who want to know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guanxi.events import registry as events
from guanxi.integrations import operations
from guanxi.integrations.queries import NAMES
from guanxi.kit import clock


def record(happened: Sequence[Any]) -> None:
    operations.record(happened=happened, now=clock.now())


for name in NAMES:
    events.subscribe(name, record)
