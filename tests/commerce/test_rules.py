from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.commerce import rules
from guanxi.commerce.rules import Flaw, Head, Line

AT = datetime(2026, 11, 21, tzinfo=UTC)


def line(row_no: int, order: str = "A", key: str = "", *, store: str = "", amount: int = 100) -> Line:
    return Line(row_no, Head(order, (("customer_number", "7"),), AT, store, "USD"), key or str(row_no), "", 1, amount)


@given(st.integers(0, 10**11))
def test_cents_that_went_through_a_double_come_back_exactly(cents: int) -> None:
    assert rules.amount(repr(cents / 100) if cents % 100 else str(cents // 100), "USD") == cents


@given(st.integers(0, 10**6), st.integers(-8, 8))
def test_a_double_that_was_added_up_is_rounded_to_its_cents(cents: int, ulps: int) -> None:
    wobbly = cents / 100 + ulps * 2e-15
    text = format(Decimal(max(wobbly, 0.0)), "f")
    assert rules.amount(text, "USD") == cents


@pytest.mark.parametrize("text", ["", "abc", "1.234", "-1", "1e5", "12,50", "1.5000000001", "99999999999999999"])
def test_what_is_not_an_amount_is_refused(text: str) -> None:
    with pytest.raises(rules.Unreadable):
        rules.amount(text, "USD")


@pytest.mark.parametrize(("text", "pieces"), [("1", 1), ("0", 0), ("12.00", 12), ("89638", 89638)])
def test_a_quantity_is_a_whole_number(text: str, pieces: int) -> None:
    assert rules.quantity(text) == pieces


@pytest.mark.parametrize("text", ["1.5", "-1", "two", "3000000000", "١"])
def test_what_is_not_a_quantity_is_refused(text: str) -> None:
    with pytest.raises(rules.Unreadable):
        rules.quantity(text)


def test_the_lines_of_an_order_that_agree_are_all_kept() -> None:
    assert list(rules.flaws([line(2), line(3), line(4, "B")], {})) == []


def test_the_same_line_twice_is_left_out_and_the_order_stays() -> None:
    assert list(rules.flaws([line(2, key="x"), line(3, key="x"), line(4)], {})) == [Flaw(3, "repeated", 2)]


def test_one_broken_line_keeps_the_whole_order_out() -> None:
    assert list(rules.flaws([line(2), line(3), line(5, "B")], {"A": 4})) == [
        Flaw(2, "incomplete", 4),
        Flaw(3, "incomplete", 4),
    ]


def test_lines_that_disagree_about_the_order_keep_it_out() -> None:
    assert list(rules.flaws([line(2), line(3, store="North")], {})) == [
        Flaw(2, "incomplete", 3),
        Flaw(3, "differs", 2),
    ]


@given(
    st.lists(
        st.tuples(st.sampled_from("AB"), st.sampled_from("xyz"), st.sampled_from(["", "North"])),
        min_size=1,
        max_size=12,
    ),
    st.sets(st.sampled_from("AB")),
)
def test_an_order_comes_in_whole_or_not_at_all(rows: list[tuple[str, str, str]], broken: set[str]) -> None:
    lines = [line(number, order, key, store=store) for number, (order, key, store) in enumerate(rows, start=2)]
    out = {flaw.row_no: flaw.what for flaw in rules.flaws(lines, dict.fromkeys(broken, 1))}
    for order in "AB":
        whats = [out.get(one.row_no, "kept") for one in lines if one.head.number == order]
        reasons = {what for what in whats if what != "repeated"}
        assert reasons <= {"kept"} or "kept" not in reasons
        if order in broken:
            assert "kept" not in reasons
