"""Every sentence that reading a table can say: errors, warnings, and reasons to set a row apart."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation.trans_real import gettext_noop  # the public one asks for settings

Param = str | int

MESSAGES: dict[str, str] = {
    # The file cannot be read at all.
    "not_a_table": gettext_noop("This file is not a table. Upload a CSV, XLSX or Parquet file."),
    "empty_file": gettext_noop("This file is empty. Choose a file with a header row and at least one row."),
    "no_header": gettext_noop("Row %(row)s has no column names. Put a name above each column and upload it again."),
    "duplicate_header": gettext_noop("Two columns are called “%(name)s”. Rename one of them and upload it again."),
    "no_such_column": gettext_noop("There is no column called “%(name)s”. Choose one of the columns of the file."),
    "no_such_sheet": gettext_noop("There is no sheet called “%(name)s”. Choose one of the sheets of the workbook."),
    "too_many_columns": gettext_noop("The file has %(count)s columns; %(limit)s are allowed. Remove some of them."),
    "too_many_rows": gettext_noop("The file has more than %(limit)s rows. Split it into smaller files."),
    "too_many_cells": gettext_noop("The sheet spans %(count)s cells; %(limit)s are allowed. Save the sheet as CSV."),
    "too_large": gettext_noop("The file is larger than %(limit_mb)s MB. Split it, or save it as Parquet."),
    "too_long_to_sort": gettext_noop(
        "The rows are too long to be put in order by “%(name)s”. Remove columns with long texts and upload it again."
    ),
    "record_too_long": gettext_noop("The row that begins near row %(row)s never ends. Check the quotes around it."),
    "open_quote": gettext_noop(
        "A quote that opens in row %(row)s is not closed where it should be and swallows %(lines)s more lines. "
        "Correct that row and upload the file again."
    ),
    "unreadable_text": gettext_noop(
        "The text cannot be read at line %(line)s (byte %(offset)s). Save the file as “CSV UTF-8” and upload it again."
    ),
    "zip_bomb": gettext_noop("The workbook unpacks to far more than its size. Copy the sheet into a new workbook."),
    "unsafe_workbook": gettext_noop(
        "The workbook holds “%(member)s”, which no table needs. Copy the sheet into a new workbook."
    ),
    "damaged_file": gettext_noop("The file is damaged or incomplete. Save it again and upload the new copy."),
    "encrypted_workbook": gettext_noop("The workbook has a password. Save a copy without one and upload that."),
    "old_xls": gettext_noop("This is an older Excel format. Open it and save it as .xlsx."),
    "wrong_extension": gettext_noop(
        "The name ends in .%(extension)s but the content is something else. Upload a CSV, XLSX or Parquet file."
    ),
    # The file was read, and the person should know how.
    "read_by_content": gettext_noop("The name ends in .%(extension)s, but the file was read as %(format)s."),
    "guessed_gb18030": gettext_noop("The text was read as GB18030. Check that the sample below looks right."),
    "one_column": gettext_noop("Only one column was found. Check that the sample below looks right."),
    "no_rows": gettext_noop("The file has column names but no rows."),
    "other_sheets": gettext_noop("Only the sheet “%(name)s” is read; the workbook has %(count)s sheets."),
    "unnamed_columns": gettext_noop("Columns without a name were called “%(names)s”."),
    "renamed_column": gettext_noop("The column “%(old)s” is called “%(new)s” here."),
    "formula_cells": gettext_noop("%(cell)s holds a formula; its last value was taken (%(count)s such cells)."),
    # One row was set apart.
    "cell_count": gettext_noop("Row %(row)s has %(found)s cells; the header has %(expected)s."),
    "unclosed_quote": gettext_noop("A quote that opens in row %(row)s is never closed."),
    "row_too_long": gettext_noop("Row %(row)s is longer than %(limit)s characters."),
    "cell_too_long": gettext_noop("A cell in row %(row)s is longer than %(limit)s characters; a quote may be missing."),
    "nul_character": gettext_noop("Row %(row)s contains a NUL character."),
    "formula_without_value": gettext_noop(
        "%(cell)s holds a formula without a value. Open the workbook, let it calculate, and save it."
    ),
    "error_cell": gettext_noop("%(cell)s shows an error instead of a value."),
}


@dataclass(frozen=True)
class Notice:
    """Something a person should know about a file that could be read."""

    code: str
    params: Mapping[str, Param] = field(default_factory=dict)

    @property
    def message(self) -> str:
        return MESSAGES[self.code] % dict(self.params)


@dataclass(frozen=True)
class Reject:
    """A row that was set apart; `raw` is at most RAW_LIMIT characters of it."""

    row_no: int
    code: str
    params: Mapping[str, Param]
    raw: str

    @property
    def message(self) -> str:
        return MESSAGES[self.code] % dict(self.params)

    @property
    def params_json(self) -> str:
        return json.dumps(dict(self.params), ensure_ascii=False)


RAW_LIMIT = 2_000


def reject(row_no: int, code: str, raw: str, **params: Param) -> Reject:
    return Reject(row_no, code, {"row": row_no, **params}, raw[:RAW_LIMIT].replace("\0", "\ufffd"))


class TableError(Exception):
    """The file cannot be taken; translate `MESSAGES[code]` and fill it with `params`."""

    def __init__(self, code: str, **params: Param) -> None:
        self.code = code
        self.params = params
        super().__init__(self.message)

    @property
    def message(self) -> str:
        return MESSAGES[self.code] % self.params


class Stopped(Exception):
    """`should_stop` said yes; nothing was left behind."""
