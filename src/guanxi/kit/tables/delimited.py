"""CSV and its relatives: bounded lines in, batches of text out, however the file is broken."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from guanxi.kit.tables.encodings import detect_encoding
from guanxi.kit.tables.messages import RAW_LIMIT, Notice, Reject, TableError, reject
from guanxi.kit.tables.shape import MAX_CELL, Batch, batch_rows, name_columns, texts

if TYPE_CHECKING:
    from _csv import Reader

DELIMITERS = ",;\t|"
SAMPLE = 65_536
READ = 1 << 20
MAX_LINE = 1 << 20
BATCH_TEXT = 8 << 20
MAX_RECORD = 3 * BATCH_TEXT
# A record over more lines, wrong in itself or with lines that look like rows, is a quote that swallowed them.
MAX_LINES = 100
# Private-use marks: they end a line that was cut, the whole input, and stand for a record that csv gave up on.
CUT, END, OVERFLOW = "\ue000cut\ue000", "\ue000end\ue000", "\ue000overflow\ue000"


class _Lines:
    """The lines of a text, none longer than MAX_LINE; `given` counts characters since the reader last reset it."""

    def __init__(self, path: Path, encoding: str) -> None:
        self.path, self.encoding = path, encoding
        self.given = self.rows = 0
        self.suspicious = self.done = False

    def __iter__(self) -> Iterator[str]:
        carry, skipping, quotes = "", False, 0
        with self.path.open(encoding=self.encoding, newline="") as stream:
            while text := stream.read(READ):
                self.suspicious = self.suspicious or "\0" in text
                if skipping:
                    end = _first_break(text)
                    quotes += text.count('"', 0, end)
                    if end == len(text):
                        continue
                    carry, skipping = carry + CUT + '"' * (quotes % 2), False
                    text = text[end:]
                self.given += len(text)
                if self.given > MAX_RECORD:
                    raise TableError("record_too_long", row=self.rows + 1)
                text = carry + text
                end = _last_break(text)
                yield from io.StringIO(text[:end], newline="")
                carry = text[end:]
                if len(carry) > MAX_LINE:
                    skipping, self.suspicious = True, True
                    quotes, carry = carry.count('"', MAX_LINE), carry[:MAX_LINE]
        if skipping:
            carry += CUT + '"' * (quotes % 2)
        yield from io.StringIO(carry, newline="")
        self.done = True
        yield END


def _first_break(text: str) -> int:
    return min((at for at in (text.find("\n"), text.find("\r")) if at >= 0), default=len(text))


def _last_break(text: str) -> int:
    """Where the last whole line ends; a final carriage return may be half of a pair."""
    return max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1


@dataclass(frozen=True)
class Delimited:
    path: Path
    encoding: str
    delimiter: str
    spaced: bool
    header: tuple[str, ...]
    header_row: int
    guessed_rows: int
    notices: tuple[Notice, ...]

    def batches(self) -> Iterator[Batch]:
        lines = _Lines(self.path, self.encoding)
        reader = csv.reader(lines, delimiter=self.delimiter, skipinitialspace=self.spaced)
        size = batch_rows(len(self.header))
        read = 0
        while rows := _take(reader, lines, size):
            lines.suspicious = lines.suspicious or reader.line_num - read > len(rows) + MAX_LINES
            read = reader.line_num
            first = lines.rows + 1
            lines.rows += len(rows)
            skip = max(0, self.header_row - first + 1)
            yield self._batch(rows[skip:], first + skip, lines)

    def _batch(self, rows: list[list[str]], first: int, lines: _Lines) -> Batch:
        width, rejects = len(self.header), list[Reject]()
        if lines.done and rows and rows[-1] and rows[-1][-1].endswith(END):
            last = rows.pop()
            if last != [END]:
                last[-1] = last[-1].removesuffix(END)
                self._refuse_swallowed(last, first + len(rows))
                rejects.append(reject(first + len(rows), "unclosed_quote", self._raw(last)))
        numbers: Sequence[int] = range(first, first + len(rows))
        columns = list(zip(*rows, strict=False))
        regular = not lines.suspicious and {*map(len, rows)} == {width} and not all("" in column for column in columns)
        if not regular:
            good, numbers, bad = self._sort_out(rows, first)
            rejects = bad + rejects
            columns = list(zip(*good, strict=True)) or [()] * width
        return Batch(numbers, [texts(column) for column in columns], rejects)

    def _sort_out(self, rows: list[list[str]], first: int) -> tuple[list[list[str]], list[int], list[Reject]]:
        good, numbers, bad = list[list[str]](), list[int](), list[Reject]()
        width = len(self.header)
        for row_no, row in enumerate(rows, start=first):
            text = "".join(row)
            if not text or (len(row) == 1 and text.isspace()):
                continue
            if CUT in text:
                raw = self._raw(row).replace(CUT, "")
                bad.append(reject(row_no, "row_too_long", raw, limit=MAX_LINE))
            elif text == OVERFLOW:
                bad.append(reject(row_no, "cell_too_long", "", limit=MAX_CELL))
            elif "\0" in text:
                bad.append(reject(row_no, "nul_character", self._raw(row)))
            elif len(row) != width:
                self._refuse_swallowed(row, row_no)
                bad.append(reject(row_no, "cell_count", self._raw(row), found=len(row), expected=width))
            else:
                if text.count("\n") > MAX_LINES and self._looks_like_rows(text):
                    raise _swallowed(row_no, text.count("\n"))
                good.append(row)
                numbers.append(row_no)
        return good, numbers, bad

    def _refuse_swallowed(self, row: list[str], row_no: int) -> None:
        """A wrong record may be set apart as long as all of it can be shown and given back."""
        more = "".join(row).strip().count("\n")
        if more > MAX_LINES or (more and len(self._raw(row)) > RAW_LIMIT):
            raise _swallowed(row_no, more)

    def _looks_like_rows(self, text: str) -> bool:
        lines = text.split("\n")
        return sum(line.count(self.delimiter) == len(self.header) - 1 for line in lines) > len(lines) // 2

    def _raw(self, row: list[str]) -> str:
        text = io.StringIO()
        csv.writer(text, delimiter=self.delimiter, lineterminator="").writerow(row)
        return text.getvalue()


def _swallowed(row_no: int, lines: int) -> TableError:
    return TableError("open_quote", row=row_no, lines=lines)


def _take(reader: "Reader", lines: _Lines, size: int) -> list[list[str]]:
    rows: list[list[str]] = []
    lines.given, read = 0, reader.line_num
    try:
        for row in reader:
            rows.append(row)
            read = reader.line_num
            if len(rows) == size or lines.given > BATCH_TEXT:
                break
    except csv.Error:  # a cell over the field limit; the reader starts afresh on the next line
        if reader.line_num - read > 1:
            raise _swallowed(lines.rows + len(rows) + 1, reader.line_num - read - 1) from None
        lines.suspicious = True
        rows.append([OVERFLOW])
    return rows


def open_delimited(path: Path) -> Delimited:
    encoding = detect_encoding(path)
    with path.open(encoding=encoding.name, newline="") as stream:
        sample = stream.read(SAMPLE)
    _refuse_other_text(sample)
    delimiter = _delimiter(sample)
    cells, header_row = _first_row(path, encoding.name, delimiter)
    spaced = len(cells) > 1 and all(cell.startswith(" ") for cell in cells[1:])
    if spaced:
        cells, header_row = _first_row(path, encoding.name, delimiter, spaced=True)
    header, notices = name_columns(cells, row=header_row)
    if encoding.name == "gb18030":
        notices += (Notice("guessed_gb18030"),)
    if len(header) == 1:
        notices += (Notice("one_column"),)
    guessed = max(0, encoding.lines - header_row)
    return Delimited(path, encoding.name, delimiter, spaced, header, header_row, guessed, notices)


def _refuse_other_text(sample: str) -> None:
    start = sample.lstrip("\ufeff \t\r\n")
    if not start:
        raise TableError("empty_file")
    if start.startswith(("<", "{", "[{", "[[")) or sample.count("\0") * 100 > len(sample):
        raise TableError("not_a_table")


def _delimiter(sample: str) -> str:
    """The one that cuts the first lines most evenly, then into most cells."""

    def evenness(delimiter: str) -> tuple[float, int]:
        widths = [len(row) for row in csv.reader(_whole_lines(sample), delimiter=delimiter) if row]
        width = widths[0] if widths else 1
        return (round(widths.count(width) / len(widths), 1) if width > 1 else 0.0), width

    return max(DELIMITERS, key=evenness)


def _whole_lines(sample: str) -> list[str]:
    lines = list(io.StringIO(sample, newline=""))[:100]
    return lines[:-1] if len(lines) > 1 and len(sample) >= SAMPLE else lines


def _first_row(path: Path, encoding: str, delimiter: str, *, spaced: bool = False) -> tuple[list[str], int]:
    lines = _Lines(path, encoding)
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=spaced)
    try:
        for row_no, row in enumerate(reader, start=1):
            text = "".join(row)
            if END in text or CUT in text or "\0" in text:
                raise TableError("not_a_table")
            if row and (len(row) > 1 or not text.isspace()):
                return row, row_no
    except csv.Error as error:
        raise TableError("not_a_table") from error
    raise TableError("empty_file")
