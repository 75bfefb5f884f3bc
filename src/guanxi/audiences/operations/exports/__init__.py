"""Files of people on their way out: `from guanxi.audiences.operations import exports`."""

from guanxi.audiences.operations.exports.controlling import (
    ExportRefused,
    check,
    meant,
    remove_export,
    resume_export,
    start_export,
    stop_export,
)
from guanxi.audiences.operations.exports.files import note_download, read_export
from guanxi.audiences.operations.exports.running import export_lane

__all__ = [
    "ExportRefused",
    "check",
    "export_lane",
    "meant",
    "note_download",
    "read_export",
    "remove_export",
    "resume_export",
    "start_export",
    "stop_export",
]
