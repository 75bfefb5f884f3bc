import csv
import io
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import python_calamine
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guanxi.kit import spreadsheets
from guanxi.kit.spreadsheets import Cell, iter_csv, iter_xlsx, quoted, unquoted, write_csv

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
# What a spreadsheet may start a formula with, once it has skipped blanks and invisible characters.
STARTS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")


def written(header: list[str], rows: list[list[Cell]], *, bom: bool = False) -> list[list[str]]:
    stream = io.StringIO(newline="")
    write_csv(stream, header, rows, bom=bom)
    stream.seek(0)
    return list(csv.reader(stream))


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "  =1",
        "\u3000=1",
        "\u200b=1",
        "\ufeff=1",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        "\x00=1",
    ],
)
def test_a_text_that_a_spreadsheet_would_evaluate_is_quoted(text: str) -> None:
    assert written(["a"], [[text]]) == [["a"], ["'" + text]]


@pytest.mark.parametrize("text", ["a=1", "王小明", "1-2", "o'clock", "", "'", "13800138000", "a@example.test"])
def test_other_text_is_left_alone(text: str) -> None:
    assert quoted(text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [("x;=1", "x;'=1"), ('x"; =1', "x\";' =1"), ("x\n=1", "x\n'=1"), ("\n=1", "\n'=1"), ("x;'=1", "x;''=1")],
)
def test_no_part_after_a_semicolon_or_a_line_break_is_evaluated(text: str, kept: str) -> None:
    assert (quoted(text), unquoted(kept)) == (kept, text)


def test_a_column_name_is_quoted_too() -> None:
    assert written(["=cmd()", "b"], []) == [["'=cmd()", "b"]]


def test_numbers_and_dates_are_written_as_they_are() -> None:
    row: list[Cell] = [
        -5,
        Decimal("-0.00000001"),
        -2.5,
        1e20,
        True,
        None,
        date(2026, 1, 31),
        datetime(2026, 1, 31, 8, tzinfo=UTC),
    ]
    assert written(["a"] * 8, [row])[1] == [
        "-5", "-0.00000001", "-2.5", "100000000000000000000", "true", "", "2026-01-31", "2026-01-31T08:00:00+00:00",
    ]  # fmt: skip


@given(ANY_TEXT)
@example("'=1")
@example("''\t")
@settings(max_examples=200, deadline=None)
def test_the_quote_can_always_be_taken_back_and_leaves_nothing_to_evaluate(text: str) -> None:
    shown = quoted(text)
    assert unquoted(shown) == text
    assert not shown.strip(" \t\r\n\v\f\u3000\u200b\ufeff\x00").startswith(STARTS)
    assert not shown.startswith(("\t", "\r"))


@given(st.lists(st.lists(ANY_TEXT, min_size=3, max_size=3), max_size=8))
@settings(max_examples=100, deadline=None)
def test_every_text_comes_back_from_csv(rows: list[list[str]]) -> None:
    came_back = [[unquoted(cell) for cell in row] for row in written(["a", "b", "c"], rows)[1:]]  # type: ignore[arg-type]
    assert came_back == rows


def test_a_stream_is_the_same_file_in_pieces() -> None:
    rows: list[list[Cell]] = [[number, f"=人{number}"] for number in range(20_000)]
    stream = io.StringIO(newline="")
    write_csv(stream, ["n", "名"], rows)
    pieces = list(iter_csv(["n", "名"], iter(rows)))
    assert b"".join(pieces) == stream.getvalue().encode()
    assert b"".join(pieces).startswith(b"\xef\xbb\xbf")
    assert len(pieces) > 3
    assert b"".join(iter_csv(["n"], [], bom=False)) == b"n\r\n"


def read(header: list[str], rows: Iterable[list[str | int | float | None]]) -> list[list[list[Any]]]:
    """The sheets of the workbook, as somebody else's library reads them."""
    book = python_calamine.load_workbook(io.BytesIO(b"".join(iter_xlsx(header, rows))))
    return [book.get_sheet_by_index(place).to_python() for place in range(len(book.sheet_names))]


def test_a_workbook_holds_text_as_text_and_numbers_as_numbers() -> None:
    header = ["=text", "link", "int", "card", "part", "none"]
    row: list[str | int | float | None] = ["=1+1", "https://example.test", -5, 6_222_021_234_567_890_123, -1.25, None]
    [sheet] = read(header, [row, ["x" * 40_000], ["a\0b\x0bc"]])
    assert sheet[0] == header
    assert sheet[1] == ["=1+1", "https://example.test", -5.0, "6222021234567890123", -1.25, ""]
    assert [line[0] for line in sheet[2:]] == ["x" * 32_766 + "…", "abc"]


def test_a_workbook_without_rows_is_its_header() -> None:
    assert read(["a", "名"], []) == [[["a", "名"]]]


@given(
    st.lists(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1, max_size=20), max_size=6)
)
@settings(max_examples=25, deadline=None)
def test_every_text_comes_back_from_a_workbook_unevaluated(texts: list[str]) -> None:
    [sheet] = read(["first"], [["row", *texts, "_x0041_", "a\r\nb <&> ]]>"]])
    assert sheet[1] == ["row", *texts, "_x0041_", "a\r\nb <&> ]]>"]


def test_a_full_sheet_goes_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "SHEET_ROWS", 3)
    assert read(["n"], [[number] for number in range(3)]) == [[["n"], [0.0], [1.0]], [["n"], [2.0]]]
