"""XLSX through calamine, after its archive and the sheet's markup were looked at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree
from xml.parsers import expat

import python_calamine

from guanxi.kit.tables import archives
from guanxi.kit.tables.messages import Notice, Reject, TableError, reject
from guanxi.kit.tables.shape import MAX_CELL, MAX_COLUMNS, Batch, batch_rows, name_columns, texts

# calamine lays a sheet out as a full rectangle in memory, so one cell in the last corner would ask for 400 GB.
MAX_SHEET_CELLS = 10_000_000
WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
RELATION_ID = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_RELATION_ID = "http://purl.oclc.org/ooxml/officeDocument/relationships"
DIGITS = "0123456789"
# calamine reserves memory for as many entries as these parts announce, and the process dies when there is none.
COUNTED = {"xl/sharedStrings.xml", "xl/styles.xml"}

Value = str | bool | int | float | date | datetime | time | timedelta


@dataclass
class _Markup:
    """What the sheet's own XML says of its extent, formulas and errors."""

    first_column: int = 1 << 30
    last_column: int = 0
    first_row: int = 1 << 30
    last_row: int = 0
    formulas: int = 0
    first_formula: str = ""
    unvalued: dict[int, str] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)

    @property
    def cells(self) -> int:
        return max(0, self.last_column - self.first_column + 1) * max(0, self.last_row - self.first_row + 1)

    @property
    def columns(self) -> int:
        return max(0, self.last_column - self.first_column + 1)


class _Scan:
    """expat callbacks; a cell or row without its own address follows the one before it."""

    def __init__(self) -> None:
        self.found = _Markup()
        self.columns: dict[str, int] = {}
        self.row = self.column = 0
        self.formula = self.text = False
        self.kind = ""
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.StartDoctypeDeclHandler = self._doctype

    def run(self, pieces: Iterator[bytes]) -> _Markup:
        _feed(self.parser, pieces)
        self._end_cell()
        return self.found

    def _doctype(self, name: str, *_: object) -> None:
        raise TableError("unsafe_workbook", member=name)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        """Called for every element of up to ten million cells, hence the flat shape."""
        element = name if ":" not in name else name[name.rfind(":") + 1 :]
        if element == "c":
            if self.formula:
                self._end_cell()
            self.text, self.kind = False, attributes.get("t", "")
            self._place(attributes.get("r", ""))
        elif element == "v" or element == "is":
            self._mark()
            if self.kind == "e":
                self.found.errors.setdefault(self.row, self._address())
                self.text = True
            elif self.formula and self.kind == "str":
                self.text = True
            elif self.formula:
                self.parser.CharacterDataHandler = self._valued
        elif element == "f":
            self.formula = True
            self._mark()
        elif element == "row":
            self._end_cell()
            self.row, self.column = int(attributes.get("r") or self.row + 1), 0

    def _valued(self, text: str) -> None:
        self.text = self.text or not text.isspace()

    def _place(self, address: str) -> None:
        letters = address.rstrip(DIGITS)
        if address:
            self.row = int(address[len(letters) :] or self.row)
        self.column = self._number(letters) if letters else self.column + 1

    def _number(self, letters: str) -> int:
        if letters not in self.columns:
            number = 0
            for letter in letters.upper():
                number = number * 26 + ord(letter) - 64
            self.columns[letters] = number
        return self.columns[letters]

    def _mark(self) -> None:
        found, row, column = self.found, self.row, self.column
        if column < found.first_column:
            found.first_column = column
        if column > found.last_column:
            found.last_column = column
        if row < found.first_row:
            found.first_row = row
        if row > found.last_row:
            found.last_row = row

    def _end_cell(self) -> None:
        if self.formula:
            self.found.formulas += 1
            self.found.first_formula = self.found.first_formula or self._address()
            if not self.text:
                self.found.unvalued.setdefault(self.row, self._address())
        self.formula = self.text = False
        self.parser.CharacterDataHandler = None

    def _address(self) -> str:
        letters, number = "", self.column
        while number > 0:
            number, rest = divmod(number - 1, 26)
            letters = chr(65 + rest) + letters
        return f"{letters}{self.row}"


@dataclass(frozen=True)
class Workbook:
    path: Path
    sheet: str
    sheets: tuple[str, ...]
    header: tuple[str, ...]
    header_row: int
    guessed_rows: int
    notices: tuple[Notice, ...]
    markup: _Markup
    rows: python_calamine.CalamineSheet

    def batches(self) -> Iterator[Batch]:
        size = batch_rows(len(self.header))
        good, numbers, bad = list[list[str]](), list[int](), list[Reject]()
        for row_no, values in _values(self.rows):
            blank = all(value == "" for value in values) and row_no not in self.markup.unvalued
            if blank or row_no <= self.header_row:
                continue
            cells = [cell_text(value) for value in values]
            if refused := self._refused(row_no, cells):
                bad.append(refused)
            else:
                good.append(cells)
                numbers.append(row_no)
            if len(good) + len(bad) >= size:
                yield self._batch(good, numbers, bad)
                good, numbers, bad = [], [], []
        last = self.rows.end[0] + 1 if self.rows.end else 0
        for row_no, cell in self.markup.unvalued.items():
            if row_no > last:  # nothing else stands in these rows, so calamine ends before them
                bad.append(reject(row_no, "formula_without_value", "", cell=cell))
        yield self._batch(good, numbers, bad)

    def _refused(self, row_no: int, cells: list[str]) -> Reject | None:
        raw = "\t".join(cells)
        if row_no in self.markup.unvalued:
            return reject(row_no, "formula_without_value", raw, cell=self.markup.unvalued[row_no])
        if row_no in self.markup.errors:
            return reject(row_no, "error_cell", raw, cell=self.markup.errors[row_no])
        if "\0" in raw:
            return reject(row_no, "nul_character", raw)
        if len(raw) > MAX_CELL and any(len(cell) > MAX_CELL for cell in cells):
            return reject(row_no, "cell_too_long", raw, limit=MAX_CELL)
        return None

    def _batch(self, good: list[list[str]], numbers: list[int], bad: list[Reject]) -> Batch:
        columns: Sequence[Sequence[str]] = list(zip(*good, strict=True)) or [()] * len(self.header)
        return Batch(numbers, [texts(column) for column in columns], bad)


