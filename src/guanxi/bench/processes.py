"""A measurement in a process of its own, so that its memory and its processor time are nobody else's."""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Callable
from importlib import import_module
from typing import Any

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
    answer.send((found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2))
