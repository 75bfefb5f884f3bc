"""One change of many people: `from guanxi.people.operations import bulk`."""

from guanxi.people.operations.bulk.controlling import (
    BulkRefused,
    resume_bulk,
    start_bulk,
    stop_bulk,
    undo_bulk,
)
from guanxi.people.operations.bulk.running import bulk_lane

__all__ = ["BulkRefused", "bulk_lane", "resume_bulk", "start_bulk", "stop_bulk", "undo_bulk"]