def cell_text(value: Value) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            text = repr(value)
            return (format(Decimal(text), "f") if "e" in text else text).removesuffix(".0")
        case datetime():
            # Excel keeps a day as a float: half past ten comes back some microseconds off.
            return (value + timedelta(microseconds=round(value.microsecond, -3) - value.microsecond)).isoformat()
        case date() | time():
            return value.isoformat()
        case _:
            seconds = round(value.total_seconds())
            return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def open_workbook(path: Path, sheet: str | None = None) -> Workbook:
    with archives.opened(path) as archive:
        archives.check(archive)
        for part in COUNTED & archive.members.keys():
            _check_counts(archive, part)
        members = _sheet_members(archive)
        name = _chosen(members, sheet)
        markup = _Scan().run(archive.inflate(members[name]))
    if markup.columns > MAX_COLUMNS:
        raise TableError("too_many_columns", count=markup.columns, limit=MAX_COLUMNS)
    if markup.cells > MAX_SHEET_CELLS:
        raise TableError("too_many_cells", count=markup.cells, limit=MAX_SHEET_CELLS)
    rows = _load(path, name)
    cells, header_row = _header(rows)
    header, notices = name_columns(cells, row=header_row)
    return Workbook(
        path=path,
        sheet=name,
        sheets=tuple(members),
        header=header,
        header_row=header_row,
        guessed_rows=max(0, markup.last_row - header_row),
        notices=notices + tuple(_notices(name, tuple(members), markup)),
        markup=markup,
        rows=rows,
    )


def _check_counts(archive: archives.Archive, part: str) -> None:
    """No entry takes less than a byte, so a part cannot hold more entries than bytes."""
    most = archive.members[part].file_size

    def start(_: str, attributes: dict[str, str]) -> None:
        for count in (attributes.get("count"), attributes.get("uniqueCount")):
            if count is not None and not 0 <= int(count) <= most:
                raise TableError("damaged_file")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    _feed(parser, archive.inflate(part))


def _feed(parser: expat.XMLParserType, pieces: Iterator[bytes]) -> None:
    try:
        for piece in pieces:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # a number, an address or an encoding that is none
        raise TableError("damaged_file") from error


def _values(rows: python_calamine.CalamineSheet) -> Iterator[tuple[int, list[Value]]]:
    try:
        yield from enumerate(rows.iter_rows(), start=1)
    except (python_calamine.CalamineError, OverflowError, ValueError) as error:  # a date that no calendar has
        raise TableError("damaged_file") from error


def _notices(name: str, sheets: tuple[str, ...], markup: _Markup) -> Iterator[Notice]:
    if len(sheets) > 1:
        yield Notice("other_sheets", {"name": name, "count": len(sheets)})
    if markup.formulas:
        yield Notice("formula_cells", {"cell": markup.first_formula, "count": markup.formulas})


def _sheet_members(archive: archives.Archive) -> dict[str, str]:
    """Sheet name → member that holds it, worksheets only, in the order of the tabs."""
    relations = {
        node.get("Id", ""): node for node in _tree(archive, RELATIONS).iter() if _local(node) == "Relationship"
    }
    members: dict[str, str] = {}
    for node in _tree(archive, WORKBOOK).iter():
        if _local(node) != "sheet":
            continue
        identity = node.get(f"{{{RELATION_ID}}}id") or node.get(f"{{{STRICT_RELATION_ID}}}id") or ""
        relation = relations.get(identity)
        if relation is None or not relation.get("Type", "").endswith("/worksheet"):
            continue
        target = relation.get("Target", "")
        member = target.removeprefix("/") if target.startswith("/") else str(PurePosixPath("xl", target))
        if member in archive:
            members[node.get("name", "")] = member
    if not members:
        raise TableError("damaged_file")
    return members


def _tree(archive: archives.Archive, name: str) -> ElementTree.Element:
    """Safe to parse whole: small, and `archives.check` refused document types."""
    try:
        return ElementTree.fromstring(archive.read(name))  # noqa: S314
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise TableError("damaged_file") from error


def _local(node: ElementTree.Element) -> str:
    return node.tag.rpartition("}")[2]


def _chosen(members: dict[str, str], sheet: str | None) -> str:
    if sheet is None:
        return next(iter(members))
    if sheet not in members:
        raise TableError("no_such_sheet", name=sheet)
    return sheet


def _load(path: Path, sheet: str) -> python_calamine.CalamineSheet:
    try:
        return python_calamine.load_workbook(str(path)).get_sheet_by_name(sheet)
    except python_calamine.PasswordError as error:
        raise TableError("encrypted_workbook") from error
    except python_calamine.CalamineError as error:
        raise TableError("damaged_file") from error


def _header(rows: python_calamine.CalamineSheet) -> tuple[list[str], int]:
    for row_no, values in _values(rows):
        if any(value != "" for value in values):
            return [cell_text(value) for value in values], row_no
    raise TableError("empty_file")
