"""A count that is not waited for any more ends on the server, too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache

from guanxi.console.access import StaffRequest
from guanxi.events.queries import stoppable
from guanxi.kit import clock

LONGEST_SECONDS = 120
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,40}")


@contextmanager
def while_wanted(request: StaffRequest) -> Iterator[None]:
    """Questions in this block end with Stopped when its page asks a newer one, somebody presses Stop, or it takes too
    long. The page says `asking` which page it is."""
    place, started = _place(request), _seconds()
    if place:
        cache.set(place, started, LONGEST_SECONDS)

    def stop() -> bool:
        late = _seconds() - started > LONGEST_SECONDS
        return late or (bool(place) and float(cache.get(place) or 0) > started)

    with stoppable(stop):
        yield


def stop(request: StaffRequest) -> None:
    if place := _place(request):
        cache.set(place, _seconds(), LONGEST_SECONDS)


def _place(request: StaffRequest) -> str:
    token = request.POST.get("asking", "")
    return f"asking:{request.workspace.pk}:{request.staff.pk}:{token}" if TOKEN.fullmatch(token) else ""


def _seconds() -> float:
    return clock.wall().timestamp()
