"""Files of people: `from guanxi.audiences.queries import exports`."""

from guanxi.audiences.queries.exports.columns import Column, columns, devices, wanted_columns
from guanxi.audiences.queries.exports.reading import Reader
from guanxi.audiences.queries.exports.seen import (
    exports_of,
    file_name,
    is_ready,
    may_read,
    may_resume,
    shape_of,
    waiting,
)
from guanxi.audiences.queries.exports.whom import Forecast, forecast, people_of, still_out
from guanxi.audiences.rules.exporting import FORMATS, PRESETS, Shape

__all__ = [
    "FORMATS",
    "PRESETS",
    "Column",
    "Forecast",
    "Reader",
    "Shape",
    "columns",
    "devices",
    "exports_of",
    "file_name",
    "forecast",
    "is_ready",
    "may_read",
    "may_resume",
    "people_of",
    "shape_of",
    "still_out",
    "waiting",
    "wanted_columns",
]
