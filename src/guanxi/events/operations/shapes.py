"""How the files of the lake are written."""

from __future__ import annotations

from deltalake import ColumnProperties, WriterProperties

PROPERTIES = WriterProperties(compression="SNAPPY", max_row_group_size=122_880)
# What hardly ever comes twice in one append is not looked up in a dictionary first.
_ALL_DIFFERENT = ColumnProperties(dictionary_enabled=False)
APPENDED = WriterProperties(
    compression="SNAPPY",
    max_row_group_size=122_880,
    column_properties=dict.fromkeys(("event_id", "occurred_at", "props"), _ALL_DIFFERENT),
)
