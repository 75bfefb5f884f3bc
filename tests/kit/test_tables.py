import csv
import io
import os
import random
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guanxi.kit import tables
from guanxi.kit.tables import Chunk, Notice, Reject, Sheet, Staged, Stopped, TableError, archives, staging, workbooks
from guanxi.kit.tables.messages import MESSAGES

SHARED = Path(os.environ.get("GUANXI_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
JOURNEY = SHARED / "completejourney"

Columns = dict[str, list[int] | list[str]]
MakeFile = Callable[[str, bytes], Path]


@pytest.fixture
def make(tmp_path: Path) -> MakeFile:
    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def staged(path: Path, *, sort_by: str | None = None, sheet: str | None = None) -> Staged:
    return tables.stage(path, path.name, path.with_name("staged.parquet"), sort_by=sort_by, sheet=sheet)


def all_rows(result: Staged) -> Columns:
    return tables.read_chunk(result.path, 0, result.rows)


def rejected(result: Staged) -> list[Reject]:
    return list(tables.read_rejects(result.path))


def refusal(
    path: Path, filename: str | None = None, max_bytes: int = tables.MAX_BYTES
) -> tuple[str, dict[str, str | int]]:
    """The error of inspecting; staging must say the same and leave nothing behind."""
    before = set(path.parent.iterdir())
    name = filename or path.name
    with pytest.raises(TableError) as on_stage:
        tables.stage(path, name, path.with_name("staged.parquet"), max_bytes=max_bytes)
    assert set(path.parent.iterdir()) == before
    with pytest.raises(TableError) as on_inspect:
        tables.inspect(path, name, max_bytes=max_bytes)
    assert on_inspect.value.message == on_stage.value.message
    return on_inspect.value.code, on_inspect.value.params


def workbook(path: Path, fill: Callable[[xlsxwriter.Workbook], None]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        fill(book)
    return path


def with_member(path: Path, name: str, content: bytes) -> Path:
    """The same workbook with one member replaced or added."""
    with zipfile.ZipFile(path) as old:
        members = {member: old.read(member) for member in old.namelist()}
    members[name] = content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for member, data in members.items():
            new.writestr(member, data)
    return path


def small_workbook(path: Path) -> Path:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("People")
        sheet.write_row(0, 0, ["name", "city"])
        sheet.write_row(1, 0, ["王小明", "上海"])

    return workbook(path, fill)


SHEET = "xl/worksheets/sheet1.xml"
SHEET_XML = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


def inline(cells: dict[str, str]) -> bytes:
    written = "".join(f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>' for place, text in cells.items())
    return SHEET_XML.format(f"<row>{written}</row>").encode()


# CSV


def test_a_csv_is_described_before_it_is_staged(make: MakeFile) -> None:
    path = make("people.csv", b"id; name ;\r\n1;Ann;x\r\n\r\n2;Bob;y\r\n")
    assert tables.inspect(path, "people.csv") == Sheet(
        format="csv",
        encoding="utf-8",
        delimiter=";",
        sheet=None,
        sheets=(),
        header=("id", "name", "Column 3"),
        header_row=1,
        sample=(("1", "Ann", "x"), ("2", "Bob", "y")),
        guessed_rows=3,
        warnings=(Notice("unnamed_columns", {"names": "Column 3"}),),
    )


def test_rows_keep_the_number_that_the_person_sees(make: MakeFile) -> None:
    result = staged(make("a.csv", b'a,b\n1,"two\nlines"\n\n,\n3,x\n4\n'))
    assert all_rows(result) == {"row_no": [2, 5], "a": ["1", "3"], "b": ["two\nlines", "x"]}
    assert rejected(result) == [Reject(6, "cell_count", {"row": 6, "found": 1, "expected": 2}, "4")]
    assert result == Staged(result.path, tables.rejects_path(result.path), ("a", "b"), 2, 1, {"cell_count": 1})


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r"])
def test_every_delimiter_and_line_break_is_found(make: MakeFile, delimiter: str, break_: str) -> None:
    lines = [["name", "note"], ["Ann", 'says "a,b;c|d\te"'], ["Bob", "x"]]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=break_, quoting=csv.QUOTE_ALL).writerows(lines)
    result = staged(make("a.txt", text.getvalue().encode()))
    assert all_rows(result) == {"row_no": [2, 3], "name": ["Ann", "Bob"], "note": ['says "a,b;c|d\te"', "x"]}


@pytest.mark.parametrize(
    ("encoding", "prefix", "found"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8-sig"),
        ("utf-16-le", b"\xff\xfe", "utf-16"),
        ("utf-16-be", b"\xfe\xff", "utf-16"),
        ("gb18030", b"", "gb18030"),
    ],
)
def test_chinese_text_is_read_in_every_encoding(make: MakeFile, encoding: str, prefix: bytes, found: str) -> None:
    path = make("人员.csv", prefix + "姓名,城市\n王小明,上海\n㐀𠀀,北京\n".encode(encoding))
    sheet = tables.inspect(path, "人员.csv")
    assert (sheet.encoding, sheet.header, sheet.sample) == (
        found,
        ("姓名", "城市"),
        (("王小明", "上海"), ("㐀𠀀", "北京")),
    )
    assert ("guessed_gb18030" in {notice.code for notice in sheet.warnings}) == (encoding == "gb18030")


def test_a_chinese_character_late_in_a_large_file_is_still_seen(make: MakeFile) -> None:
    path = make("a.csv", b"a,b\n" + b"plain,text\n" * 200_000 + "王,上海\n".encode("gb18030"))
    result = staged(path)
    assert tables.read_chunk(result.path, 200_000, 5) == {"row_no": [200_002], "a": ["王"], "b": ["上海"]}


def test_text_in_no_known_encoding_is_refused_with_the_place(make: MakeFile) -> None:
    latin = b"name,city\nAnn,Bern\nJos\xe9,M\xe1laga\n"
    assert refusal(make("a.csv", latin)) == ("unreadable_text", {"line": 3, "offset": 22})
    broken = "姓名,城市\n王小明,上海市黄浦区\n".encode() + b"\xff\xff,x\n"
    assert refusal(make("b.csv", broken)) == ("unreadable_text", {"line": 3, "offset": len(broken) - 5})
    odd = b"\xff\xfea\x00,\x00b\x00\n\x00\x00\xd8x\x00"
    assert refusal(make("c.csv", odd))[0] == "unreadable_text"


def test_a_quote_left_open_takes_only_its_own_row(make: MakeFile) -> None:
    result = staged(make("a.csv", b'a,b\n1,x\n2,"open\n3,y\n'))
    assert all_rows(result) == {"row_no": [2], "a": ["1"], "b": ["x"]}
    assert rejected(result) == [Reject(3, "unclosed_quote", {"row": 3}, '2,"open\n3,y\n"')]
    assert rejected(result)[0].message == "A quote that opens in row 3 is never closed."


@pytest.mark.parametrize(
    "text",
    [
        b'a,b\n1,x\n2,"open\n' + b"2,yes\n" * 50_000,
        b'a,b\n1,x\n2,"open\n' + b"2,yes\n" * 5_000,
        b'a,b\n1,x\n"open,y\n' + b"2,yes\n" * 300,
        b'a,b\n1,x\n"open,y\n' + b"2,yes\n" * 5_000 + b'close",y\n' + b"3,no\n" * 5_000,
        b'a,b\n1,x\n"open,y,\n' + b"2,yes\n" * 5_000 + b'close",y,z\n' + b"3,no\n" * 5_000,
    ],
)
def test_a_quote_that_swallows_rows_is_named_and_nothing_is_lost(make: MakeFile, text: bytes) -> None:
    code, params = refusal(make("a.csv", text))
    assert (code, params["row"]) == ("open_quote", 3)
    assert int(params["lines"]) >= 299


def test_a_long_letter_in_one_cell_is_no_open_quote(make: MakeFile) -> None:
    result = staged(make("a.csv", b'a,b\n1,"' + b"Dear all, how are you, today?\n" * 500 + b'"\n2,y\n'))
    assert (result.rows, rejected(result)) == (2, [])


def test_a_nul_character_sets_its_row_apart(make: MakeFile) -> None:
    result = staged(make("a.csv", b"a,b\n1,x\n2,y\x00z\n" + b"3,w\n" * 100))
    assert result.rows == 101
    assert rejected(result) == [Reject(3, "nul_character", {"row": 3}, "2,y\ufffdz")]


def test_one_endless_line_sets_one_row_apart(make: MakeFile) -> None:
    cells = b"x" * 1000 + b","
    result = staged(make("a.csv", b"a,b\n1,x\n" + cells * 20_000 + b"\r\n2," + b"y" * 200_000 + b"\n3,z\n"))
    assert all_rows(result) == {"row_no": [2, 5], "a": ["1", "3"], "b": ["x", "z"]}
    assert [(row.row_no, row.code) for row in rejected(result)] == [(3, "row_too_long"), (4, "cell_too_long")]
    assert len(rejected(result)[0].raw) == 2_000
    assert refusal(make("b.csv", cells * 2_000)) == ("not_a_table", {})


def test_a_row_that_never_ends_is_refused(make: MakeFile) -> None:
    path = make("a.csv", b"a,b\n" + b'"\n",' * 7_000_000)
    assert refusal(path) == ("record_too_long", {"row": 1})


def test_blanks_after_every_comma_are_part_of_the_layout() -> None:
    path = SHARED / "identity" / "dataset1.csv"
    sheet = tables.inspect(path, path.name)
    assert sheet.header[:3] == ("rec_id", "given_name", "surname")
    assert sheet.sample[0][:5] == ("rec-223-org", "", "waller", "6", "tullaroop street")
    assert sheet.guessed_rows == 1_000


PLAIN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ue000"), max_size=12)


@given(
    st.lists(st.tuples(st.sampled_from(["k", "0"]), PLAIN, PLAIN), max_size=12),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(",;\t|"),
)
@example([("k", "a\r", '"\n')], "utf-8", ",")
@settings(max_examples=80, deadline=None)
def test_every_csv_comes_back_cell_by_cell(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], encoding: str, delimiter: str
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([("key", "first", "second"), *rows])
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    columns = all_rows(staged(path))
    assert list(zip(columns["key"], columns["first"], columns["second"], strict=True)) == rows
    assert columns["row_no"] == list(range(2, len(rows) + 2))


@given(st.binary(max_size=300))
@example(b'a,b\n"')
@example(b",,\n")
@example(b"a\n\xe4")
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_staged_or_refused_with_a_message(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "a.csv"
    path.write_bytes(content)
    try:
        result = staged(path)
    except TableError as error:
        assert error.message
    else:
        assert len(all_rows(result)["row_no"]) == result.rows
        assert len(rejected(result)) == result.rejected


# XLSX


def test_a_workbook_is_read_as_text_without_surprises(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("数据")
        book.add_worksheet("Other")
        styles = {
            code: book.add_format({"num_format": code})
            for code in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm", "hh:mm", "[h]:mm:ss")
        }
        sheet.write_row(2, 1, ["day", "moment", "clock", "span", "whole", "part", "yes", "code"])
        sheet.write_datetime(3, 1, datetime(2026, 1, 31), styles["yyyy-mm-dd"])
        sheet.write_datetime(3, 2, datetime(2026, 1, 31, 10, 30, 7), styles["yyyy-mm-dd hh:mm"])
        sheet.write_datetime(3, 3, time(6, 5), styles["hh:mm"])
        sheet.write_number(3, 4, 1.5, styles["[h]:mm:ss"])
        sheet.write_row(3, 5, [13800138000, 0.0000001, True, "007"])
        sheet.write(5, 1, "last")

    path = workbook(tmp_path / "a.xlsx", fill)
    columns = all_rows(staged(path))
    assert {name: cells[0] for name, cells in columns.items()} == {
        "row_no": 4,
        "day": "2026-01-31",
        "moment": "2026-01-31T10:30:07",
        "clock": "06:05:00",
        "span": "36:00:00",
        "whole": "13800138000",
        "part": "0.0000001",
        "yes": "true",
        "code": "007",
    }
    assert columns["row_no"] == [4, 6]
    sheet = tables.inspect(path, "a.xlsx")
    assert (sheet.sheet, sheet.sheets, sheet.header_row, sheet.guessed_rows) == ("数据", ("数据", "Other"), 3, 3)
    assert sheet.warnings == (Notice("other_sheets", {"name": "数据", "count": 2}),)


def test_another_sheet_is_read_when_named(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        book.add_worksheet("One").write(0, 0, "a")
        book.add_worksheet("Two").write_column(0, 0, ["b", "x"])

    path = workbook(tmp_path / "a.xlsx", fill)
    assert all_rows(staged(path, sheet="Two")) == {"row_no": [2], "b": ["x"]}
    with pytest.raises(TableError) as error:
        tables.inspect(path, "a.xlsx", sheet="Three")
    assert (error.value.code, error.value.params) == ("no_such_sheet", {"name": "Three"})


def test_a_formula_gives_its_last_value_or_sets_its_row_apart(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["name", "sum"])
        for row, value in enumerate([42, "text", "", "#DIV/0!"], start=1):
            sheet.write(row, 0, f"row {row + 1}")
            sheet.write_formula(row, 1, "=1+1", None, value)
        sheet.write_formula(5, 1, "=2", None, "")

    path = workbook(tmp_path / "a.xlsx", fill)
    result = staged(path)
    assert all_rows(result) == {"row_no": [2, 3], "name": ["row 2", "row 3"], "sum": ["42", "text"]}
    assert [(row.row_no, row.code, row.params["cell"]) for row in rejected(result)] == [
        (4, "formula_without_value", "B4"),
        (5, "error_cell", "B5"),
        (6, "formula_without_value", "B6"),
    ]
    assert rejected(result)[0].raw == "row 4\t"
    (warning,) = tables.inspect(path, "a.xlsx").warnings
    assert warning.message == "B2 holds a formula; its last value was taken (5 such cells)."


def test_cells_without_addresses_are_counted_on(tmp_path: Path) -> None:
    path = small_workbook(tmp_path / "a.xlsx")
    rows = "<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c><c><f>A1</f></c></row>"
    result = staged(with_member(path, SHEET, SHEET_XML.format(rows).encode()))
    assert [row.params for row in rejected(result)] == [{"row": 2, "cell": "B2"}]


def test_a_cell_in_the_last_corner_asks_for_no_memory(tmp_path: Path) -> None:
    path = small_workbook(tmp_path / "a.xlsx")
    assert refusal(with_member(path, SHEET, inline({"A1": "a", "XFD1048576": "b"})))[0] == "too_many_columns"
    code, params = refusal(with_member(path, SHEET, inline({"A1": "a", "Z1048576": "b"})))
    assert (code, params) == ("too_many_cells", {"count": 26 * 1_048_576, "limit": workbooks.MAX_SHEET_CELLS})


@pytest.mark.parametrize("attribute", ["count", "uniqueCount"])
def test_a_part_that_announces_more_than_it_holds_is_refused(tmp_path: Path, attribute: str) -> None:
    """calamine would reserve 240 GB for it, and take the whole process down."""
    content = f'<sst {attribute}="9999999999"><si><t>name</t></si></sst>'.encode()
    assert refusal(with_member(small_workbook(tmp_path / "a.xlsx"), "xl/sharedStrings.xml", content)) == (
        "damaged_file",
        {},
    )


@pytest.mark.parametrize("address", ["", "B", "2", "B-2", "B99999999999", "ABCDEFGHIJ1", "é1"])
def test_an_address_that_is_none_breaks_nothing(tmp_path: Path, address: str) -> None:
    path = with_member(small_workbook(tmp_path / "a.xlsx"), SHEET, inline({"A1": "a", address: "b"}))
    try:
        assert tables.inspect(path, path.name).header
    except TableError as error:
        assert error.code in {"damaged_file", "too_many_columns", "too_many_cells"}


def test_a_date_that_no_calendar_has_is_refused(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "span")
        sheet.write_number(1, 0, 1e300, book.add_format({"num_format": "[h]:mm:ss"}))

    assert refusal(workbook(tmp_path / "a.xlsx", fill)) == ("damaged_file", {})


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("member", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml"])
def test_a_document_type_is_refused(tmp_path: Path, member: str) -> None:
    path = with_member(small_workbook(tmp_path / "a.xlsx"), member, (BOMB + "<x>&b;</x>").encode())
    assert refusal(path) == ("unsafe_workbook", {"member": member})


@pytest.mark.parametrize(
    "member", ["../../etc/cron.d/x", "/etc/passwd", "xl\\..\\x.xml", "c:x.xml", "xl/inner.zip", "XL/WORKBOOK.XML"]
)
def test_a_member_that_no_table_needs_is_refused(tmp_path: Path, member: str) -> None:
    assert refusal(with_member(small_workbook(tmp_path / "a.xlsx"), member, b"<x/>")) == (
        "unsafe_workbook",
        {"member": member},
    )


def test_an_archive_inside_is_refused_by_content(tmp_path: Path) -> None:
    inner = small_workbook(tmp_path / "inner.xlsx").read_bytes()
    path = with_member(small_workbook(tmp_path / "a.xlsx"), "xl/media/image1.png", inner)
    assert refusal(path) == ("unsafe_workbook", {"member": "xl/media/image1.png"})


def test_a_zip_bomb_is_refused_by_what_it_declares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = with_member(small_workbook(tmp_path / "a.xlsx"), "xl/media/x.bin", b"\0" * (11 * 1024 * 1024))
    assert refusal(path) == ("zip_bomb", {})
    many = small_workbook(tmp_path / "b.xlsx")
    with zipfile.ZipFile(many, "a") as archive:
        for number in range(archives.MAX_MEMBERS):
            archive.writestr(f"xl/media/{number}", b"")
    assert refusal(many) == ("zip_bomb", {})
    monkeypatch.setattr(archives, "MAX_UNPACKED", 1_000)
    assert refusal(small_workbook(tmp_path / "c.xlsx")) == ("zip_bomb", {})


def test_a_zip_bomb_is_refused_when_its_headers_lie(tmp_path: Path) -> None:
    """Declares 1,000 bytes and their checksum, and unpacks to 50 MB: zipfile alone would be content."""
    content = b"<x>" + b" " * 50_000_000
    path = with_member(small_workbook(tmp_path / "a.xlsx"), "xl/styles.xml", content)
    blob = bytearray(path.read_bytes())
    entry = blob.rindex(b"xl/styles.xml") - 46
    struct.pack_into("<L", blob, entry + 16, zlib.crc32(content[:1_000]))
    struct.pack_into("<L", blob, entry + 24, 1_000)
    path.write_bytes(blob)
    with zipfile.ZipFile(path) as archive:
        assert len(archive.read("xl/styles.xml")) == 1_000
    assert refusal(path) == ("zip_bomb", {})


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    whole = small_workbook(tmp_path / "a.xlsx").read_bytes()
    for place, content in enumerate([whole[:-30], whole[: len(whole) // 2], whole + b"PK\x05\x06"]):
        path = tmp_path / f"{place}.xlsx"
        path.write_bytes(content)
        assert refusal(path) == ("damaged_file", {})
    for member in (SHEET, "xl/workbook.xml", "xl/sharedStrings.xml"):
        path = with_member(small_workbook(tmp_path / "b.xlsx"), member, b"<worksheet><sheetData>")
        assert refusal(path)[0] in {"damaged_file", "empty_file"}


@given(st.integers(0, 10_000), st.integers(0, 255))
@settings(max_examples=40, deadline=None)
def test_a_workbook_with_one_wrong_byte_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int
) -> None:
    path = small_workbook(tmp_path_factory.mktemp("xlsx") / "a.xlsx")
    blob = bytearray(path.read_bytes())
    blob[place % len(blob)] = byte
    path.write_bytes(blob)
    try:
        staged(path)
    except TableError as error:
        assert error.message


def ole(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + stream.encode("utf-16-le") + b"\0" * 600


def test_old_and_locked_workbooks_are_refused_with_the_way_out(make: MakeFile, tmp_path: Path) -> None:
    assert refusal(make("a.xls", ole("Workbook"))) == ("old_xls", {})
    assert refusal(make("a.xlsx", ole("EncryptedPackage"))) == ("encrypted_workbook", {})
    assert refusal(make("a.doc", ole("WordDocument"))) == ("not_a_table", {})
    binary = with_member(small_workbook(tmp_path / "b.xlsb"), "xl/workbook.bin", b"x")
    assert refusal(binary) == ("old_xls", {})
    locked = small_workbook(tmp_path / "c.xlsx")
    blob = bytearray(locked.read_bytes())
    blob[blob.index(b"PK\x01\x02") + 8] |= 1
    assert refusal(make("d.xlsx", bytes(blob))) == ("encrypted_workbook", {})


# Parquet


def test_every_parquet_type_has_one_text(tmp_path: Path) -> None:
    moment = datetime(2026, 1, 31, 10, 5, 6, 500_000)
    columns = {
        "text": pa.array(["王", None]),
        "int": pa.array([-5, None]),
        "float": pa.array([1e20, None]),
        "small": pa.array([1e-7, float("nan")]),
        "whole": pa.array([3.0, -0.0]),
        "decimal": pa.array([Decimal("12.50000000"), Decimal("0E-8")], pa.decimal128(20, 8)),
        "day": pa.array([date(2026, 1, 31), None]),
        "naive": pa.array([moment, None], pa.timestamp("ns")),
        "utc": pa.array([moment.replace(tzinfo=UTC), None], pa.timestamp("us", "UTC")),
        "zoned": pa.array([moment.replace(tzinfo=UTC), None], pa.timestamp("s", "Asia/Shanghai")),
        "clock": pa.array([time(1, 2, 3), None]),
        "yes": pa.array([True, None]),
        "choice": pa.array(["a", None]).dictionary_encode(),
        "bytes": pa.array([b"abc", b"\xff"]),
        "list": pa.array([[1, 2], None]),
        "record": pa.array([{"a": "王"}, None]),
        "span": pa.array([timedelta(hours=1), None]),
        "nothing": pa.nulls(2),
    }
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(columns), path)
    assert all_rows(staged(path)) == {
        "row_no": [2, 3],
        "text": ["王", ""],
        "int": ["-5", ""],
        "float": ["100000000000000000000", ""],
        "small": ["0.0000001", ""],
        "whole": ["3", "0"],
        "decimal": ["12.50000000", "0.00000000"],
        "day": ["2026-01-31", ""],
        "naive": ["2026-01-31T10:05:06.5", ""],
        "utc": ["2026-01-31T10:05:06.5Z", ""],
        "zoned": ["2026-01-31T18:05:06+08:00", ""],
        "clock": ["01:02:03", ""],
        "yes": ["true", ""],
        "choice": ["a", ""],
        "bytes": ["abc", "ff"],
        "list": ["[1,2]", ""],
        "record": ['{"a":"王"}', ""],
        "span": ["1:00:00", ""],
        "nothing": ["", ""],
    }


def test_bad_cells_of_a_parquet_file_set_their_rows_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": ["x", "y\0", "z" * 200_000, "w"], "b": [1, 2, 3, 4]}), path)
    result = staged(path)
    assert all_rows(result) == {"row_no": [2, 5], "a": ["x", "w"], "b": ["1", "4"]}
    assert [(row.row_no, row.code, len(row.raw)) for row in rejected(result)] == [
        (3, "nul_character", 4),
        (4, "cell_too_long", 2_000),
    ]


def test_one_long_value_many_times_over_stays_small(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), ["x" * 100_000])
    pq.write_table(pa.table({"a": long}), path)
    peak = pa.default_memory_pool().max_memory()
    assert tables.inspect(path, path.name).sample[0] == ("x" * 100_000,)
    assert pa.default_memory_pool().max_memory() - peak < 200_000_000


def test_a_damaged_parquet_file_is_refused(make: MakeFile) -> None:
    whole = (JOURNEY / "campaigns.parquet").read_bytes()
    assert refusal(make("a.parquet", whole[:1_000])) == ("damaged_file", {})
    middle = make("b.parquet", whole[:200] + b"\xff" * 400 + whole[600:])
    assert refusal(middle) == ("damaged_file", {})


def test_real_coupons_are_the_same_from_parquet_csv_and_workbook(tmp_path: Path) -> None:
    source = tmp_path / "r.parquet"
    pq.write_table(pq.read_table(JOURNEY / "coupon_redemptions.parquet"), source)
    expected = all_rows(staged(source))
    assert len(expected["row_no"]) == 2_102
    rows = list(zip(*list(expected.values())[1:], strict=True))

    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        for place, row in enumerate([tuple(expected)[1:], *rows]):
            sheet.write_row(place, 0, row)

    as_csv = tmp_path / "r.csv"
    with as_csv.open("w", newline="", encoding="gb18030") as stream:
        csv.writer(stream, delimiter="\t").writerows([tuple(expected)[1:], *rows])
    assert all_rows(staged(as_csv)) == expected
    assert all_rows(staged(workbook(tmp_path / "r.xlsx", fill))) == expected


# Whatever the format


def test_content_counts_more_than_the_name(make: MakeFile, tmp_path: Path) -> None:
    plain = make("a.xlsx", b"a,b\n1,2\n")
    assert tables.inspect(plain, "a.xlsx").warnings == (
        Notice("read_by_content", {"extension": "xlsx", "format": "CSV"}),
    )
    book = small_workbook(tmp_path / "b.csv")
    sheet = tables.inspect(book, "b.csv")
    assert (sheet.format, sheet.sample) == ("xlsx", (("王小明", "上海"),))
    assert tables.inspect(make("noname", b"a,b\n1,2\n"), "noname").warnings == ()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"", "empty_file"),
        ("a.csv", b"\xef\xbb\xbf \r\n\n", "empty_file"),
        ("a.csv", b",,\n1,2,3\n", "no_header"),
        ("a.csv", b"a,A\n1,2\n", "duplicate_header"),
        ("a.csv", b",".join(b"c%d" % number for number in range(501)), "too_many_columns"),
        ("a.csv", b"%PDF-1.7 ...", "wrong_extension"),
        ("a.pdf", b"%PDF-1.7 ...", "not_a_table"),
        ("a.xls", b"<html><table><tr><td>1</td></tr></table></html>", "not_a_table"),
        ("a.json", b'{"a": 1}', "not_a_table"),
        ("a.bin", b"a\0\0\0b\0\0\0", "not_a_table"),
        ("a.csv", b'a,"b\n1,2', "not_a_table"),
        ("a.xlsx", b"\x00\x01\x02\xff\xfe", "wrong_extension"),
        ("a.parquet", b"{}", "wrong_extension"),
        ("a.xlsx", b"PK\x03\x04 and nothing else", "damaged_file"),
    ],
)
def test_a_file_that_is_no_table_says_why(make: MakeFile, name: str, content: bytes, code: str) -> None:
    assert refusal(make(name, content))[0] == code


def test_a_zip_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one.txt", "x")
    assert refusal(path) == ("not_a_table", {})
    assert refusal(path, "photos.xlsx") == ("wrong_extension", {"extension": "xlsx"})


def test_limits_are_the_callers(make: MakeFile) -> None:
    path = make("a.csv", b"a,b\n" + b"1,2\n" * 600_000)
    assert refusal(path, max_bytes=1024 * 1024) == ("too_large", {"limit_mb": 1})
    with pytest.raises(TableError) as error:
        tables.stage(path, "a.csv", path.with_name("out"), max_rows=100_000)
    assert (error.value.code, error.value.params) == ("too_many_rows", {"limit": 100_000})
    parquet = JOURNEY / "campaigns.parquet"
    with pytest.raises(TableError) as error:
        tables.inspect(parquet, parquet.name, max_rows=1_000)
    assert error.value.code == "too_many_rows"


def test_odd_column_names_survive_every_engine(make: MakeFile) -> None:
    path = make("a.csv", b'it\'s "x";row_no; ROW_NO ;a  b;\n2;p;q;r;s\n1;t;u;v;w\n')
    assert refusal(path)[0] == "duplicate_header"
    path = make("b.csv", b'"it\'s ""x""";Row_No;a  b;\n2;p;r;s\n1;t;v;w\n')
    sheet = tables.inspect(path, "b.csv")
    assert sheet.header == ('it\'s "x"', "Row_No (file)", "a b", "Column 4")
    assert [notice.code for notice in sheet.warnings] == ["unnamed_columns", "renamed_column"]
    result = staged(path, sort_by='it\'s "x"')
    assert all_rows(result)["row_no"] == [3, 2]
    assert list(tables.chunks(result.path, 1, 'it\'s "x"')) == [Chunk(0, 1), Chunk(1, 1)]


def test_a_table_without_rows_says_so(make: MakeFile) -> None:
    path = make("a.csv", b"a,b\n")
    assert tables.inspect(path, "a.csv").warnings == (Notice("no_rows"),)
    result = staged(path)
    assert all_rows(result) == {"row_no": [], "a": [], "b": []}
    assert list(tables.chunks(result.path, 10)) == []
    one = make("b.csv", b"a\nx\n")
    assert tables.inspect(one, "b.csv").warnings == (Notice("one_column"),)


def test_staging_reports_progress_and_stops_when_asked(make: MakeFile, tmp_path: Path) -> None:
    path = make("a.csv", b"a,b\n" + b"1,2\n" * 300_000)
    seen: list[int] = []
    out = tmp_path / "out"
    tables.stage(path, "a.csv", out, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 300_000
    assert len(seen) > 2
    before = set(tmp_path.iterdir())
    with pytest.raises(Stopped):
        tables.stage(path, "a.csv", tmp_path / "other", should_stop=lambda: len(seen) > 0)
    assert set(tmp_path.iterdir()) == before


def test_a_sort_that_cannot_fit_is_refused(make: MakeFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "MAX_SORT_MEMORY", 8 << 20)
    path = make("a.csv", b"k,a\n" + b"".join(b"%d,%s\n" % (number, b"x" * 50_000) for number in range(600)))
    before = set(path.parent.iterdir())
    with pytest.raises(TableError) as error:
        staged(path, sort_by="k")
    assert (error.value.code, error.value.params) == ("too_long_to_sort", {"name": "k"})
    with pytest.raises(TableError) as error:
        staged(path, sort_by="K")
    assert error.value.code == "no_such_column"
    assert set(path.parent.iterdir()) == before


def test_rows_of_one_order_are_never_cut_apart(tmp_path: Path) -> None:
    source = tmp_path / "t.parquet"
    pq.write_table(pq.read_table(JOURNEY / "transactions.parquet").slice(0, 60_000), source)
    result = staged(source, sort_by="basket_id")
    parts = list(tables.chunks(result.path, 1_000, "basket_id"))
    assert parts[0].offset == 0
    assert sum(part.limit for part in parts) == 60_000
    assert all(one.offset + one.limit == two.offset for one, two in pairwise(parts))
    assert all(part.limit >= 1_000 for part in parts[:-1])
    seen: set[object] = set()
    for part in parts:
        columns = tables.read_chunk(result.path, part.offset, part.limit)
        pairs = list(zip(columns["basket_id"], columns["row_no"], strict=True))
        assert pairs == sorted(pairs)
        baskets = set(columns["basket_id"])
        assert not baskets & seen
        seen |= baskets
    with pytest.raises(ValueError, match="not sorted"):
        list(tables.chunks(result.path, 1_000, "store_id"))


@given(st.lists(st.sampled_from(["", "a", "b", "c", "d"]), max_size=40), st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_chunks_cover_the_file_once_and_cut_no_group(
    tmp_path_factory: pytest.TempPathFactory, keys: list[str], size: int
) -> None:
    path = tmp_path_factory.mktemp("chunks") / "a.csv"
    path.write_text("key,x\n" + "".join(f"{key},1\n" for key in keys))
    result = staged(path, sort_by="key")
    parts = list(tables.chunks(result.path, size, "key"))
    assert [row for part in parts for row in range(part.offset, part.offset + part.limit)] == list(range(len(keys)))
    ends = {part.offset + part.limit for part in parts[:-1]}
    ordered = sorted(keys)
    assert all(ordered[end - 1] != ordered[end] or ordered[end] == "" for end in ends)
    plain = list(tables.chunks(result.path, size))
    assert [part.offset for part in plain] == list(range(0, len(keys), size))


def test_a_chunk_is_read_from_the_middle_of_a_large_file(make: MakeFile) -> None:
    numbers = list(range(120_000))
    random.Random(7).shuffle(numbers)
    path = make("a.csv", b"n,x\n" + b"".join(b"%d,y\n" % number for number in numbers))
    result = staged(path)
    assert pq.ParquetFile(result.path).metadata.num_row_groups > 1
    assert tables.read_chunk(result.path, 99_999, 3)["n"] == [str(number) for number in numbers[99_999:100_002]]
    assert tables.read_chunk(result.path, 119_999, 10)["row_no"] == [120_001]
    assert tables.read_chunk(result.path, 200_000, 10) == {"row_no": [], "n": [], "x": []}


def test_the_staged_file_is_plain_parquet_for_any_engine(make: MakeFile) -> None:
    result = staged(make("a.csv", "名,城\n王,上海\n".encode()))
    found = duckdb.read_parquet(str(result.path)).fetchall()
    assert found == [(2, "王", "上海")]


MEASURE = """
import sys
from pathlib import Path
from guanxi.kit import tables
path = Path(sys.argv[1])
rows = tables.stage(path, path.name, path.with_name("staged.parquet")).rows
# Not ru_maxrss: that one remembers the process we were started from.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(rows, int(peak.split()[1]) // 1024)
"""


def test_a_large_file_is_staged_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "transactions.csv"
    line = "900,330,31198570044,1095275,1,0.5,0,0,0,1,2017-01-01 11:53:26\n"
    with path.open("w") as stream:
        stream.write("household_id,store_id,basket_id,product_id,quantity,sales_value,a,b,c,week,at\n")
        for _ in range(70):
            stream.write(line * 10_000)
    done = subprocess.run([sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True)
    rows, megabytes = map(int, done.stdout.split())
    assert path.stat().st_size > 40_000_000
    assert rows == 700_000
    assert megabytes < 300


def test_every_message_can_be_filled_in() -> None:
    names = "row name names count limit limit_mb line lines offset member extension format old new cell found expected"
    filled = {code: message % dict.fromkeys(names.split(), "1") for code, message in MESSAGES.items()}
    assert all("%" not in message for message in filled.values())
