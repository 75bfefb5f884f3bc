"""What a person may ask for: everything about them as a file, and to be forgotten."""

from __future__ import annotations

from datetime import datetime

from guanxi.people.operations.personal.erasing import (
    ErasureRefused,
    erase_person,
    retry_erasure,
    work_erasures,
)
from guanxi.people.operations.personal.exporting import ExportRefused, export_person, read_export, work_exports

__all__ = [
    "ErasureRefused",
    "ExportRefused",
    "erase_person",
    "export_person",
    "read_export",
    "retry_erasure",
    "work_personal",
]


def work_personal(*, now: datetime) -> int:
    """A turn of the worker: exports and erasures that wait."""
    return work_exports(now=now) + work_erasures(now=now)
