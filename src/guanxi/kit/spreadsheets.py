"""Files for people to open in a spreadsheet, in which no text of ours or theirs is ever evaluated."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any, TextIO
from xml.sax.saxutils import escape

Cell = str | int | float | Decimal | date | datetime | time | None
Row = Sequence[Cell]

BOM = "\ufeff"
# OWASP "CSV Injection" names = + - @ TAB CR; spreadsheets skip what is invisible before them, and some of those set
# to Chinese or Japanese read the full-width forms too.
INVISIBLE = r"[\s\x00-\x1f\u00ad\u180e\u200b-\u200f\u2060\ufeff]*"
SIGN = r"[=+\-@\uff1d\uff0b\uff0d\uff20\u2212\ufe63\ufe62\ufe66\ufe6b]"
STARTS = rf"(?:{INVISIBLE}{SIGN}|[\t\r])"
# Text that already has our mark gets another, so that taking one off always gives back what was put in.
TO_QUOTE, QUOTED = re.compile(f"'*{STARTS}"), re.compile(f"'+{STARTS}")
# Where the decimal sign is a comma, a spreadsheet parts the columns of a file at semicolons, and its lines inside a
# cell as well: what stands after one begins a cell there.
BLANK = r"(?:(?![\r\n])[\s\x00-\x1f\u00ad\u180e\u200b-\u200f\u2060\ufeff])*"
TO_QUOTE_INSIDE = re.compile(rf"(?<=[;\r\n])(?='*{BLANK}{SIGN})")
QUOTED_INSIDE = re.compile(rf"(?<=[;\r\n])'(?='*{BLANK}{SIGN})")
# A text without any of these is written as it is.
RISKY = re.compile(r"[=+\-@\uff1d\uff0b\uff0d\uff20\u2212\ufe63\ufe62\ufe66\ufe6b\t\r]")
PIECE = 64 * 1024
# Limits of Excel: characters of a cell, rows of a sheet, digits that a number keeps.
CELL_LIMIT, SHEET_ROWS, DIGITS = 32_767, 1_048_576, 15


def quoted(text: str) -> str:
    """The text with a ' before it, and before each part of it, that a spreadsheet would evaluate."""
    inside = TO_QUOTE_INSIDE.sub("'", text)
    return f"'{inside}" if TO_QUOTE.match(inside) else inside


def unquoted(text: str) -> str:
    """Take back what `quoted` put on, for a file of ours that comes in again."""
    return QUOTED_INSIDE.sub("", text[1:] if QUOTED.match(text) else text)


def marked(text: str) -> str:
    """For a file in which text is never evaluated: a ' only before what `unquoted` would take for one of ours."""
    return quoted(text) if unquoted(text) != text else text


def write_csv(stream: TextIO, header: Sequence[str], rows: Iterable[Row], *, bom: bool = True) -> None:
    """`stream` must be opened with newline="" and, for the mark to mean anything, as UTF-8."""
    if bom:
        stream.write(BOM)
    writer = csv.writer(stream)
    writer.writerow([quoted(name) for name in header])
    writer.writerows([_csv_text(cell) for cell in row] for row in rows)


def iter_csv(header: Sequence[str], rows: Iterable[Row], *, bom: bool = True) -> Iterator[bytes]:
    """The same file in pieces of about 64 KB, for a response that streams."""
    text = io.StringIO(newline="")
    write_csv(text, header, (), bom=bom)
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([_csv_text(cell) for cell in row])
        if text.tell() >= PIECE:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _csv_text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return quoted(cell)
        case bool():
            return "true" if cell else "false"
        case float() | Decimal():
            return _number(cell)
        case int():
            return str(cell)
        case _:
            return cell.isoformat()


def _number(cell: float | Decimal) -> str:
    exact = Decimal(repr(cell)) if isinstance(cell, float) else cell
    return format(exact, "f") if exact.is_finite() else ""


