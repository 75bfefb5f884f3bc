"""A measurement in a process of its own, so that its memory and its processor time are nobody else's."""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

LONGEST_START = 120
_new = multiprocessing.get_context("spawn")


def apart(measure: Callable[..., Any], *values: Any) -> tuple[Any, float]:
    """What it measures, and the most memory that the process had, in GiB."""
    theirs, ours = _new.Pipe()
    process = _new.Process(target=_alone, args=(measure.__module__, measure.__name__, values, ours))
    process.start()
    ours.close()
    try:
        answer: tuple[Any, float] = theirs.recv()
    finally:
        process.join()
    return answer


def _alone(module: str, measure: str, values: tuple[Any, ...], answer: Any) -> None:
    import django

    django.setup()
    found = getattr(import_module(module), measure)(*values)
    answer.send((found, _most_memory()))


def _most_memory() -> float:
    """Where the kernel tells it: `ru_maxrss` begins with that of the process that started this one."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    said = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(said["VmHWM"].split()[0]) / 1024**2


@contextmanager
def beside(work: Callable[..., Any], *values: Any, processes: int) -> Iterator[Any]:
    """So many processes do `work` again and again meanwhile. It begins once each has done it for the first time; the
    answer's `value` is how many times it was done since."""
    ready, stopping = _new.Barrier(processes + 1), _new.Event()
    done = _new.Value("q", 0)
    told = (work.__module__, work.__name__, values, ready, stopping, done)
    started = [_new.Process(target=_again, args=told, daemon=True) for _ in range(processes)]
    for one in started:
        one.start()
    try:
        ready.wait(LONGEST_START)
        yield done
    finally:
        stopping.set()
        for one in started:
            one.join()
    if any(one.exitcode for one in started):
        raise AssertionError("a process beside came to a bad end")


def _again(module: str, name: str, values: tuple[Any, ...], ready: Any, stopping: Any, done: Any) -> None:
    import django

    django.setup()
    work = getattr(import_module(module), name)
    work(*values)
    ready.wait(LONGEST_START)
    while not stopping.is_set():
        work(*values)
        with done.get_lock():
            done.value += 1
