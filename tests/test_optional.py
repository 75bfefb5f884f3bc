"""A tool that is missing is told, never passed over."""

from __future__ import annotations

import pytest

from tests import optional


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optional, "TOOLS", {"abacus": (lambda: False, "an abacus")})


def test_what_was_left_out_is_said_at_the_end(nothing: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GUANXI_CI", raising=False)
    reasons = ["Skipped: unfinished"]
    for _ in range(2):
        with pytest.raises(pytest.skip.Exception) as skipped:
            optional.needs("abacus")
        reasons.append(f"Skipped: {skipped.value}")
    assert optional.summary(reasons) == ["LEFT OUT: 2 tests, for want of an abacus"]


def test_nothing_may_be_left_out_of_the_continuous_tests(nothing: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUANXI_CI", "1")
    with pytest.raises(pytest.fail.Exception, match="an abacus"):
        optional.needs("abacus")