def _fits(number: float | Decimal) -> bool:
    """Whether Excel keeps every digit; order and card numbers are longer and go in as text."""
    exact = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    return exact.is_finite() and (isinstance(number, float) or len(exact.normalize().as_tuple().digits) <= DIGITS)


def _shortened(text: str) -> str:
    return text if len(text) <= CELL_LIMIT else text[: CELL_LIMIT - 1] + "…"


_PARTS = {
    "[Content_Types].xml": """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Default Extension="xml" ContentType="application/xml"/>\
<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet\
.main+xml"/>{types}</Types>""",
    "_rels/.rels": """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">\
<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" \
Target="xl/workbook.xml"/></Relationships>""",
    "xl/workbook.xml": """<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" \
xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>{sheets}</sheets></workbook>""",
    "xl/_rels/workbook.xml.rels": """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006\
/relationships">{links}</Relationships>""",
}
_TYPE = (
    '<Override PartName="/xl/worksheets/sheet{n}.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
)
_NAMED = '<sheet name="Sheet{n}" sheetId="{n}" r:id="rId{n}"/>'
_LINK = (
    '<Relationship Id="rId{n}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet{n}.xml"/>'
)
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SHEET = (
    _XML + '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews>'
    '<sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    "</sheetView></sheetViews><sheetData>"
)
_END = "</sheetData></worksheet>"
# In a cell, _x000D_ means a return (ECMA-376, ST_Xstring), which XML would else read as a line feed; such letters of
# their own are escaped.
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
# What XML 1.0 has no place for.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Sink(io.RawIOBase):
    """Gives what was written to it in pieces."""

    def __init__(self) -> None:
        self.held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.held += data
        return len(data)

    def taken(self) -> bytes:
        piece = bytes(self.held)
        self.held.clear()
        return piece


def iter_xlsx(header: Sequence[str], rows: Iterable[Sequence[str | int | float | None]]) -> Iterator[bytes]:
    """A workbook in pieces, as its rows come: never whole in memory, and never on disk in clear. Text stays text; past
    Excel's limit of rows it goes on in a further sheet."""
    sink, waiting, sheets = Sink(), iter(rows), 0
    first = next(waiting, None)
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as book:
        while first is not None or sheets == 0:
            sheets += 1
            with book.open(f"xl/worksheets/sheet{sheets}.xml", "w") as sheet:
                sheet.write((_SHEET + _xml_row(1, header)).encode())
                place, text = 1, list[str]()
                while first is not None and place < SHEET_ROWS:
                    place += 1
                    text.append(_xml_row(place, first))
                    if len(text) == 500:
                        sheet.write("".join(text).encode())
                        text.clear()
                        yield sink.taken()
                    first = next(waiting, None)
                sheet.write(("".join(text) + _END).encode())
        numbers = range(1, sheets + 1)
        filled = {
            "types": "".join(_TYPE.format(n=n) for n in numbers),
            "sheets": "".join(_NAMED.format(n=n) for n in numbers),
            "links": "".join(_LINK.format(n=n) for n in numbers),
        }
        for name, part in _PARTS.items():
            book.writestr(name, _XML + part.format(**filled))
    yield sink.taken()


def _xml_row(place: int, row: Sequence[str | int | float | None]) -> str:
    cells = [_xml_cell(f"{_column(at)}{place}", cell) for at, cell in enumerate(row) if cell is not None and cell != ""]
    return f'<row r="{place}">{"".join(cells)}</row>'


def _xml_cell(at: str, cell: str | int | float) -> str:
    if not isinstance(cell, str) and _fits(cell):
        return f'<c r="{at}"><v>{cell}</v></c>'
    text = _ESCAPE.sub("_x005F_", _UNWRITABLE.sub("", _shortened(str(cell)))).replace("\r", "_x000D_")
    return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


@cache
def _column(place: int) -> str:
    """A, B … Z, AA …"""
    before = _column(place // 26 - 1) if place >= 26 else ""
    return before + chr(ord("A") + place % 26)
